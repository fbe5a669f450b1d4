"""The feature cache: it gives what was computed, for the very contents, weights and preprocessing it was made for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from image_folders import write_image_folder

from edge_runtime.contracts.command import DISTRIBUTION
from edge_runtime.contracts.dataset import read_image_folder
from edge_runtime.contracts.preprocessing import PreprocessSpec
from trainer.features import Features, cache_folder, extract_features

pytestmark = pytest.mark.tensorflow

Extract = Callable[..., tuple[Features, bool]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_image_folder(tmp_path / "data", {"apple": 3, "grass": 2})


@pytest.fixture
def extract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Extract:
    """Extracts with a cache of the test's own; gives the features and whether they were taken from the cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    caplog.set_level("INFO", logger=DISTRIBUTION)

    def call(folder: Path, factor: float = 1.0, size: int = 8, *, cached: bool = True) -> tuple[Features, bool]:
        caplog.clear()
        spec = PreprocessSpec(size, size)
        features = extract_features(_mean_of_channels(factor), read_image_folder(folder), spec, cached=cached)
        return features, "taken from" in caplog.text

    return call


def _mean_of_channels(factor: float) -> Any:
    """A model whose features can be worked out by hand: each channel's mean times ``factor``."""
    import keras

    scale = keras.layers.Dense(3, use_bias=False)
    model = keras.Sequential([keras.Input((None, None, 3)), keras.layers.GlobalAveragePooling2D(), scale], name="mean")
    model.set_weights([np.eye(3, dtype=np.float32) * factor])
    return model


def test_features_are_those_of_the_preprocessed_images(folder: Path, extract: Extract) -> None:
    features, _ = extract(folder, factor=2.0)
    assert features.indices == [0, 1, 2, 3, 4]
    for rows, color in ((slice(0, 3), (200, 40, 40)), (slice(3, 5), (40, 200, 40))):
        wanted = 2 * (np.array(color) / 127.5 - 1)
        np.testing.assert_allclose(features.values[rows].mean(axis=0), wanted, atol=0.15)


def test_the_second_call_takes_them_from_the_cache(folder: Path, extract: Extract) -> None:
    first, first_taken = extract(folder)
    second, second_taken = extract(folder)
    assert (first_taken, second_taken) == (False, True)
    assert second.indices == first.indices
    np.testing.assert_array_equal(second.values, first.values)


def test_a_copy_elsewhere_under_other_names_is_known_by_its_content(folder: Path, extract: Extract) -> None:
    first, _ = extract(folder)
    (folder / "apple").rename(folder / "ananas")
    second, taken = extract(folder.rename(folder.with_name("elsewhere")))
    assert taken
    np.testing.assert_array_equal(second.values, first.values)


@pytest.mark.parametrize("change", ["weights", "preprocessing", "content"])
def test_what_decides_the_features_decides_whether_the_cache_fits(folder: Path, extract: Extract, change: str) -> None:
    extract(folder)
    if change == "content":
        (folder / "apple" / "00.png").write_bytes((folder / "grass" / "00.png").read_bytes())
    _, taken = extract(folder, factor=1.5 if change == "weights" else 1.0, size=9 if change == "preprocessing" else 8)
    assert not taken
    assert len(list(cache_folder().iterdir())) == 2


def test_without_the_cache_nothing_is_read_or_kept(folder: Path, extract: Extract) -> None:
    extract(folder, cached=False)
    assert not cache_folder().exists()
    extract(folder)
    assert not extract(folder, cached=False)[1]


@pytest.mark.parametrize("damage", ["cut", "bit", "text", "empty"])
def test_a_damaged_file_is_computed_again_and_mended(
    folder: Path, extract: Extract, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    first, _ = extract(folder)
    (path,) = cache_folder().iterdir()
    whole = path.read_bytes()
    middle = whole.index(first.values.tobytes())
    flipped = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
    path.write_bytes({"cut": whole[: len(whole) // 2], "bit": flipped, "text": b"a text", "empty": b""}[damage])
    second, taken = extract(folder)
    assert not taken
    assert f"{path}: damaged, so the features are computed again" in caplog.text
    np.testing.assert_array_equal(second.values, first.values)
    assert extract(folder)[1]


def test_an_unreadable_image_has_no_features_fresh_or_cached(folder: Path, extract: Extract) -> None:
    (folder / "apple" / "01.png").write_text("I am a text")
    for taken in (False, True):
        features, was_taken = extract(folder)
        assert was_taken == taken
        assert features.indices == [0, 2, 3, 4]
        assert features.values.shape == (4, 3)


def test_a_full_disk_costs_the_cache_not_the_features(
    folder: Path, extract: Extract, small_disk: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(small_disk))
    with suppress(OSError):  # it fills the disk to the last byte
        (small_disk / "ballast").write_bytes(b"x" * (200 << 10))
    features, _ = extract(folder)
    assert features.values.shape == (5, 3)
    assert "features are not kept for the next run" in caplog.text
    assert "No space left on device" in caplog.text
    assert [path.name for path in small_disk.rglob("*") if path.is_file()] == ["ballast"]
