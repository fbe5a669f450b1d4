"""Work done ahead in other threads, its results in order and their number bounded."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from typing import TypeVar

T = TypeVar("T")


def in_order(tasks: Iterable[Callable[[], T]], threads: int, ahead: int, stack: ExitStack) -> Iterator[T]:
    """The results of ``tasks``, in their order.

    Args:
        tasks: what is done.
        threads: how many work on it; they end with ``stack``, and tasks that have not begun are given up then.
        ahead: how many tasks at the most are being worked on or wait to be taken.
        stack: where the threads end.

    Raises:
        BaseException: what a task raised, in its place.
    """
    pool = ThreadPoolExecutor(threads)
    stack.callback(partial(pool.shutdown, cancel_futures=True))
    return _results(pool, tasks, ahead)


def _results(pool: ThreadPoolExecutor, tasks: Iterable[Callable[[], T]], ahead: int) -> Iterator[T]:
    waiting: deque[Future[T]] = deque()
    for task in tasks:
        waiting.append(pool.submit(task))
        while waiting and (len(waiting) >= ahead or waiting[0].done()):
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
