"""Ctrl-C inside a library that drops it still ends the block."""

import signal
import threading
from collections.abc import Callable
from contextlib import suppress

import pytest

from edge_runtime.console.native import end_if_interrupted, interrupts_kept


def press_ctrl_c() -> None:
    signal.raise_signal(signal.SIGINT)


def drop_it() -> None:
    with suppress(KeyboardInterrupt):
        press_ctrl_c()


def turn_it_into_another_error() -> None:
    try:
        press_ctrl_c()
    except KeyboardInterrupt as error:
        raise RuntimeError("a library's own error") from error


@pytest.mark.parametrize("body", [press_ctrl_c, drop_it, turn_it_into_another_error])
def test_an_interrupt_always_comes_out_and_the_handler_is_put_back(body: Callable[[], None]) -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), interrupts_kept():
        body()
    assert signal.getsignal(signal.SIGINT) is before


def test_deferred_the_block_is_finished_first() -> None:
    done = []

    def work() -> None:
        press_ctrl_c()
        done.append("the rest")

    with pytest.raises(KeyboardInterrupt), interrupts_kept(deferred=True):
        work()
    assert done == ["the rest"]


def test_long_work_can_look_whether_one_was_dropped() -> None:
    turns = []

    def work() -> None:
        for turn in range(3):
            end_if_interrupted()
            turns.append(turn)
            drop_it()

    with pytest.raises(KeyboardInterrupt), interrupts_kept():
        work()
    assert turns == [0]
    end_if_interrupted()  # what was raised is over


def test_an_inner_block_leaves_it_to_the_outer_one_too() -> None:
    def inner() -> None:
        with suppress(KeyboardInterrupt), interrupts_kept():
            drop_it()

    with pytest.raises(KeyboardInterrupt), interrupts_kept():
        inner()
    end_if_interrupted()


def test_without_an_interrupt_errors_pass_and_other_threads_are_let_be() -> None:
    with pytest.raises(ValueError, match="mine"), interrupts_kept():
        raise ValueError("mine")
    entered = []

    def work() -> None:
        with interrupts_kept():
            entered.append(threading.current_thread())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert entered == [thread]
