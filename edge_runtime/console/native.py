"""Keeps what native libraries and TensorFlow print away from the user, and Ctrl-C from getting lost in them."""

from __future__ import annotations

import logging
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import IO

from edge_runtime.console.command import logger

_redirected = threading.RLock()


@contextmanager
def native_output_as_debug(*descriptors: int) -> Iterator[list[str]]:
    """Sends what is printed inside the block, by Python or by native code, to the debug log.

    The descriptors belong to the whole process: other threads' output is caught as well, so name only those that need
    it, and keep the block short. One block runs at a time.

    Args:
        descriptors: of the process; none stands for 1 and 2, stdout and stderr.

    Returns:
        What was printed, line by line, once the block has ended.
    """
    said: list[str] = []
    with _redirected, _scratch() as capture:
        _flush()
        chosen = descriptors or (1, 2)
        saved = [os.dup(descriptor) for descriptor in chosen]
        for descriptor in chosen:
            os.dup2(capture.fileno(), descriptor)
        try:
            yield said
        finally:
            _flush()
            for descriptor, original in zip(chosen, saved, strict=True):
                os.dup2(original, descriptor)
                os.close(original)
            capture.seek(0)
            said += capture.read().decode("utf-8", "replace").splitlines()
            for line in said:
                logger.debug("%s", line)


def _scratch() -> IO[bytes]:
    """A file without a name; in memory where that can be had, since a disk may be full."""
    return os.fdopen(os.memfd_create("said"), "w+b") if hasattr(os, "memfd_create") else tempfile.TemporaryFile()


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # a service may have neither
            stream.flush()


def quiet_tensorflow() -> None:
    """Sets what keeps TensorFlow's and absl's own logging down; call it before TensorFlow is imported."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    for name in ("absl", "tensorflow"):
        logging.getLogger(name).setLevel(logging.ERROR)


class _CtrlC:
    """Of the main thread: how many blocks of :func:`interrupts_kept` it is in, and whether Ctrl-C came meanwhile."""

    blocks = 0
    pressed = False


def end_if_interrupted() -> None:
    """Raises the KeyboardInterrupt that was dropped in a block of :func:`interrupts_kept`; for each turn of long work.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed since the block began.
    """
    if _CtrlC.pressed:
        raise KeyboardInterrupt


@contextmanager
def interrupts_kept(*, deferred: bool = False) -> Iterator[None]:
    """Makes sure that Ctrl-C ends the block, at its end at the latest.

    Python drops a KeyboardInterrupt raised in a finaliser or a callback; a large library has many of them. So it is
    raised once more when the block ends, and by :func:`end_if_interrupted`. In another thread than the main one this
    does nothing.

    Args:
        deferred: raise it at the end only, for a block that must not be torn apart, such as an import.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def note(_number: int, _frame: FrameType | None) -> None:
        _CtrlC.pressed = True
        if not deferred:
            raise KeyboardInterrupt

    previous = signal.signal(signal.SIGINT, note)
    _CtrlC.blocks += 1
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
        _CtrlC.blocks -= 1
        pressed = _CtrlC.pressed
        _CtrlC.pressed = pressed and _CtrlC.blocks > 0
        if pressed:  # also where a library made another error of it
            raise KeyboardInterrupt
