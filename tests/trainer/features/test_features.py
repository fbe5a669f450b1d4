"""The feature cache: it gives what was computed, for the very contents, weights and preprocessing it was made for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from children import running
from image_folders import write_image_folder

from edge_runtime.contracts.dataset import read_image_folder
from edge_runtime.contracts.preprocessing import PreprocessSpec
from edge_runtime.contracts.version import DISTRIBUTION
from edge_runtime.errors import ImageError
from trainer.augmentation.settings import PRESETS
from trainer.features.store import FeatureStore, features_folder, trim_cache

pytestmark = pytest.mark.tensorflow

LARGE = 1 << 30


@dataclass
class Extracted:
    """Features, and how many images the network had to look at for them."""

    values: np.ndarray
    computed: int


def _extract(
    folder: Path,
    *,
    factor: float = 1.0,
    pooling: str = "Average",
    size: int = 8,
    cache_bytes: int = LARGE,
    **views: Any,
) -> Extracted:
    """Extracts features, or with ``settings`` and ``view`` those of a varied view."""
    from trainer.features.extractor import FeatureExtractor

    model = _pooled_channels(factor, pooling)
    extractor = FeatureExtractor(model, PreprocessSpec(size, size), cache_bytes=cache_bytes)
    seen: list[int] = []
    run = extractor._run
    extractor._run = lambda pixels: seen.append(len(pixels)) or run(pixels)  # type: ignore[func-returns-value]
    images = read_image_folder(folder)
    if views:
        rows = extractor.extract_views(images, views["settings"], views["view"] + 1)[-1]
    else:
        rows = extractor.extract(images)
    return Extracted(rows[np.arange(len(rows))], sum(seen))


def _pooled_channels(factor: float, pooling: str) -> Any:
    """A model whose features can be worked out by hand: each channel's mean (or maximum) times ``factor``."""
    import keras

    scale = keras.layers.Dense(3, use_bias=False)
    pool = getattr(keras.layers, f"Global{pooling}Pooling2D")()
    model = keras.Sequential([keras.Input((None, None, 3)), pool, scale], name="pooled")
    model.set_weights([np.eye(3, dtype=np.float32) * factor])
    return model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_image_folder(tmp_path / "data", {"apple": 3, "grass": 2})


