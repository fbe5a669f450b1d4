"""training.json: small enough for the largest data, and strict about numbers."""

import json
from pathlib import Path

import pytest

from edge_runtime.contracts.codec import MAX_JSON_BYTES
from edge_runtime.contracts.dataset import MAX_IMAGES
from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.preprocessing import PreprocessSpec
from edge_runtime.contracts.training import TRAINING_NAME, DataRecord, LabelledName, TrainingRecord


def record(train_images: int) -> TrainingRecord:
    names = tuple(LabelledName(f"train/n01440764/n01440764_{i:08d}.JPEG", (999,)) for i in range(train_images))
    return TrainingRecord(
        created_utc="2026-01-01T00:00:00+00:00",
        task="single-label",
        classes=("cat", "dog"),
        activation="none",
        preprocessing=PreprocessSpec(8, 8),
        data=DataRecord("/data", "f" * 64, {"train": names, "val": (), "test": ()}),
        config={},
        history={},
        metrics={},
        seconds={"head": 1.5},
        versions={},
    )


def test_the_record_of_as_many_images_as_are_read_can_be_read_back() -> None:
    few, many = (len(record(count).to_json()) for count in (0, 1000))
    assert few + MAX_IMAGES * (many - few) / 1000 < MAX_JSON_BYTES


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    written = record(3)
    (tmp_path / TRAINING_NAME).write_text(written.to_json(), "utf-8")
    assert TrainingRecord.load(tmp_path) == written


def test_an_integer_too_large_for_a_float_is_named(tmp_path: Path) -> None:
    content = json.loads(record(1).to_json())
    content["seconds"]["head"] = 10**400
    (tmp_path / TRAINING_NAME).write_text(json.dumps(content), "utf-8")
    with pytest.raises(ContractError, match=r"training\.json: seconds: head: an integer .* is too large"):
        TrainingRecord.load(tmp_path)
