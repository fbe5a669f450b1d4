"""What a .tflite says is read without an interpreter, and a damaged one is one clear error."""

import hashlib
import struct
import tracemalloc
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared import SHARED_DATA, needs_shared_data
from tiny_model import write_tiny_model

from edge_runtime.errors import EdgeDeployError, ModelFileError
from edge_runtime.model.file import read_associated_files, read_model_file, weights_sha256


@pytest.fixture(scope="module")
def tiny_bytes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_tiny_model(tmp_path_factory.mktemp("model") / "tiny.tflite", dtype="int8").read_bytes()


@pytest.mark.parametrize(("activation", "ends_in"), [("softmax", "softmax"), ("logistic", "sigmoid"), ("none", "none")])
def test_tensors_and_last_operator(tmp_path: Path, activation: str, ends_in: str) -> None:
    model = read_model_file(write_tiny_model(tmp_path / "m.tflite", dtype="uint8", activation=activation, size=(5, 7)))
    assert model.input.shape == (1, 5, 7, 3)
    assert (model.input.dtype, model.input.scale, model.input.zero_point) == ("uint8", 1 / 128, 128)
    assert model.ends_in == ends_in
    assert (model.labels, model.normalization, model.manifest) == ((), None, None)


def test_two_channels_are_no_image(tmp_path: Path) -> None:
    path = write_tiny_model(tmp_path / "m.tflite", channels=2)
    with pytest.raises(ModelFileError, match=r"its input has shape \[1, 6, 8, 2\]"):
        read_model_file(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"\x00" * 4, "no TFL3 file"),
        (b"hello world, no model", "no TFL3 file"),
        (b"\x10\0\0\0TFL3", "truncated"),
    ],
    ids=["zero bytes", "four bytes", "text", "header only"],
)
def test_what_is_no_model_is_one_clear_error(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "m.tflite"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=rf"m\.tflite: .*{reason}"):
        read_model_file(path)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"m\.tflite: cannot read: No such file"):
        read_model_file(tmp_path / "m.tflite")


@settings(max_examples=400)
@given(st.data())
def test_mutated_model_is_read_or_refused_but_never_breaks(
    tiny_bytes: bytes, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(tiny_bytes)
    for position in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=8)):
        content[position] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "mutated.tflite"
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    with suppress(EdgeDeployError):
        assert read_model_file(path).input.shape[0] == 1


def test_associated_files_are_bounded(tmp_path: Path) -> None:
    path = write_tiny_model(tmp_path / "m.tflite")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("labels.txt", b"a" * (17 << 20))
    assert path.stat().st_size < 1 << 20
    with pytest.raises(ModelFileError, match="unpack to more than"):
        read_model_file(path)


def test_damaged_associated_file_is_refused(tmp_path: Path) -> None:
    path = write_tiny_model(tmp_path / "m.tflite")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("labels.txt", b"red\ngreen\nblue\n")
    path.write_bytes(path.read_bytes().replace(b"red\ngreen", b"rad\ngreen"))
    with pytest.raises(ModelFileError, match="associated files are damaged"):
        read_model_file(path)


def test_weights_digest_leaves_the_associated_files_out(tmp_path: Path) -> None:
    path = write_tiny_model(tmp_path / "m.tflite")
    bare = hashlib.sha256(path.read_bytes()).hexdigest()
    assert weights_sha256(path) == bare
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("labels.txt", b"red\ngreen\nblue\n")
    assert weights_sha256(path) == bare
    assert read_associated_files(path) == {"labels.txt": b"red\ngreen\nblue\n"}


def test_broken_manifest_names_file_and_field(tmp_path: Path) -> None:
    path = write_tiny_model(tmp_path / "m.tflite")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("edge_manifest.json", b'{"schema": 1, "colour": 3}')
    with pytest.raises(EdgeDeployError, match=r"m\.tflite: edge_manifest\.json: unknown key 'colour'"):
        read_model_file(path)


@needs_shared_data
def test_tflite_metadata_of_strangers() -> None:
    model = read_model_file(SHARED_DATA / "tflite" / "mobilenet_v1_0.25_224_float_metadata.tflite")
    assert model.normalization == ((127.5,), (127.5,))
    assert len(model.labels) == 1001
    assert model.labels[0] == "background"
    assert model.ends_in == "softmax"
    assert model.output.shape[-1] == 1001


def test_bytes_without_a_scale_are_cast_by_the_graph(tmp_path: Path) -> None:
    path = write_tiny_model(tmp_path / "m.tflite", dtype="uint8", input_quantization=None)
    tensor = read_model_file(path).input
    assert (tensor.dtype, tensor.scale, tensor.zero_point) == ("uint8", 1.0, 0)


def test_a_damaged_deflated_file_is_refused(tmp_path: Path) -> None:
    path = write_tiny_model(tmp_path / "m.tflite")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("labels.txt", bytes(range(256)) * 50)
        start = archive.infolist()[0].header_offset + 30 + len("labels.txt")
    content = bytearray(path.read_bytes())
    content[start : start + 20] = b"\xff" * 20
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match="associated files are damaged"):
        read_model_file(path)


def test_a_packed_file_that_lies_about_its_size_gives_no_more_than_it_announces(tmp_path: Path) -> None:
    path = write_tiny_model(tmp_path / "m.tflite")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("big.txt", bytes(50_000_000))
    content = path.read_bytes()
    assert content.count(struct.pack("<I", 50_000_000)) == 2
    path.write_bytes(content.replace(struct.pack("<I", 50_000_000), struct.pack("<I", 1000)))
    tracemalloc.start()
    try:
        with pytest.raises(ModelFileError, match="associated files are damaged: Bad CRC-32"):
            read_associated_files(path)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_a_packed_file_that_can_only_be_unpacked_whole_is_refused(tmp_path: Path) -> None:
    path = write_tiny_model(tmp_path / "m.tflite")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("labels.txt", "a")
    with pytest.raises(ModelFileError, match=r"its file 'labels.txt' is neither stored nor deflated"):
        read_associated_files(path)
