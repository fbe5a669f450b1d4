"""The TFLite metadata, byte for byte, and as the runtime reads it back."""

import hashlib
import io
import zipfile
from pathlib import Path

import pytest
from tiny_model import write_tiny_model

from converter.tflite.metadata_read import read_metadata
from converter.tflite.metadata_write import (
    LABELS_NAME,
    ModelCard,
    append_files,
    build_metadata,
    calibration_file,
    label_file,
)
from converter.tflite.packing import pack_model
from edge_runtime.contracts.preprocessing import PreprocessSpec
from edge_runtime.model.file import read_associated_files, read_model_file, weights_sha256
from edge_runtime.model.flatbuffer import FlatTable

GOLDEN = Path(__file__).with_name("classifier_metadata.bin")
GOLDEN_ONE_THRESHOLD = Path(__file__).with_name("one_threshold_metadata.bin")
GOLDEN_THRESHOLDS = Path(__file__).with_name("thresholds_metadata.bin")
CARD = ModelCard("flowers", "Classifies images into 3 classes.", "1.2", "A. Gardener", "Apache-2.0")
SPEC = PreprocessSpec(6, 8, mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375))
LABELS = ("rose", "tulip", "Gänseblümchen")


def test_bytes_are_those_of_the_golden_file() -> None:
    assert build_metadata(CARD, SPEC) == GOLDEN.read_bytes()


@pytest.mark.parametrize(
    ("thresholds", "golden"), [((0.4,) * 3, GOLDEN_ONE_THRESHOLD), ((0.4, 0.5, 0.25), GOLDEN_THRESHOLDS)]
)
def test_bytes_with_thresholds_are_those_of_the_golden_files(thresholds: tuple[float, ...], golden: Path) -> None:
    assert build_metadata(CARD, SPEC, thresholds) == golden.read_bytes()


def test_thresholds_stand_where_the_schema_says() -> None:
    found = read_metadata(GOLDEN_THRESHOLDS.read_bytes(), "golden").outputs[0]
    assert found.score_threshold == pytest.approx(0.25)
    assert found.files == {"labels.txt": "labels", "score_calibration.txt": "score calibration"}
    assert calibration_file((0.4, 0.5, 0.25)) == "1,1,0,0.4\n1,1,0,0.5\n1,1,0,0.25"
    one = read_metadata(GOLDEN_ONE_THRESHOLD.read_bytes(), "golden").outputs[0]
    assert one.score_threshold == pytest.approx(0.4)
    assert one.files == {"labels.txt": "labels"}
    assert calibration_file((0.4,) * 3) is None


def test_texts_stand_where_the_schema_says() -> None:
    table = FlatTable.root(GOLDEN.read_bytes(), b"M001", "golden")
    texts = [table.text(slot) for slot in (0, 1, 2, 4, 5, 7)]
    assert texts == ["flowers", "Classifies images into 3 classes.", "1.2", "A. Gardener", "Apache-2.0", "1.0.0"]
    assert [file.text(0) for file in table.tables(6)] == ["edge_manifest.json"]
    bare = FlatTable.root(build_metadata(ModelCard("n", "d"), SPEC), b"M001", "bare")
    assert [bare.text(slot) for slot in (2, 4, 5)] == ["", "", ""]


@pytest.mark.parametrize(("color", "code"), [("RGB", 1), ("GRAY", 2), ("BGR", 0)])
def test_the_image_tensor_says_its_color_space(color: str, code: int) -> None:
    metadata = build_metadata(CARD, PreprocessSpec(6, 8, color=color))
    (image,) = FlatTable.root(metadata, b"M001", "metadata").tables(3)[0].tables(2)
    content = image.table(3)
    assert content.number(0, "B") == 2  # ImageProperties
    assert content.table(1).number(0, "b") == code


def test_the_runtime_reads_labels_and_normalisation_back(tmp_path: Path) -> None:
    model = write_tiny_model(tmp_path / "bare.tflite").read_bytes()
    packed = pack_model(model, build_metadata(CARD, SPEC))
    path = tmp_path / "model.tflite"
    path.write_bytes(append_files(packed, {LABELS_NAME: label_file(LABELS), "notes.txt": "ä"}))
    file = read_model_file(path)
    assert file.labels == LABELS
    mean, std = file.normalization
    assert mean == pytest.approx(SPEC.mean)
    assert std == pytest.approx(SPEC.std)
    assert read_associated_files(path)["notes.txt"] == "ä".encode()
    assert weights_sha256(path) == hashlib.sha256(packed).hexdigest()


def test_the_same_files_give_the_same_bytes_and_unpack_readable() -> None:
    files = {"a.txt": "1", "b.txt": "2"}
    whole = append_files(b"model", files)
    assert whole == append_files(b"model", files)
    assert whole.startswith(b"model")
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        assert archive.testzip() is None
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o644}
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
