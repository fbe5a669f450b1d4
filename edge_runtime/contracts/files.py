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


@contextmanager
def written_atomically(target: Path) -> Iterator[Path]:
    """Gives a temporary path beside ``target`` and renames it onto ``target`` when the block ends without error.

    The suffix is kept, since some writers choose the format by it. Otherwise nothing is left behind.

    Raises:
        OutputError: writing failed; the message names ``target``.
    """
    temporary = target.with_name(f".{target.stem}.{secrets.token_hex(4)}{target.suffix}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(target)
    except OSError as error:
        raise OutputError(f"{target}: cannot write: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


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

    Raises:
        OutputError: writing one of them failed.
    """
    with ExitStack() as stack:
        for target, content in contents.items():
            temporary = stack.enter_context(written_atomically(target))
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())


def write_text(target: Path, content: str) -> None:
    """Writes a whole UTF-8 text file, durably.

    Raises:
        OutputError: writing failed.
    """
    write_bytes(target, content.encode())
