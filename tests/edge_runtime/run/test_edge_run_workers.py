"""Several workers, and reading ahead: the same lines in the same order, memory bounded, errors as with one."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_model import LABELS, write_tiny_model

from edge_runtime.contracts.results import Frame, FrameFailure, FrameResult
from edge_runtime.errors import BackendError, ImageError
from edge_runtime.inference.classifier import Classifier
from edge_runtime.run.cli import main
from edge_runtime.run.feed import READ_AHEAD
from edge_runtime.run.pipeline import AHEAD_PER_WORKER, PipelineSettings, run_pipeline
from edge_runtime.sources.counts import FrameCounts

COLORS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}


@pytest.fixture
def model(tmp_path: Path) -> list[str]:
    (tmp_path / "labels.txt").write_text("\n".join(LABELS))
    path = write_tiny_model(tmp_path / "tiny.tflite", dtype="uint8", input_quantization=(1 / 32, 0))
    return [str(path), "--labels", str(tmp_path / "labels.txt")]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Forty pictures whose sizes, and so their times, differ much; every tenth is damaged."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(40):
        side = 8 if number % 3 else 600
        Image.new("RGB", (side, side), COLORS[LABELS[number % 3]]).save(folder / f"{number:02d}.png")
        if number % 10 == 9:
            (folder / f"{number:02d}.png").write_bytes(b"no picture")
    return folder


@pytest.fixture
def classifier(model: list[str]) -> Iterator[Classifier]:
    with Classifier(model[0], labels=model[2]) as classifier:
        yield classifier


class Collecting:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.results: list[FrameResult | FrameFailure] = []
        self.frames: list[Frame | None] = []
        self.threads: set[int] = set()

    def write(self, result: FrameResult | FrameFailure, frame: Frame | None = None) -> None:
        self.results.append(result)
        self.frames.append(frame)
        self.threads.add(threading.get_ident())

    def close(self) -> None: ...


class Numbered:
    """A source of frames that are not files; may fail at one of them."""

    def __init__(self, count: int, fails_at: int = -1) -> None:
        self.count, self.fails_at, self.closed, self.made = count, fails_at, False, 0

    def __iter__(self) -> Iterator[Frame | FrameFailure]:
        for index in range(self.count):
            self.made += 1
            if index == self.fails_at:
                yield FrameFailure("numbered:", index, "damaged")
            else:
                yield Frame(np.full((8, 8, 3), COLORS[LABELS[index % 3]], np.uint8), "numbered:", index, 1, 1)

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize("workers", [[], ["--workers", "1"], ["--workers", "3"]], ids=["ahead", "one", "three"])
def test_the_lines_are_the_same_and_in_order(
    model: list[str], pictures: Path, workers: list[str], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main([model[0], str(pictures), *model[1:], *workers]) == 1
    out, err = capfdbinary.readouterr()
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["frame"] for line in lines] == list(range(40))
    assert [line["source"] for line in lines] == [str(pictures / f"{number:02d}.png") for number in range(40)]
    assert ["error" in line for line in lines] == [number % 10 == 9 for number in range(40)]
    whole = [line for line in lines if "error" not in line]
    assert [line["categories"][0]["label"] for line in whole] == [LABELS[line["frame"] % 3] for line in whole]
    assert b"4 of 40 frames failed" in err


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("read_ahead", [False, True])
def test_what_is_no_file_keeps_its_order_too(classifier: Classifier, workers: int, read_ahead: bool) -> None:
    source, sink = Numbered(50, fails_at=20), Collecting()
    classifiers = [classifier, *(classifier.twin() for _ in range(1, workers))]
    counts = run_pipeline(source, classifiers, [sink], PipelineSettings(read_ahead=read_ahead))
    assert [result.index for result in sink.results] == list(range(50))
    assert counts == FrameCounts(produced=50, delivered=49, failed=1)
    assert source.closed
    assert sink.threads == {threading.get_ident()}
    assert all(
        frame.index == result.index if isinstance(result, FrameResult) else frame is None
        for result, frame in zip(sink.results, sink.frames, strict=True)
    )


@pytest.mark.parametrize("workers", [1, 3])
def test_no_more_frames_are_held_than_promised(classifier: Classifier, workers: int) -> None:
    source = Numbered(60)
    ahead = []

    class Watching(Collecting):
        def write(self, result: FrameResult | FrameFailure, frame: Frame | None = None) -> None:
            super().write(result, frame)
            ahead.append(source.made - len(self.results))

    run_pipeline(source, [classifier, *(classifier.twin() for _ in range(1, workers))], [Watching()])
    assert max(ahead) <= READ_AHEAD + (AHEAD_PER_WORKER * workers if workers > 1 else 0) + 1


def test_decisions_see_frames_in_order_whatever_the_workers(classifier: Classifier) -> None:
    seen, sink = [], Collecting()

    def decide(result: FrameResult, scores: np.ndarray) -> FrameResult:
        seen.append((result.index, LABELS[int(scores.argmax())]))
        return result

    classifiers = [classifier, classifier.twin(), classifier.twin()]
    run_pipeline(Numbered(30), classifiers, [sink], PipelineSettings(decide=decide))
    assert seen == [(index, LABELS[index % 3]) for index in range(30)]


def test_a_crop_that_does_not_fit_is_a_failed_frame(classifier: Classifier) -> None:
    sink = Collecting()

    def crop(pixels: np.ndarray) -> np.ndarray:
        raise ImageError("region beyond the frame")

    counts = run_pipeline(Numbered(2), [classifier], [sink], PipelineSettings(crop=crop))
    assert counts.failed == 2
    assert sink.results == [FrameFailure("numbered:", index, "region beyond the frame") for index in range(2)]


@pytest.mark.parametrize("workers", [1, 3])
def test_an_error_ends_the_run_and_every_frame_is_accounted_for(classifier: Classifier, workers: int) -> None:
    before = threading.enumerate()
    source, counts = Numbered(50), FrameCounts()
    classifiers = [classifier, *(classifier.twin() for _ in range(1, workers))]

    def decide(result: FrameResult, _scores: np.ndarray) -> FrameResult:
        if result.index == 10:
            raise BackendError("broken")
        return result

    with pytest.raises(BackendError, match="broken"):
        run_pipeline(source, classifiers, [Collecting()], PipelineSettings(decide=decide), counts)
    assert source.closed
    assert counts.delivered == 10
    assert counts.produced == counts.delivered + counts.dropped + counts.failed
    assert set(threading.enumerate()) <= set(before)


def test_a_live_source_takes_one_worker(model: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert main([model[0], "http://127.0.0.1:9/", *model[1:], "--workers", "2"]) == 2
    assert "--workers is for files and videos; give a live source --threads" in capfd.readouterr().err
