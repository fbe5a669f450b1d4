"""The annotated video, read back."""

import logging
import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from results import made_frame, made_result
from tiny_model import write_packed_model

from edge_runtime.decisions.region import Region
from edge_runtime.errors import SinkError
from edge_runtime.run.cli import main
from edge_runtime.sinks import Sink, open_sink
from edge_runtime.sinks.base import RunInfo
from edge_runtime.sinks.video.drawing import annotated

NS_PER_S = 1_000_000_000


def read(path: Path) -> tuple[list[np.ndarray], float]:
    capture, frames = cv2.VideoCapture(str(path)), []
    rate = capture.get(cv2.CAP_PROP_FPS)
    while (found := capture.read())[0]:
        frames.append(found[1])
    capture.release()
    return frames, rate


@pytest.mark.parametrize("suffix", [".avi", ".mp4"])
def test_a_clip_keeps_its_frames_and_rate(tmp_path: Path, suffix: str) -> None:
    clip, labelled = tmp_path / "clip.avi", tmp_path / f"labelled{suffix}"
    writer = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"MJPG"), 15, (320, 240))
    for shade in (10, 120, 240):
        writer.write(np.full((240, 320, 3), shade, np.uint8))
    writer.release()
    model = str(write_packed_model(tmp_path / "model.tflite"))
    assert main([model, str(clip), "--sink", f"video:{labelled}"]) == 0
    frames, rate = read(labelled)
    assert rate == 15
    assert [round(frame[200, 300].mean() / 10) for frame in frames] == [1, 12, 24]
    assert frames[2][:60, :150].min() < 150  # the label stands on a dark ground


def test_a_live_source_keeps_its_time(tmp_path: Path) -> None:
    sink = open_sink(f"video:{tmp_path / 'live.avi'}", RunInfo(is_live=True))
    # Two frames within a tenth of a second, then a pause of a second, then one of a year.
    for number, seconds in enumerate((0.0, 0.05, 1.05, 31536000.0, 31536000.1)):
        sink.write(
            made_result(number), replace(made_frame(number, number * 50), monotonic_ns=round(seconds * NS_PER_S))
        )
    sink.close()
    frames, rate = read(tmp_path / "live.avi")
    assert rate == 10
    assert [round(frame[40, 60].mean() / 50) for frame in frames] == [0, *[2] * 10, 3, 4]


def test_another_size_is_made_to_fit_and_names_have_the_time(tmp_path: Path) -> None:
    sink = open_sink(f"video:{tmp_path}/clip-%Y.avi")
    sink.write(made_result(), made_frame())
    sink.write(made_result(), made_frame(size=(96, 96)))
    sink.close()
    (path,) = tmp_path.iterdir()
    assert path.stem.removeprefix("clip-").isdigit()
    frames, _ = read(path)
    assert [frame.shape for frame in frames] == [(48, 64, 3)] * 2


def test_the_region_and_letters_beyond_ascii_are_drawn() -> None:
    frame = made_frame(size=(240, 320))
    drawn = annotated(frame.pixels, made_result(label="Grünglas 瓶"), Region(0.5, 0.5, 0.5, 0.5))
    assert tuple(drawn[120, 200]) == (242, 163, 58)
    assert frame.pixels.max() == 0  # the frame itself is not changed
    plain = annotated(frame.pixels, made_result(label="Gr nglas  "), None)
    assert (drawn[:40] != plain[:40]).any()


@pytest.mark.parametrize(("name", "message"), [("x.mkv", "expected video:FILE.avi"), ("there.avi", "is there already")])
def test_what_cannot_be_written_is_refused(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "there.avi").write_bytes(b"a clip")
    with pytest.raises(SinkError, match=message):
        open_sink(f"video:{tmp_path / name}")
    assert (tmp_path / "there.avi").read_bytes() == b"a clip"


