"""Child processes that do not outlive their test."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

PATIENCE_SECONDS = 300


@contextmanager
def running(command: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """A child that is killed where the block ends, also by a failed assertion, and where it lasts too long.

    A test that is about how the child ends by itself waits for that in the block.

    Args:
        command: what is started.
        options: Popen's.
    """
    with subprocess.Popen(command, **options) as process:
        limit = threading.Timer(PATIENCE_SECONDS, process.kill)  # so that nobody reads from it for ever
        limit.start()
        try:
            yield process
        finally:
            limit.cancel()
            process.kill()
