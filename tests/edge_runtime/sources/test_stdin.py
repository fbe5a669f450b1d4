"""Pictures through a pipe: JPEGs one after the other, or any pictures with their length before them."""

import io
import json
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mjpeg_server import jpeg
from PIL import Image
from tiny_model import LABELS, write_tiny_model

from edge_runtime.console.child_process import console_script
from edge_runtime.errors import ImageError
from edge_runtime.preprocess.decode import MAX_FILE_BYTES
from edge_runtime.sources import EndOfStream
from edge_runtime.sources.stdin import StdinConnection

COLORS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}

UNSAID = ("--color", "rgb", "--resize", "squash")


def in_chunks(content: bytes, size: int) -> Callable[[], bytes]:
    chunks = iter([content[start : start + size] for start in range(0, len(content), size)])
    return lambda: next(chunks, b"")


def read_all(content: bytes, size: int = 1000) -> list[str]:
    return list(answers(StdinConnection(in_chunks(content, size))))


def answers(connection: StdinConnection) -> Iterator[str]:
    try:
        while True:
            yield answer(connection)
    except EndOfStream as end:
        if str(end):
            yield f"end: {end}"


def answer(connection: StdinConnection) -> str:
    try:
        return LABELS[int(connection.read().decode()[2, 2].argmax())]
    except ImageError as error:
        return str(error)


def with_thumbnail(color: str, thumbnail: str) -> bytes:
    """A JPEG with another JPEG, end and all, in its EXIF segment."""
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), COLORS[color]).save(buffer, "JPEG", exif=b"Exif\0\0" + jpeg(COLORS[thumbnail], (8, 8)))
    return buffer.getvalue()


def progressive(color: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), COLORS[color]).save(buffer, "JPEG", progressive=True)
    return buffer.getvalue()


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_jpegs_one_after_the_other(size: int) -> None:
    content = jpeg(COLORS["red"]) + with_thumbnail("green", "red") + b"\0\0" + progressive("blue") + b"\n"
    assert read_all(content, size) == ["red", "green", "blue"]


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_pictures_with_their_length(size: int) -> None:
    png = io.BytesIO()
    Image.new("RGB", (8, 8), COLORS["blue"]).save(png, "PNG")
    pictures = [jpeg(COLORS["red"]), png.getvalue(), b"no picture"]
    found = read_all(b"".join(struct.pack(">I", len(picture)) + picture for picture in pictures), size)
    assert found[:2] == ["red", "blue"]
    assert found[2:] == ["-: cannot decode: no BMP, GIF, JPEG, PNG, WEBP, TIFF image"]


@settings(max_examples=30)
@given(st.integers(3, 600))
def test_a_jpeg_that_breaks_off_costs_no_more_than_a_segment_of_those_after_it(cut: int) -> None:
    whole, green = jpeg(COLORS["red"]), jpeg(COLORS["green"])
    after = (1 << 16) // len(green) + 2  # the cut may fall into the length of a segment
    found = read_all(whole[: min(cut, len(whole) - 3)] + green * after + jpeg(COLORS["blue"]), 5000)
    assert found[-1] == "blue"
    assert len([text for text in found if text.startswith("-: ")]) <= 2
    assert set(found) - {text for text in found if text.startswith("-: ")} <= {"green", "blue"}


def test_an_end_within_a_picture_is_a_failed_frame() -> None:
    assert read_all(jpeg(COLORS["red"]) * 2 + jpeg(COLORS["red"])[:100])[2:] == [
        "-: ended within a picture, 100 bytes after its start"
    ]


@pytest.mark.parametrize("length", [0, MAX_FILE_BYTES + 1, 0x47494638])
def test_a_length_that_makes_no_sense_ends_the_run(length: int) -> None:
    (end,) = read_all(struct.pack(">I", length) + b"x" * 100)
    assert end.startswith(f"end: -: announces a picture of {length} bytes; expected JPEGs one after the other")


def test_a_jpeg_without_end_is_bounded() -> None:
    endless = StdinConnection(in_chunks(jpeg(COLORS["red"])[:-2] + b"\0" * (MAX_FILE_BYTES + (1 << 17)), 1 << 20))
    assert next(answers(endless)) == f"-: a picture of more than {MAX_FILE_BYTES} bytes"


@given(st.binary(max_size=3000))
def test_nonsense_comes_to_an_end(content: bytes) -> None:
    for sent in (content, b"\xff\xd8" + content):
        assert all(line.startswith(("-: ", "end: -: ")) for line in read_all(sent, 17))


def test_edge_run_takes_pictures_from_a_pipe(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("\n".join(LABELS))
    model = write_tiny_model(tmp_path / "tiny.tflite", dtype="uint8", input_quantization=(1 / 32, 0))
    command = [*console_script("edge-run"), str(model), "-", "--labels", str(tmp_path / "labels.txt"), *UNSAID]
    content = jpeg(COLORS["red"]) + jpeg(COLORS["blue"]) + jpeg(COLORS["green"])[:-40]
    done = subprocess.run(command, input=content, capture_output=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["categories"][0]["label"] for line in lines[:2]] == ["red", "blue"]
    assert lines[2] == {"schema": 1, "source": "-", "frame": 2, "error": lines[2]["error"]}
    assert "ended within a picture" in lines[2]["error"]
    assert done.returncode == 1
    assert done.stderr.decode().splitlines() == [
        "edge-run: 3 frames captured, 2 delivered, 0 dropped, 1 failed, 0 reconnects",
        "edge-run: 1 of 3 frames failed",
    ]


def test_edge_run_ends_well_with_an_empty_pipe_and_with_one_that_ends(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("\n".join(LABELS))
    model = write_tiny_model(tmp_path / "tiny.tflite", dtype="uint8", input_quantization=(1 / 32, 0))
    command = [*console_script("edge-run"), str(model), "-", "--labels", str(tmp_path / "labels.txt"), *UNSAID]
    done = subprocess.run(command, input=jpeg(COLORS["red"]), capture_output=True)
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 1)
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"edge-run: -: ended without a picture\n"


def test_pixels_are_rgb() -> None:
    pixels = StdinConnection(in_chunks(jpeg((200, 100, 50)), 99)).read().decode()
    assert np.abs(pixels[0, 0].astype(int) - (200, 100, 50)).max() < 4
