"""What a run that lasts says on stderr: not the same fault again and again, and when it was."""

import io
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_runtime.console.lasting import SECONDS_BETWEEN, Sparing, log_sparingly


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def log() -> Iterator[tuple[logging.Logger, io.StringIO, Clock]]:
    clock, stream = Clock(), io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(Sparing(clock))
    logger = logging.getLogger("a run that lasts")
    logger.propagate = False
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield logger, stream, clock
    logger.removeHandler(handler)


def test_a_repeated_fault_is_one_line_a_minute_with_the_number_of_those_left_out(
    log: tuple[logging.Logger, io.StringIO, Clock],
) -> None:
    logger, stream, clock = log
    for second in range(0, 3600, 3):
        clock.now = float(second)
        logger.warning("%s; connecting again in %.1f s", "camera:0: gone", second / 7)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 3600 / SECONDS_BETWEEN
    assert lines[0] == "camera:0: gone; connecting again in 0.0 s"
    assert lines[1] == "camera:0: gone; connecting again in 8.6 s (and 19 more like this before it)"


def test_another_fault_and_plain_news_are_said_at_once(log: tuple[logging.Logger, io.StringIO, Clock]) -> None:
    logger, stream, _ = log
    for _ in range(2):
        for reason in ("a", "b"):
            logger.warning("%s; connecting again", reason)
            logger.info("%s", reason)
        logger.error("%s; connecting again", "a")
    assert stream.getvalue().split("\n")[:-1] == [
        "a; connecting again", "a", "b; connecting again", "b", "a; connecting again", "a", "b",
    ]  # fmt: skip


def test_a_fault_with_ever_new_words_takes_no_more_memory(log: tuple[logging.Logger, io.StringIO, Clock]) -> None:
    logger, _, _ = log
    for number in range(2000):
        logger.warning("%s", f"reason {number}")
    (sparing,) = logger.handlers[0].filters
    assert len(sparing._kinds) <= 256


@pytest.mark.parametrize(("is_journal", "with_time", "expected"), [(0, 1, True), (1, 1, False), (0, 0, False)])
def test_a_line_has_the_time_where_nobody_else_notes_it(
    is_journal: int, with_time: int, expected: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (tmp_path / "log").open("w+") as file:
        monkeypatch.setattr(sys, "stderr", file)
        status = os.fstat(file.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino + 1 - is_journal}")
        handler = logging.StreamHandler(file)
        root = logging.getLogger()
        monkeypatch.setattr(root, "handlers", [handler])
        log_sparingly("edge-run", with_time=bool(with_time))
        root.warning("so it is")
        file.seek(0)
        line = file.read()
    assert line.endswith("so it is\n")
    assert (line[:2] == "20" and " edge-run: " in line) == expected
