"""Decisions over time hold what they promise for any scores and any times."""

from contextlib import suppress
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.results import ClassificationResult, FrameResult, Timing
from edge_runtime.decisions.decider import Decider
from edge_runtime.decisions.detection import HysteresisDetector, ThresholdDetector
from edge_runtime.decisions.presence import Presence
from edge_runtime.decisions.region import Region, parse_region
from edge_runtime.decisions.settings import DecisionSettings, check_smooth
from edge_runtime.decisions.smoothing import ExponentialSmoother, MeanSmoother
from edge_runtime.errors import ImageError

CLASSES = 3
LABELS = ("no", "yes", "maybe")
scores = arrays(np.float32, CLASSES, elements=st.floats(0, 1, width=32))
runs = st.lists(scores, min_size=1, max_size=30)
sightings = st.lists(st.tuples(st.integers(0, 50), st.sets(st.integers(0, 2))), max_size=60)


@given(runs, st.integers(1, 40))
def test_mean_is_that_of_the_last_frames(run: list[np.ndarray], frames: int) -> None:
    smoother = MeanSmoother(frames)
    for number, one in enumerate(run, 1):
        expected = np.stack(run[max(0, number - frames) : number]).mean(axis=0)
        np.testing.assert_allclose(smoother.update(one), expected, atol=1e-6)


@given(runs, st.floats(0.01, 1))
def test_exponential_weights_fall_by_the_same_factor(run: list[np.ndarray], alpha: float) -> None:
    smoother = ExponentialSmoother(alpha)
    results = [smoother.update(one) for one in run]
    weights = np.array([1.0] + [alpha] * (len(run) - 1)) * (1 - alpha) ** np.arange(len(run))[::-1]
    assert weights.sum() == pytest.approx(1)
    np.testing.assert_allclose(results[-1], weights @ np.stack(run), atol=1e-5)


@given(runs, st.floats(0, 1, width=32), st.floats(0, 1, width=32))
def test_hysteresis_remembers_which_limit_was_crossed_last(run: list[np.ndarray], one: float, other: float) -> None:
    low, high = sorted((one, other))
    detector = HysteresisDetector(high, low)
    for number, latest in enumerate(run, 1):
        shown = detector.update(latest)
        for index in range(CLASSES):
            crossings = [past[index] for past in run[:number] if past[index] >= high or past[index] < low]
            assert shown[index] == (bool(crossings) and crossings[-1] >= high)


@given(scores, scores)
def test_only_the_best_shows_where_one_label_is_asked_for(one: np.ndarray, thresholds: np.ndarray) -> None:
    every = ThresholdDetector(thresholds, best_only=False).update(one)
    best = ThresholdDetector(thresholds, best_only=True).update(one)
    assert list(every) == [score >= threshold for score, threshold in zip(one, thresholds, strict=True)]
    assert best.sum() <= 1
    assert best[one.argmax()] == every[one.argmax()]


@given(sightings, st.integers(0, 120))
def test_what_counts_as_there_has_lasted(steps: list[tuple[int, set[int]]], minimum: int) -> None:
    presence, now, history = Presence(minimum), 0, []
    told: dict[int, list[tuple[int, int | None]]] = {index: [] for index in range(CLASSES)}
    for number, (pause, shown) in enumerate(steps):
        now += pause
        history.append((now, shown))
        for change in presence.update(shown, now):
            told[change.index].append((number, change.duration_ns))
        for index in range(CLASSES):
            assert (index in presence.there) == counts_as_there(index, history, minimum)
    for index, events in told.items():
        assert [duration is None for _, duration in events] == [not odd % 2 for odd in range(len(events))]
        for (entered, _), (left, duration) in zip(events[::2], events[1::2], strict=False):
            assert duration == run_start(index, history, left) - run_start(index, history, entered) >= minimum


def run_start(index: int, history: list[tuple[int, set[int]]], number: int) -> int:
    """When the run of equal sightings began that step ``number`` belongs to."""
    while number and (index in history[number - 1][1]) == (index in history[number][1]):
        number -= 1
    return history[number][0]


def counts_as_there(index: int, history: list[tuple[int, set[int]]], minimum: int) -> bool:
    """By the definition: the last run of equal sightings that lasted decides."""
    there, start = False, 0
    for (now, shown), (_, before) in zip(history, [(0, None), *history], strict=False):
        if before is None or (index in shown) != (index in before):
            start = now
        if now - start >= minimum:
            there = index in shown
    return there


