"""What would make a benchmark lie, done to it on purpose: sleeps, clocks, noise, throttling."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from tiny_model import write_tiny_model

from benchmarks.host.environment import Condition
from benchmarks.host.noise import machine_noise, row_noise
from benchmarks.measure.agreement import compare_scores, disagreement
from benchmarks.measure.protocol import ColdStart, Measured, WorkRequest
from benchmarks.measure.resources import energy_uj
from benchmarks.measure.work import measure_row
from benchmarks.runs.jobs import Job
from benchmarks.runs.rows import build_row
from benchmarks.settings import HarnessSettings, RunSettings
from benchmarks.stats.summary import count_outliers, drift, summarize
from edge_runtime.backends.null import NullBackend

MS = 1_000_000
QUIET = Condition("performance", 1800.0, 50.0, "none since the start", 0.1)


class FakeClock:
    def __init__(self) -> None:
        self.now = 10**12

    def __call__(self) -> int:
        self.now += 1000  # no two readings are the same
        return self.now


def row_with_sleep(model: Path, sleep_ms: float, monkeypatch: pytest.MonkeyPatch) -> Measured:
    """The row of a backend that sleeps so long in each invoke, by a clock that nothing else moves much."""
    clock = FakeClock()

    def invoke(_self: NullBackend) -> None:
        clock.now += round((3 + sleep_ms) * MS)

    monkeypatch.setattr(NullBackend, "invoke", invoke)
    monkeypatch.setattr("edge_runtime.inference.classifier.perf_counter_ns", clock)
    harness = HarnessSettings(min_seconds=0.001, min_count=40, warm_up=2)
    return measure_row(WorkRequest(str(model), "null", 1, harness=harness), 0, 0, clock)


def test_a_sleep_of_2_ms_in_the_backend_is_2_ms_in_the_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = write_tiny_model(tmp_path / "tiny.tflite", dtype="uint8")
    without, slept = (row_with_sleep(model, sleep, monkeypatch) for sleep in (0.0, 2.0))
    for figure in ("latency_ns", "end_to_end_ns"):
        early, late = (summarize([getattr(measured, figure)]) for measured in (without, slept))
        assert late.p50 - early.p50 == pytest.approx(2.0, abs=0.1)
        assert late.mean - early.mean == pytest.approx(2.0, abs=0.1)


def measured(*end_to_end_ms: float, cpu_share: float | None = 1.0) -> Measured:
    samples = tuple(round(ms * MS) for ms in end_to_end_ms)
    return Measured(
        "1", "cpu", None, "none", ColdStart.from_parts(1, 1, 1, 1), {}, samples, samples, sum(samples),
        cpu_share=cpu_share,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rounds", "threads", "said"),
    [
        ([measured(*[5.0] * 9), measured(*[5.4] * 9)], 1, None),
        ([measured(*[5.0] * 9), measured(*[5.6] * 9)], 1, "medians of 2 rounds lie within a factor of 1.12"),
        ([measured(*[5.0] * 3, *[5.5] * 3, *[6.0] * 3)], 1, "drifted by a factor of 1.20"),
        ([measured(*[6.0] * 3, *[5.5] * 3, *[5.0] * 3)], 1, "drifted by a factor of 0.83"),
        ([measured(*[5.0] * 9, cpu_share=0.6)], 1, "a core for only 60% of the time"),
        ([measured(*[5.0] * 9, cpu_share=0.6)], 2, None),
        ([measured(*[5.0] * 9, cpu_share=None)], 1, None),
    ],
)
def test_what_would_not_come_out_again_is_noisy(rounds: list[Measured], threads: int, said: str | None) -> None:
    found = row_noise(rounds, threads)
    assert (found == ()) if said is None else (len(found) == 1 and said in found[0])


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({}, {}, None),
        ({"load_1m": 3.2}, {}, "busy before the run (load average 3.20)"),
        ({}, {"throttled": "since the start: throttled"}, "slowed itself down"),
        ({"throttled": "since the start: throttled"}, {"throttled": "since the start: throttled"}, None),
        ({"throttled": "now: under-voltage"}, {"throttled": "now: under-voltage"}, "slowed itself down"),
        ({}, {"temperature_c": 70.0}, "hotter by 20 °C, to 70 °C"),
        ({"governor": "powersave"}, {}, "powersave"),
        (dict.fromkeys(("governor", "temperature_c", "throttled", "load_1m")), {}, None),
    ],
)
def test_a_machine_that_was_busy_or_throttled_is_said(
    before: dict[str, object], after: dict[str, object], said: str | None
) -> None:
    found = machine_noise(dataclasses.replace(QUIET, **before), dataclasses.replace(QUIET, **after))
    assert (found == ()) if said is None else (len(found) == 1 and said in found[0])


def test_outliers_are_counted_and_kept() -> None:
    samples = [100, 101, 102, 103] * 25 + [1000]
    assert count_outliers(samples) == 1
    assert summarize([samples]).mean * MS == pytest.approx(np.mean(samples))
    assert count_outliers([]) == 0
    assert drift([7]) == 1.0


def test_wrong_numbers_no_numbers_and_other_classes_are_wrong_answers() -> None:
    right = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1]], np.float32)
    assert disagreement(compare_scores(right, right), same_file=True, min_same_top1=1.0) is None
    off = right + np.array([0.02, -0.02, 0.0], np.float32)
    agreement = compare_scores(off, right)
    assert agreement.max_difference == pytest.approx(0.02, abs=1e-6)
    assert "differs from the reference's by 0.020" in str(disagreement(agreement, True, 0.9))
    assert disagreement(agreement, False, 0.9) is None
    nothing = np.full_like(right, np.nan)
    assert compare_scores(nothing, right).max_difference == 1.0
    assert "on 50.0% of 2 images" in str(disagreement(compare_scores(right[[0, 0]], right), False, 0.9))


def test_a_clock_fault_in_a_later_round_takes_the_figures_of_all(tmp_path: Path) -> None:
    model = write_tiny_model(tmp_path / "m.tflite")
    job = Job(model, "null", 1, 1, "single-stream", "row0")
    broken = dataclasses.replace(measured(), fault="the clock went back by 5 ns, after 1 samples")
    row = build_row(job, "ab" * 32, [measured(*[5.0] * 300), broken], RunSettings((str(model),)), same_file=True)
    assert (row.status, row.latency_ms, row.count) == ("INVALID", None, 0)
    assert row.reason == broken.fault


def test_energy_is_read_where_the_machine_tells_and_absent_elsewhere(tmp_path: Path) -> None:
    assert energy_uj(tmp_path) is None
    for number, value in enumerate(("123", "1000")):
        counter = tmp_path / "sys" / "class" / "powercap" / f"intel-rapl:{number}" / "energy_uj"
        counter.parent.mkdir(parents=True)
        counter.write_text(value + "\n")
    (tmp_path / "sys" / "class" / "powercap" / "intel-rapl:0:0").mkdir()  # a part of package 0, not one more
    assert energy_uj(tmp_path) == 1123
    counter.write_text("")
    assert energy_uj(tmp_path) is None