def test_a_service_that_starts_again_goes_on_with_another_name(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for _ in range(3):
        sink = open_sink(f"video:{tmp_path / 'live.avi'}", RunInfo(is_live=True))
        sink.write(made_result(), made_frame())
        sink.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["live-2.avi", "live-3.avi", "live.avi"]
    assert all(len(read(path)[0]) == 1 for path in tmp_path.iterdir())
    assert f"{tmp_path / 'live.avi'} was written already; writing {tmp_path / 'live-3.avi'}" in caplog.text


def test_a_live_video_waits_for_room_and_goes_on_in_a_new_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sink = open_sink(f"video:{tmp_path / 'live.avi'}", RunInfo(is_live=True))
    room = iter([True] * 3 + [False] * 4 + [True] * 3)

    def statvfs(_folder: Path) -> SimpleNamespace:
        return SimpleNamespace(f_bavail=next(room) * 1000, f_frsize=1 << 20)

    monkeypatch.setattr("edge_runtime.sinks.target.os.statvfs", statvfs)
    monkeypatch.setattr("edge_runtime.sinks.video.sink._FRAMES_BETWEEN_LOOKS", 1)
    for number in range(10):
        sink.write(made_result(number), replace(made_frame(number), monotonic_ns=number * NS_PER_S // 10))
    sink.close()
    assert [len(read(tmp_path / name)[0]) for name in ("live.avi", "live-2.avi")] == [3, 3]
    assert caplog.text.count("No space left on device; frames are left out until there is room") == 1
    assert "4 frames left out while the disk was full" in caplog.text


def write_for(sink: Sink, seconds: float, start: int = 0) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    for number in range(start, start + round(seconds * 10)):
        sink.write(made_result(number), replace(made_frame(number), pixels=noise, monotonic_ns=number * NS_PER_S // 10))


def test_a_live_video_is_cut_into_files_and_the_oldest_go(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    others = [tmp_path / name for name in ("live.mp4", "my-live-2.avi", "live-x.avi", "live-3.avi.part", "alive.avi")]
    for other in others:
        other.write_bytes(b"not ours")
    (tmp_path / "live-9.avi").mkdir()
    sink = open_sink(f"video:{tmp_path / 'live.avi'}?max=20KB&keep=1", RunInfo(is_live=True))
    write_for(sink, 30)
    sink.close()
    ours = {path.name for path in tmp_path.iterdir()} - {path.name for path in others} - {"live-9.avi"}
    assert ours == {"live-11.avi", "live-12.avi"}, "of three; numbers go on behind what is there, whoever put it there"
    assert all(0 < len(read(tmp_path / name)[0]) <= 150 for name in ours)  # OpenCV writes in pieces
    assert all(path.read_bytes() == b"not ours" for path in others)
    assert caplog.text.count("removed; 1 files are kept beside") == 1


def test_files_of_earlier_starts_are_among_those_that_go(tmp_path: Path) -> None:
    names = ["clip-20260101.avi", "clip-20260102.avi", "clip-20260102-2.avi", "clip-2026.avi", "clip-202601010.avi"]
    for age, name in enumerate(reversed(names)):
        (tmp_path / name).write_bytes(b"")
        os.utime(tmp_path / name, (1_700_000_000 - age, 1_700_000_000 - age))
    sink = open_sink(f"video:{tmp_path}/clip-%Y%m%d.avi?keep=1", RunInfo(is_live=True))
    write_for(sink, 0.2)
    sink.close()
    left = {path.name for path in tmp_path.iterdir()}
    assert {"clip-2026.avi", "clip-202601010.avi", "clip-20260102-2.avi"} < left  # the first two are no names of ours
    assert len(left) == 4


def test_keep_needs_names_that_can_be_told(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="keep needs a name without other codes"):
        open_sink(f"video:{tmp_path}/clip-%A.avi?keep=1")
    with pytest.raises(SinkError, match="expected"):
        open_sink(f"video:{tmp_path}/clip%n.avi")
    with pytest.raises(SinkError, match="max=x is no size"):
        open_sink(f"video:{tmp_path}/clip.avi?max=x")


def test_a_video_that_somebody_removes_goes_on_in_a_new_file(tmp_path: Path) -> None:
    sink = open_sink(f"video:{tmp_path / 'live.avi'}?max=1GB", RunInfo(is_live=True))
    write_for(sink, 1)
    (tmp_path / "live.avi").unlink()
    write_for(sink, 4, start=10)
    sink.close()
    assert len(read(tmp_path / "live.avi")[0]) > 0


def test_a_folder_that_is_not_there_and_a_full_disk_are_one_clear_error(tmp_path: Path, small_disk: Path) -> None:
    with pytest.raises(SinkError, match=r"clip\.avi: cannot write; is there such a folder"):
        open_sink(f"video:{tmp_path}/nowhere/clip.avi").write(made_result(), made_frame())
    with pytest.raises(SinkError, match=r"clip\.avi: cannot write: No space left on device"):
        open_sink(f"video:{small_disk}/clip.avi").write(made_result(), made_frame())
