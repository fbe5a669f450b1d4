"""What the other modules of this folder share: running a command, and making a folder once."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "pi-userland"
_SHOWN_LINES = 8


class UserlandError(Exception):
    """One line that says what is missing here or what went wrong, and how to fix it."""


def run(command: Iterable[str | Path], env: Mapping[str, str] | None = None, may_exit: tuple[int, ...] = (0,)) -> str:
    """Runs a command in the repository and returns what it wrote to stdout.

    Raises:
        UserlandError: the program is missing, or its exit code is none of ``may_exit``; with the end of what it said.
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise UserlandError(f"{words[0]} is not on this machine") from error
    if done.returncode not in may_exit:
        said = (done.stderr or done.stdout).strip().splitlines()[-_SHOWN_LINES:]
        raise UserlandError("\n    ".join([f"exit code {done.returncode} of: {' '.join(words)}", *said]))
    return done.stdout


def make_once(folder: Path, inputs: Iterable[str | bytes], make: Callable[[Path], None]) -> None:
    """Has ``make`` fill ``folder``, unless it was filled from the same ``inputs``; safe to call at once twice."""
    parts = (item.encode() if isinstance(item, str) else item for item in (str(folder), *inputs))
    wanted = hashlib.sha256(b"\0".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = folder.with_suffix(".stamp")
        if stamp.is_file() and stamp.read_text() == wanted:
            return
        stamp.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        make(folder)
        stamp.write_text(wanted)