@pytest.fixture(autouse=True)
def own_features(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    caplog.set_level("INFO", logger=DISTRIBUTION)


def _files() -> list[Path]:
    return sorted(features_folder().rglob("*.npy"))


def test_features_are_those_of_the_preprocessed_images(folder: Path) -> None:
    features = _extract(folder, factor=2.0)
    assert len(features.values) == 5
    for rows, color in ((slice(0, 3), (200, 40, 40)), (slice(3, 5), (40, 200, 40))):
        wanted = 2 * (np.array(color) / 127.5 - 1)
        np.testing.assert_allclose(features.values[rows].mean(axis=0), wanted, atol=0.15)


def test_the_second_run_takes_them_from_the_cache(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    first = _extract(folder)
    second = _extract(folder)
    assert (first.computed, second.computed) == (5, 0)
    np.testing.assert_array_equal(second.values, first.values)
    assert "features: 5 taken from" in caplog.text


def test_a_copy_elsewhere_under_other_names_is_known_by_its_content(folder: Path) -> None:
    first = _extract(folder)
    (folder / "apple").rename(folder / "ananas")
    second = _extract(folder.rename(folder.with_name("elsewhere")))
    assert second.computed == 0
    np.testing.assert_array_equal(second.values, first.values)


def test_a_changed_file_is_the_only_one_computed_anew(folder: Path) -> None:
    first = _extract(folder)
    other = write_image_folder(folder.parent / "other", {"apple": 1}, first_seed=77)
    (other / "apple" / "00.png").replace(folder / "apple" / "01.png")
    second = _extract(folder)
    assert second.computed == 1
    same = [0, 2, 3, 4]
    np.testing.assert_array_equal(second.values[same], first.values[same])
    assert (second.values[1] != first.values[1]).any()


@pytest.mark.parametrize(
    "change", [{"factor": 1.5}, {"pooling": "Max"}, {"size": 9}], ids=["weights", "pooling", "preprocessing"]
)
def test_another_network_or_preprocessing_has_features_of_its_own(folder: Path, change: dict[str, Any]) -> None:
    _extract(folder)
    assert _extract(folder, **change).computed == 5
    assert _extract(folder).computed == 0


def test_views_depend_on_settings_and_number_and_leave_the_plain_features_alone(folder: Path) -> None:
    plain = _extract(folder)
    first, second = (_extract(folder, settings=PRESETS["light"], view=view) for view in (0, 1))
    assert (first.computed, second.computed) == (5, 5), "the second asks for both views and computes one"
    assert (first.values != plain.values).any()
    assert (first.values != second.values).any()
    assert _extract(folder, settings=PRESETS["strong"], view=0).computed == 5
    assert _extract(folder, settings=PRESETS["light"], view=1).computed == 0
    assert _extract(folder).computed == 0


def test_a_view_of_an_image_is_the_same_whatever_stands_beside_it(folder: Path) -> None:
    together = _extract(folder, settings=PRESETS["strong"], view=0, cache_bytes=0)
    for path in sorted(folder.rglob("*.png"))[:2]:
        path.unlink()
    fewer = _extract(folder, settings=PRESETS["strong"], view=0, cache_bytes=0)
    np.testing.assert_array_equal(fewer.values, together.values[2:])


def test_equal_files_are_computed_once(folder: Path) -> None:
    (folder / "apple" / "00.png").replace(folder / "apple" / "first.png")
    (folder / "apple" / "copy.png").write_bytes((folder / "apple" / "first.png").read_bytes())
    features = _extract(folder)
    assert (features.computed, len(features.values)) == (5, 6)


def test_without_the_cache_nothing_is_read_or_kept(folder: Path) -> None:
    _extract(folder, cache_bytes=0)
    assert not features_folder().exists()
    _extract(folder)
    assert _extract(folder, cache_bytes=0).computed == 5


@pytest.mark.parametrize("damage", ["cut", "bit", "text", "empty", "pickle"])
def test_a_damaged_file_is_computed_again_and_fixed(
    folder: Path, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    first = _extract(folder)
    (path,) = _files()
    whole = path.read_bytes()
    middle = whole.index(first.values[2].tobytes())
    flipped = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
    pickled = folder / "pickled.npy"
    np.save(pickled, np.array([{}], object), allow_pickle=True)
    bad = {"cut": whole[: len(whole) // 2], "bit": flipped, "text": b"a text", "empty": b""}
    path.write_bytes(bad.get(damage, pickled.read_bytes()))
    second = _extract(folder)
    assert second.computed == 5
    assert f"{path}: damaged, so its features are computed again" in caplog.text
    np.testing.assert_array_equal(second.values, first.values)
    assert _extract(folder).computed == 0


def test_an_image_that_became_unreadable_is_named(folder: Path) -> None:
    (folder / "apple" / "01.png").write_text("I am a text")
    with pytest.raises(ImageError, match=r"apple/01\.png"):
        _extract(folder)


def test_a_full_disk_costs_the_cache_not_the_features(
    folder: Path, small_disk: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(small_disk))
    with suppress(OSError):  # it fills the disk to the last byte
        (small_disk / "ballast").write_bytes(b"x" * (200 << 10))
    features = _extract(folder)
    assert features.values.shape == (5, 3)
    assert "features are not kept for the next run" in caplog.text
    assert "No space left on device" in caplog.text
    assert [path.name for path in small_disk.rglob("*") if path.is_file()] == ["ballast"]


def _fill(store: FeatureStore, seconds_ago: int, seed: int) -> Path:
    """A file of ten rows that was used some time ago."""
    before = set(_files())
    digests = [f"{seed:02x}{number:062x}" for number in range(10)]
    store.add(digests, np.random.default_rng(seed).normal(size=(10, 3)).astype(np.float32))
    (path,) = set(_files()) - before
    then = time.time() - seconds_ago
    os.utime(path, (then, then))
    return path


def test_the_files_not_used_for_longest_go_first() -> None:
    stores = [FeatureStore(features_folder() / name, 3) for name in ("a", "b")]
    oldest = _fill(stores[0], 300, seed=1)
    middle = _fill(stores[1], 200, seed=2)
    newest = _fill(stores[1], 100, seed=3)
    stores[0].find([f"{1:02x}{0:062x}"])  # uses the oldest
    trim_cache(2 * newest.stat().st_size)
    assert _files() == sorted([oldest, newest])
    trim_cache(newest.stat().st_size)
    assert _files() == [oldest]
    assert not middle.parent.exists(), "an empty folder goes as well"


def test_rows_stay_readable_when_their_file_is_removed(folder: Path) -> None:
    store = FeatureStore(features_folder() / "a", 3)
    rows = np.arange(6, dtype=np.float32).reshape(2, 3)
    mapped = store.add(["a" * 64, "b" * 64], rows)
    trim_cache(0)
    assert _files() == []
    np.testing.assert_array_equal(mapped, rows)


def test_what_a_killed_run_left_is_swept_and_what_a_running_one_writes_is_not() -> None:
    store = FeatureStore(features_folder() / "a", 3)
    kept = _fill(store, 0, seed=1)
    left, written = kept.with_name(".left.npy"), kept.with_name(".written.npy")
    for path in (left, written):
        path.write_bytes(b"x")
    os.utime(left, (0, 0))
    trim_cache(LARGE)
    assert _files() == sorted([kept, written])


_OTHER = """
import json, sys
from pathlib import Path
folder, sys.path[:0] = Path(sys.argv[1]), json.loads(sys.argv[2])
import test_features as tests
(folder / "ready").touch()
while not (folder / "go").exists():
    pass
print(json.dumps(tests._share(folder / "data").tolist()))
"""


def _share(folder: Path) -> np.ndarray:
    for cache_bytes in (LARGE, 2000, LARGE):
        features = _extract(folder, cache_bytes=cache_bytes)
    return features.values


@pytest.mark.slow  # one process uses what an earlier run left in test_sample.py
def test_two_processes_share_the_cache(folder: Path) -> None:
    """They start together, compute the same rows, and remove each other's files: both get what one alone gets."""
    paths = json.dumps([str(Path(__file__).parent), *sys.path])
    command = [sys.executable, "-c", _OTHER, str(folder.parent), paths]
    with running(command, stdout=subprocess.PIPE, text=True) as other:
        while not (folder.parent / "ready").exists():
            assert other.poll() is None
        (folder.parent / "go").touch()
        here, (there, _) = _share(folder), other.communicate()
        assert other.returncode == 0
    alone = _extract(folder, cache_bytes=0).values
    for found in (here, json.loads(there)):
        np.testing.assert_array_equal(np.array(found, np.float32), alone)
    assert _extract(folder).computed == 0