def result(index: int) -> FrameResult:
    return FrameResult("made up", index, 0, 0, 0, ClassificationResult((), Timing(0, 0, 0)))


def decider(
    settings: DecisionSettings, task: str = "multi-label", thresholds: float = 0.5
) -> tuple[Decider, list[int]]:
    clock = [0]
    return Decider(settings, LABELS, task, thresholds, 2, lambda _: clock[0]), clock


@given(runs, st.sampled_from(["mean:3", "ema:0.5"]), st.booleans(), st.floats(0, 2), st.booleans())
def test_replaying_the_events_gives_the_categories(
    run: list[np.ndarray], smooth: str, hysteresis: bool, minimum: float, single: bool
) -> None:
    steps = (smooth, "hysteresis:0.6,0.3") if hysteresis else (smooth,)
    settings = DecisionSettings(steps, minimum, events=True)
    mine, clock = decider(settings, "single-label" if single else "multi-label")
    there: set[str] = set()
    for number, one in enumerate(run):
        clock[0] += 400_000_000
        decided = mine.decide(result(number), one)
        for event in decided.events:
            assert event.index == number
            if event.kind == "entered":
                assert event.category.label not in there
                there.add(event.category.label)
            else:
                there.remove(event.category.label)
        listed = [category.label for category in decided.classification.categories]
        if settings.uses_presence:
            assert set(listed) <= there
            assert len(listed) == min(2, len(there))
        ordered = [category.score for category in decided.classification.categories]
        assert all(first >= second for first, second in pairwise(ordered))


def test_an_event_says_what_and_for_how_long() -> None:
    mine, clock = decider(DecisionSettings(("hysteresis:0.8,0.4",), events=True))
    seen = []
    for seconds, score in enumerate((0.5, 0.9, 0.5, 0.3, 0.5)):
        clock[0] = seconds * 1_000_000_000
        decided = mine.decide(result(seconds), np.array([0, score, 0], np.float32))
        seen += [event.to_json() for event in decided.events]
    common = {"schema": 1, "source": "made up", "captured_ns": 0, "index": 1, "label": "yes"}
    assert seen == [
        common | {"event": "entered", "frame": 1, "score": 0.9},
        common | {"event": "left", "frame": 3, "score": 0.3, "duration_ms": 2000.0},
    ]
    assert list(seen[1]) == [
        "schema", "event", "source", "frame", "captured_ns", "index", "label", "score", "duration_ms",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"smooth": ("mean:0",)}, {"smooth": ("mean:1001",)}, {"smooth": ("mean:x",)}, {"smooth": ("ema:0",)},
        {"smooth": ("ema:nan",)}, {"smooth": ("hysteresis:0.4,0.8",)}, {"smooth": ("hysteresis:0.4",)},
        {"smooth": ("hysteresis:2,1",)}, {"smooth": ("median:3",)}, {"smooth": ("none", "mean:3")},
        {"smooth": ("mean:3", "ema:0.5")}, {"min_duration": -1}, {"min_duration": float("nan")},
        {"smooth": ("none:1",)}, {"smooth": ("hysteresis:0.5,0.4", "hysteresis:0.5,0.4")}, {"max_gap": 0},
        {"max_gap": float("nan")},
    ],
)  # fmt: skip
def test_impossible_settings_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ContractError):
        DecisionSettings(**wrong)


@given(st.text(alphabet="meanhystris:,.0123456789-", max_size=20))
def test_any_text_is_a_setting_or_one_clear_error(text: str) -> None:
    with suppress(ContractError):  # and no other error
        assert DecisionSettings((check_smooth(text),)).smooth == (text,)


share = st.floats(0, 1)


@given(share, share, share, share, st.integers(1, 2000), st.integers(1, 2000))
def test_shares_fit_every_frame(x: float, y: float, width: float, height: float, rows: int, columns: int) -> None:
    try:
        region = Region(x, y, width, height)
    except ContractError:
        assert not width or not height or x + width > 1 or y + height > 1
        return
    left, top, right, bottom = region.box(rows, columns)
    assert 0 <= left < right <= columns
    assert 0 <= top < bottom <= rows
    assert abs((right - left) - width * columns) <= 1
    assert abs((bottom - top) - height * rows) <= 1


@given(*[st.integers(0, 60)] * 4)
def test_pixels_are_taken_at_their_word(x: int, y: int, width: int, height: int) -> None:
    frame = np.arange(40 * 50 * 3, dtype=np.uint32).reshape(40, 50, 3).astype(np.uint8)
    if not (width and height) or max(x, y, width, height) <= 1:
        return
    region = parse_region(f"{x},{y},{width},{height}")
    if x + width > 50 or y + height > 40:
        with pytest.raises(ImageError, match="reaches beyond the frame of 50x40 pixels"):
            region.crop(frame)
    else:
        part = region.crop(frame)
        assert part.base is not None
        np.testing.assert_array_equal(part, frame[y : y + height, x : x + width])


