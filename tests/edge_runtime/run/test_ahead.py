"""Work done ahead in threads: results in order, and none kept back that is there."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from threading import Event

from edge_runtime.run.ahead import in_order

TASKS = 5


def _offered(asked: list[int], began: list[Event]) -> Iterator[Callable[[], int]]:
    """Tasks; the next one is there only when the last one has begun, so that the one before that is done."""

    def work(number: int) -> int:
        began[number].set()
        return number

    for number in range(TASKS):
        asked.append(number)
        yield partial(work, number)
        began[number].wait()


def test_a_result_does_not_wait_for_tasks_that_are_not_there_yet() -> None:
    asked: list[int] = []
    asked_before = {}
    with ExitStack() as stack:
        for result in in_order(_offered(asked, [Event() for _ in range(TASKS)]), 1, 100, stack):
            asked_before[result] = len(asked)
    assert list(asked_before) == list(range(TASKS))
    assert asked_before[0] <= 3
    assert asked_before[1] <= 4
