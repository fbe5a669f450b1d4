"""The wall clock jumps where a board without a battery finds the network: no age, duration or decision goes by it."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tiny_model import solid_frame, write_packed_model

from edge_runtime import Classifier, run_pipeline
from edge_runtime.board import clock
from edge_runtime.contracts.results import Frame, FrameFailure, FrameResult, LabelEvent, SourceChange
from edge_runtime.decisions import DecisionSettings
from edge_runtime.decisions.decider import Decider
from edge_runtime.run import PipelineSettings
from edge_runtime.sources import EndOfStream
from edge_runtime.sources.live import LiveSettings
from edge_runtime.sources.live.capture import LiveCapture

DAYS_90_NS = 90 * 86400 * 10**9


class Camera:
    """Shows one colour, then another; the wall clock jumps between them."""

    def __init__(self, jump: Callable[[], None]) -> None:
        self._jump = jump
        self._shown = 0

    def open(self) -> None: ...

    def read(self) -> np.ndarray:
        self._shown += 1
        if self._shown > 12:
            raise EndOfStream
        if self._shown in (4, 9):
            self._jump()
        time.sleep(0.01)
        return solid_frame((255, 0, 0) if self._shown <= 6 else (0, 0, 255))

    def close(self) -> None: ...


class Kept:
    def __init__(self) -> None:
        self.results: list[FrameResult] = []

    def write(self, result: FrameResult | FrameFailure, _frame: Frame | None = None) -> None:
        assert isinstance(result, FrameResult)
        self.results.append(result)

    def close(self) -> None: ...


def results_with(jump_ns: int, model: str, monkeypatch: pytest.MonkeyPatch) -> list[FrameResult]:
    offset = [0]

    def jump() -> None:
        offset[0] += jump_ns

    true_time_ns = time.time_ns
    monkeypatch.setattr("time.time_ns", lambda: true_time_ns() + offset[0])
    monkeypatch.setattr("time.time", lambda: (true_time_ns() + offset[0]) / 1e9)
    kept = Kept()
    with Classifier(model) as classifier:
        decide = Decider.of(classifier, DecisionSettings(("mean:2",), 0.02, events=True)).decide
        source = LiveCapture("camera:", lambda: Camera(jump), LiveSettings(policy="every"))
        run_pipeline(source, [classifier], [kept], PipelineSettings(decide=decide))
    monkeypatch.undo()
    return kept.results


@pytest.mark.parametrize("jump_ns", [DAYS_90_NS, -DAYS_90_NS])
def test_a_jump_of_the_wall_clock_changes_no_age_duration_or_decision(
    jump_ns: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = str(write_packed_model(tmp_path / "model.tflite"))
    calm, jumped = (results_with(jump, model, monkeypatch) for jump in (0, jump_ns))
    assert len(calm) == len(jumped) == 12
    assert abs(jumped[-1].captured_ns - jumped[0].captured_ns - 2 * jump_ns) < 60 * 10**9  # it has jumped
    assert all(0 <= result.age_ns < 60 * 10**9 for result in jumped)
    told = [[(event.kind, event.category.label) for result in run for event in result.events] for run in (calm, jumped)]
    assert told[0] == told[1]
    assert [kind for kind, _ in told[0]] == ["entered", "left", "entered"]
    (lasted,) = (event.duration_ns for result in jumped for event in result.events if event.kind == "left")
    assert 0 < lasted < 60 * 10**9


@pytest.mark.parametrize(
    ("state", "is_noted", "expected"), [(0, False, True), (5, False, False), (5, True, True), (-1, False, True)]
)
def test_the_kernel_is_asked_and_systemd(
    state: int, is_noted: bool, expected: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "_kernel_state", lambda: state)
    monkeypatch.setattr(clock, "_SYNCHRONISED", tmp_path / "synchronized")
    if is_noted:
        (tmp_path / "synchronized").touch()
    assert clock.wall_clock_is_synced() == expected


def test_the_kernel_answers() -> None:
    assert clock._kernel_state() in range(-1, 6)


@pytest.mark.parametrize("is_synced", [True, False])
def test_what_was_seen_before_the_clock_was_set_is_marked(
    is_synced: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_runtime.sources.live.worker.wall_clock_is_synced", lambda: is_synced)
    model = str(write_packed_model(tmp_path / "model.tflite"))
    results = results_with(0, model, monkeypatch)
    lines: list[FrameResult | LabelEvent] = [*results, *(event for result in results for event in result.events)]
    # monkeypatch was undone after the run
    assert all(line.to_json().get("clock_synced", True) == is_synced for line in lines)
    assert all(("clock_synced" in line.to_json()) != is_synced for line in lines)


def test_a_lost_source_is_marked_too() -> None:
    assert "clock_synced" not in SourceChange("source_lost", "camera:0", 1, "gone").to_json()
    assert SourceChange("source_lost", "camera:0", 1, "gone", clock_synced=False).to_json()["clock_synced"] is False
