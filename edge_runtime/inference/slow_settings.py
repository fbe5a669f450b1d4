"""Says where a model runs slower than its user may think: threads not started, a delegate that did not engage."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from edge_runtime.backends import BackendInfo
from edge_runtime.console.command import logger
from edge_runtime.console.distribution import install_command

_QUICK_EITHER_WAY = 50_000  # bytes of a model that takes microseconds
_TASKS = "/proc/self/task"


@contextmanager
def threads_counted() -> Iterator[Callable[[], int | None]]:
    """Gives a function that tells how many threads of this process, native ones included, the block has started.

    None where the system does not tell.
    """
    before = _threads()
    found: list[int | None] = [None]
    yield lambda: found[0]
    after = _threads()
    if before is not None and after is not None:
        found[0] = after - before


def warn_of_slow_setting(model: Path, info: BackendInfo, started: int | None) -> None:
    """Warns of what makes a model slow.

    Args:
        model: the file.
        info: how it is being run.
        started: threads that loading it has started; None where that is not known.
    """
    if info.name == "null":
        return
    if info.delegate == "none" and model.stat().st_size > _QUICK_EITHER_WAY:
        hint = "" if info.name == "litert" else f"; where you can: {install_command('litert')}"
        logger.warning("%s: XNNPACK took none of it, so %s runs it slower than it could%s", model, info.name, hint)
    elif info.delegate == "xnnpack" and started is not None and max(started, 0) < info.threads - 1:
        logger.warning("%s: %s was asked for %d threads and uses %d", model, info.name, info.threads, started + 1)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or info.threads
    if info.threads > cores:
        logger.warning(
            "%s: %d threads, but this process may use %d cores: more threads than cores make it slower",
            model, info.threads, cores,
        )  # fmt: skip


def _threads() -> int | None:
    try:
        return len(os.listdir(_TASKS))  # noqa: PTH208 - a path would make an object of each
    except OSError:
        return None
