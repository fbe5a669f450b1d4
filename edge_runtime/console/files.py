"""Files that are there whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from edge_runtime.contracts.errors import EdgeDeployError


class OutputError(EdgeDeployError):
    """A file could not be written: no permission, no such folder, disk full."""


def cache_folder(name: str) -> Path:
    """Where what was computed is kept for the next run: in ``$XDG_CACHE_HOME/edge-deploy-kit``, else ``~/.cache``."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "edge-deploy-kit" / name


@contextmanager
def written_atomically(target: Path) -> Iterator[Path]:
    """Gives a temporary path beside ``target`` and renames it onto ``target`` when the block ends without error.

    The suffix is kept, since some writers choose the format by it. Otherwise nothing is left behind.

    Raises:
        OutputError: writing failed; the message names ``target``.
    """
    with _temporary_beside(target) as temporary, _errors_named(target):
        yield temporary
        temporary.replace(target)


def ensure_writable(target: Path) -> None:
    """Finds out before hours of work, not after, whether ``target`` can be written; makes its folder.

    Raises:
        OutputError: it cannot.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with tempfile.TemporaryFile(dir=target.parent):
            pass
    except OSError as error:
        raise OutputError(f"{target}: cannot write: {error.strerror}") from error


def write_bytes(target: Path, content: bytes) -> None:
    """Writes a whole file, durably.

    Raises:
        OutputError: writing failed.
    """
    write_together({target: content})


def write_together(contents: Mapping[Path, bytes]) -> None:
    """Writes whole files, durably; none is put in its place before all are written.

    They are put there in the given order. Where one cannot be, it and those after it are left as they were; so name
    last the file that must not stand without the others.

    Raises:
        OutputError: writing one of them failed; the message names it.
    """
    with ExitStack() as stack:
        written = {target: stack.enter_context(_temporary_beside(target)) for target in contents}
        for target, temporary in written.items():
            with _errors_named(target), temporary.open("wb") as file:
                file.write(contents[target])
                file.flush()
                os.fsync(file.fileno())
        for target, temporary in written.items():
            with _errors_named(target):
                temporary.replace(target)
                _make_rename_durable(target.parent)


def write_text(target: Path, content: str) -> None:
    """Writes a whole UTF-8 text file, durably.

    Raises:
        OutputError: writing failed.
    """
    write_bytes(target, content.encode())


@contextmanager
def _temporary_beside(target: Path) -> Iterator[Path]:
    """Gives a path in the folder of ``target``, which is made; what is there when the block ends is removed."""
    temporary = target.with_name(f".{target.stem}.{secrets.token_hex(4)}{target.suffix}")
    try:
        with _errors_named(target):
            target.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextmanager
def _errors_named(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(f"{target}: cannot write: {error.strerror or error}") from error


def _make_rename_durable(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
