"""The split, over folders of every shape: whole, disjoint, by class, the same for the same seed."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_runtime.contracts.dataset import PARTS, LabelledImages, find_duplicates
from trainer.data.source import DataSource
from trainer.data.split import Split, split_images
from trainer.errors import DataError

CONTENTS = st.lists(st.integers(0, 30), min_size=1, max_size=30)
"""What stands in the files of one class; equal numbers are equal files."""
SHARES = st.tuples(st.integers(1, 98), st.integers(1, 98)).filter(lambda pair: sum(pair) < 100)


def _write(root: Path, classes: list[list[int]], parts: list[str | None]) -> DataSource:
    names, labels = [], []
    for label, contents in enumerate(classes):
        for number, content in enumerate(contents):
            name = f"{label}-{number}.png"
            (root / name).write_text(f"{label} {content}")
            names.append(name)
            labels.append((label,))
    images = LabelledImages(root, tuple(f"c{label}" for label in range(len(classes))), tuple(names), tuple(labels))
    same = tuple(tuple(group) for group in find_duplicates(images))
    return DataSource(images, tuple(parts or [None] * len(names)), same=same)


def _contents(source: DataSource, split: Split) -> dict[str, set[str]]:
    return {part: {source.images.digests[index] for index in indices} for part, indices in split.items()}


@settings(max_examples=60)
@given(st.lists(CONTENTS, min_size=1, max_size=4), SHARES, st.integers(0, 2**32 - 1))
def test_every_split_is_whole_disjoint_and_by_class(
    classes: list[list[int]], val_test: tuple[int, int], seed: int
) -> None:
    shares = (100 - sum(val_test), *val_test)
    with tempfile.TemporaryDirectory() as folder:
        source = _write(Path(folder), classes, [])
        smallest = min(len(set(contents)) for contents in classes)
        try:
            split = split_images(source, shares, seed)
        except DataError:
            # Refused only where a share, rounded, leaves nothing of some class to train on.
            rounded = [
                sum(max(1, round(len(set(contents)) * share / 100)) for share in val_test) for contents in classes
            ]
            assert any(taken >= len(set(contents)) for taken, contents in zip(rounded, classes, strict=True))
            return
        assert smallest >= len(PARTS)
        assert sorted(index for part in PARTS for index in split[part]) == list(range(len(source.images)))
        contents = _contents(source, split)
        assert not (contents["train"] & contents["val"] | contents["train"] & contents["test"])
        assert not contents["val"] & contents["test"]
        for part, share in zip(PARTS[1:], val_test, strict=True):
            for label, of_class in enumerate(classes):
                different = len({source.images.digests[i] for i in split[part] if source.images.labels[i] == (label,)})
                wanted = len(set(of_class)) * share / 100
                assert different >= 1
                assert abs(different - wanted) <= 0.5 or (different == 1 and wanted < 1)
        assert split_images(source, shares, seed) == split


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(PARTS)), min_size=20, max_size=60), st.integers(0, 1000))
def test_ready_made_parts_stay_and_what_is_missing_is_cut_from_train(items: list[tuple[int, str]], seed: int) -> None:
    classes = [[number for number, (label, _) in enumerate(items) if label == wanted] for wanted in range(3)]
    parts = [part for wanted in range(3) for label, part in items if label == wanted]
    with tempfile.TemporaryDirectory() as folder:
        source = _write(Path(folder), classes, parts)
        try:
            split = split_images(source, (80, 10, 10), seed)
        except DataError:
            return
        for part in PARTS[1:]:
            prescribed = [index for index, own in enumerate(parts) if own == part]
            if prescribed:
                assert split[part] == prescribed
            else:
                assert all(parts[index] == "train" for index in split[part])
        assert sum(map(len, split.values())) == len(parts)


def test_another_seed_is_another_split(tmp_path: Path) -> None:
    source = _write(tmp_path, [list(range(50))] * 2, [])
    splits = {str(split_images(source, (80, 10, 10), seed)) for seed in range(10)}
    assert len(splits) == 10


def test_a_class_too_small_to_split_is_named(tmp_path: Path) -> None:
    source = _write(tmp_path, [list(range(10)), [1, 1, 2, 2]], [])
    with pytest.raises(DataError, match=r"class 'c1' has 2 different images; at least 3 are needed"):
        split_images(source, (80, 10, 10), 0)
