"""Makes an environment of its own for a job that must not share one, and prints the path of its Python.

    python tools/make_env.py lean             what a device has: edge-deploy-runtime with ai-edge-litert
    python tools/make_env.py tflite-runtime   edge-deploy-runtime with tflite-runtime 2.14 and numpy below 2
    python tools/make_env.py mediapipe        edge-deploy-runtime with MediaPipe Tasks, another reader of our files
    python tools/make_env.py teachable-machine   edge-deploy-runtime with teachable-machine-lite, another classifier
    python tools/make_env.py tflite-micro     edge-deploy-runtime with TensorFlow Lite Micro's interpreter
    python tools/make_env.py dist             what builds and checks the distributions

The environment lies in .venv-NAME below the repository and is made again when device/pyproject.toml, the constraints or
this file change.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = {
    "lean": ["-c", "constraints.txt", "-e", "./device[litert]"],
    "tflite-runtime": ["-e", "./device[tflite-runtime]"],
    "mediapipe": ["-e", "./device", "mediapipe==1.2.2"],
    "teachable-machine": ["-e", "./device", "teachable-machine-lite==1.2.0.2"],
    "tflite-micro": ["-e", "./device", "tflite-micro==0.dev20261023182759"],
    "dist": [
        "build==1.6.1",
        "hatchling==1.33.0",
        "twine==7.0.0",
        "check-wheel-contents==0.6.3",
        "cyclonedx-bom==7.5.0",
    ],
}
"""What pip installs into each."""
_HAS_PIP = find_spec("pip") is not None


def make_environment(name: str) -> Path:
    """Returns the environment's Python, after making the environment where that is needed; safe to call at once twice.

    Raises:
        subprocess.CalledProcessError: venv or pip failed; what they said is on stderr.
    """
    with (ROOT / f".venv-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _make_if_outdated(name)


def new_environment(folder: Path) -> None:
    """Makes an empty environment; it gets a pip of its own, which takes time, only where this Python has none."""
    _run(sys.executable, "-m", "venv", *(["--without-pip"] if _HAS_PIP else []), str(folder))


def pip_of(python: Path) -> tuple[str, ...]:
    """The beginning of a command of pip that works on an environment of :func:`new_environment`."""
    return (sys.executable, "-m", "pip", "--python", str(python)) if _HAS_PIP else (str(python), "-m", "pip")


def _make_if_outdated(name: str) -> Path:
    folder = ROOT / f".venv-{name}"
    python = folder / "bin" / "python"
    stamp = folder / "stamp"
    sources = b"".join(
        (ROOT / file).read_bytes() for file in ("device/pyproject.toml", "constraints.txt", "tools/make_env.py")
    )
    wanted = hashlib.sha256(sources + sys.version.encode()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    new_environment(folder)
    _run(*pip_of(python), "install", "-q", "--no-compile", *ENVIRONMENTS[name])
    stamp.write_text(wanted)
    return python


def _run(*command: str) -> None:
    subprocess.run(command, cwd=ROOT, check=True, stdout=sys.stderr)


def main() -> int:
    """Runs the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=ENVIRONMENTS)
    print(make_environment(parser.parse_args().name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
