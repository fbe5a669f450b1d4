"""The newest picture is the newest one, its age is true, and what waits is bounded."""

import io
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from mjpeg_server import Camera
from PIL import Image
from tiny_model import write_tiny_model

from edge_runtime import CallbackSink, Classifier, Frame, FrameResult, open_source, run_pipeline
from edge_runtime.contracts.results import FrameFailure
from edge_runtime.errors import ImageError
from edge_runtime.preprocess import decode_image
from edge_runtime.sources import FrameCounts, Picture
from edge_runtime.sources.live import LiveSettings
from edge_runtime.sources.live.capture import LiveCapture
from edge_runtime.sources.live.captured import Captured
from edge_runtime.sources.live.mailbox import Mailbox

RATE = 25
SIZE = 8  # of the square that stands for a bit
BITS = 24


def picture_of_now() -> bytes:
    """A JPEG into which the sender's time is drawn, in milliseconds."""
    now = time.monotonic_ns() // 1_000_000
    bits = np.array([now >> bit & 1 for bit in range(BITS)], np.uint8).reshape(3, 8) * 255
    buffer = io.BytesIO()
    Image.fromarray(bits.repeat(SIZE, 0).repeat(SIZE, 1)).convert("RGB").save(buffer, "JPEG")
    return buffer.getvalue()


def true_age_ms(pixels: np.ndarray) -> int:
    """How long ago the picture was sent."""
    bits = pixels[SIZE // 2 :: SIZE, SIZE // 2 :: SIZE, 0].ravel() > 127
    return (time.monotonic_ns() // 1_000_000 - sum(1 << bit for bit in range(BITS) if bits[bit])) % (1 << BITS)


class Punctual(Camera):
    """Sends pictures at its rate, whether anybody reads them or not."""

    def played(self) -> Iterator[bytes]:
        start = time.monotonic()
        for number in range(1_000_000):
            if self.stopping.wait(max(0.0, start + number / RATE - time.monotonic())):
                return
            yield picture_of_now()


def test_the_age_is_true_and_small_with_a_slow_decoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(content: bytes, name: str) -> np.ndarray:
        time.sleep(0.1)
        return decode_image(content, name)

    monkeypatch.setattr("edge_runtime.sources.http.connection.decode_image", slow)
    told, true = [], []

    def note(result: FrameResult | FrameFailure, frame: Frame | None) -> None:
        told.append(result.age_ns / 1e6)
        true.append(true_age_ms(frame.pixels))
        if len(told) == 30:
            raise KeyboardInterrupt

    model = write_tiny_model(tmp_path / "tiny.tflite", dtype="uint8")
    counts = FrameCounts()
    with Punctual([]) as camera, Classifier(model) as classifier:
        source = open_source(camera.url())
        counts = source.counts
        with pytest.raises(KeyboardInterrupt):
            run_pipeline(source, [classifier], [CallbackSink(note)])
    assert statistics.median(abs(one - other) for one, other in zip(told, true, strict=True)) < 60
    assert statistics.quantiles(true, n=10)[-1] < 400  # decoding is 100 of it; 4,800 where pictures queued up
    assert counts.dropped > counts.delivered
    assert counts.produced == counts.delivered + counts.dropped + counts.failed


def test_what_is_dropped_costs_no_decoding() -> None:
    decoded = []

    class Burst:
        def __init__(self) -> None:
            self.number = -1

        def open(self) -> None: ...

        def close(self) -> None: ...

        def read(self) -> Picture:
            self.number += 1
            if self.number == 1:
                taken.wait()
            if self.number == 50:
                full.set()
                end.wait()
            return Picture(lambda number=self.number: decoded.append(number) or np.zeros((2, 2, 3), np.uint8), 5)

    taken, full, end = threading.Event(), threading.Event(), threading.Event()
    source = LiveCapture("burst:", Burst, LiveSettings(stall_seconds=60))
    frames = iter(source)
    assert next(frames).index == 0
    taken.set()
    full.wait()
    newest = next(frames)
    end.set()
    source.close()
    assert (newest.index, decoded) == (49, [0, 49])
    assert source.counts.dropped == 48


def captured(picture: object, age: float = 0.0) -> Captured:
    return Captured(picture, 1, 2, time.monotonic_ns() - round(age * 1e9))


def test_damaged_pictures_do_not_pile_up() -> None:
    counts = FrameCounts()
    mailbox = Mailbox("x:", "latest", counts)
    mailbox.belongs_to(mailbox)
    for _ in range(4000):
        mailbox.put(mailbox, captured("damaged"))
    assert mailbox.take(1) == FrameFailure("x:", 3999, "damaged")
    assert (counts.produced, counts.dropped) == (4000, 3999)


def test_a_picture_that_a_lost_connection_left_is_not_the_newest() -> None:
    counts = FrameCounts()
    mailbox = Mailbox("x:", "latest", counts)
    mailbox.belongs_to(mailbox)
    mailbox.put(mailbox, captured(np.zeros((2, 2, 3), np.uint8), age=6.0))
    mailbox.finish(mailbox)
    assert mailbox.take(5.0) is None
    assert counts.dropped == 1
    mailbox.belongs_to(mailbox)
    mailbox.put(mailbox, captured(np.zeros((2, 2, 3), np.uint8), age=1.0))
    mailbox.finish(mailbox)
    assert isinstance(mailbox.take(5.0), Frame)  # a stream that has just ended leaves its last picture


@pytest.mark.parametrize(("size", "kept"), [(1000, 64), (1 << 20, 64), (10 << 20, 6), (100 << 20, 1)])
def test_every_is_bounded_in_pictures_and_in_bytes(size: int, kept: int) -> None:
    counts = FrameCounts()
    mailbox = Mailbox("x:", "every", counts)
    mailbox.belongs_to(mailbox)
    picture = Picture(lambda: np.zeros((2, 2, 3), np.uint8), size)
    worker = threading.Thread(target=lambda: [mailbox.put(mailbox, captured(picture)) for _ in range(kept + 1)])
    worker.start()
    while counts.produced < kept:
        time.sleep(0.001)
    worker.join(0.05)
    assert worker.is_alive()  # it waits
    assert counts.produced == kept
    assert mailbox.take(1).index == 0
    worker.join(60)
    assert counts.produced == kept + 1


def test_a_picture_that_cannot_be_decoded_is_a_failed_frame() -> None:
    def decode() -> np.ndarray:
        raise ImageError("x: torn")

    assert captured(Picture(decode, 3)).item("x:", 7) == FrameFailure("x:", 7, "x: torn")


@pytest.mark.parametrize("days", [-90, 90])
def test_a_clock_that_is_set_changes_no_age(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    wall = time.time_ns
    results = []

    def note(result: FrameResult | FrameFailure, _frame: Frame | None) -> None:
        results.append(result)
        monkeypatch.setattr("time.time_ns", lambda: wall() + days * 86_400_000_000_000)

    with Classifier(write_tiny_model(tmp_path / "tiny.tflite", dtype="uint8")) as classifier:
        run_pipeline(open_source("synthetic:8x8:4"), [classifier], [CallbackSink(note)])
    assert all(0 < result.age_ns < 60e9 for result in results)


def test_a_consumer_that_was_away_gets_a_picture_of_now() -> None:
    with Punctual([]) as camera, closing(open_source(camera.url(), LiveSettings(first_pause=0.01))) as source:
        frames = iter(source)
        next(frames)
        time.sleep(0.5)
        ages = [true_age_ms(frame.pixels) for frame in islice(frames, 3)]
    assert min(ages) < 200