@pytest.mark.parametrize(
    "text", ["", "1,2,3", "0,0,0,1", "-1,0,5,5", "0.5,0,0.6,1", "10.5,0,20,20", "0,0,nan,1", "a,b,c,d"]
)
def test_no_region_is_refused(text: str) -> None:
    with pytest.raises(ContractError, match="region"):
        parse_region(text)


SECOND = 1_000_000_000
YES = np.array([0.1, 0.9, 0.0], np.float32)


def told(mine: Decider, clock: list[int], run: list[tuple[float, np.ndarray]]) -> list[tuple[object, ...]]:
    events = []
    for number, (seconds, one) in enumerate(run):
        clock[0] = round(seconds * SECOND)
        for event in mine.decide(result(number), one).events:
            lasted = event.duration_ns and event.duration_ns / SECOND
            events.append((event.kind, event.category.label, event.index, lasted, event.reason))
    return events


def test_an_outage_is_not_presence() -> None:
    mine, clock = decider(DecisionSettings(min_duration=60, events=True))
    assert told(mine, clock, [(0, YES), (300, YES)]) == []  # seen twice, five minutes apart
    assert told(mine, clock, [(300 + seconds, YES) for seconds in range(5, 70, 5)]) == [
        ("entered", "yes", 11, None, None)
    ]


def test_what_was_there_before_a_gap_has_left_when_the_camera_was_lost() -> None:
    mine, clock = decider(DecisionSettings(("hysteresis:0.8,0.4",), events=True))
    run = [(0, YES), (5, YES), (605, YES), (606, np.zeros(CLASSES, np.float32))]
    assert told(mine, clock, run) == [
        ("entered", "yes", 0, None, None),
        ("left", "yes", 2, 5.0, "gap"),
        ("entered", "yes", 2, None, None),
        ("left", "yes", 3, 1.0, None),
    ]


def test_a_label_that_was_missed_before_a_gap_lasted_until_then() -> None:
    mine, clock = decider(DecisionSettings(min_duration=2, events=True))
    nothing = np.zeros(CLASSES, np.float32)
    run = [(0, YES), (2, YES), (3, nothing), (4, nothing), (100, nothing)]
    assert told(mine, clock, run) == [("entered", "yes", 1, None, None), ("left", "yes", 4, 3.0, "gap")]


@pytest.mark.parametrize(("gap", "expected"), [(10, 0.3), (10.5, 0.0)])
def test_scores_from_before_a_gap_do_not_count(gap: float, expected: float) -> None:
    mine, clock = decider(DecisionSettings(("mean:3",), max_gap=10), thresholds=0.0)
    told(mine, clock, [(0, YES), (1, np.zeros(CLASSES, np.float32))])
    clock[0] = round((1 + gap) * SECOND)
    categories = mine.decide(result(2), np.zeros(CLASSES, np.float32)).classification.categories
    assert max((category.score for category in categories), default=0.0) == pytest.approx(expected)


def test_hysteresis_begins_anew_after_a_gap() -> None:
    mine, clock = decider(DecisionSettings(("hysteresis:0.8,0.4",), events=True))
    half = np.array([0.0, 0.5, 0.0], np.float32)
    assert told(mine, clock, [(0, YES), (60, half), (61, half)])[1:] == [("left", "yes", 1, 0.0, "gap")]


def test_the_reason_is_in_the_line_of_a_gap_alone() -> None:
    mine, clock = decider(DecisionSettings(events=True))
    mine.decide(result(0), YES)
    clock[0] = 60 * SECOND
    left, entered = (event.to_json() for event in mine.decide(result(1), YES).events)
    assert (left["event"], left["reason"], left["duration_ms"]) == ("left", "gap", 0.0)
    assert "reason" not in entered


def test_a_mean_does_not_drift() -> None:
    smoother = MeanSmoother(7)
    rng = np.random.default_rng(0)
    run = (rng.random((5000, CLASSES)) * np.array([1, 1e-6, 1e-12])).astype(np.float32)
    for number, one in enumerate(run, 1):
        found = smoother.update(one)
        np.testing.assert_allclose(found, run[max(0, number - 7) : number].mean(axis=0, dtype=np.float64), rtol=1e-3)
