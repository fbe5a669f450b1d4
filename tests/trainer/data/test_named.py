"""Data sets by name and folders of IDX files: found, unpacked once, and what is wrong with them named."""

from __future__ import annotations

import gzip
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from array_files import grey_images, idx_bytes, write_cifar10, write_idx_folder, write_mnist_npz
from PIL import Image

from edge_runtime.contracts.errors import EdgeDeployError
from edge_runtime.preprocess import read_image
from trainer.data.formats import named
from trainer.data.source import DataSource, open_data
from trainer.errors import DataError


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keras's and Debian's folders, both empty, and a cache of the test's own."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(named, "DEBIAN_FOLDER", tmp_path / "debian")
    return tmp_path


def _counts(source: DataSource) -> dict[str | None, int]:
    return {part: source.parts.count(part) for part in source.parts}


@pytest.mark.parametrize("gzipped", [True, False])
def test_a_folder_of_idx_files_keeps_its_parts_pixels_and_labels(tmp_path: Path, gzipped: bool) -> None:
    folder = write_idx_folder(tmp_path / "digits", {"train": 9, "t10k": 6}, gzipped=gzipped)
    source = open_data(str(folder))
    assert source.published
    assert source.images.classes == ("0", "1", "2")
    assert _counts(source) == {"train": 9, "test": 6}
    pixels, labels = grey_images(6, 3, seed=1)
    for name, own, path in zip(
        source.images.names, source.images.labels, map(source.images.path, range(15)), strict=True
    ):
        if name.startswith("test/"):
            number = int(Path(name).stem)
            assert own == (labels[number],)
            np.testing.assert_array_equal(read_image(path)[..., 1], pixels[number])


def test_it_is_unpacked_once_and_again_when_a_file_changed(tmp_path: Path) -> None:
    folder = write_idx_folder(tmp_path / "digits", {"train": 9})
    first = open_data(str(folder)).images.root
    marker = first / "train" / "0" / "000000.png"
    before = marker.stat().st_mtime_ns
    assert open_data(str(folder)).images.root == first
    assert marker.stat().st_mtime_ns == before
    pixels, _ = grey_images(9, 3, seed=5)
    (folder / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx_bytes(pixels)))
    assert open_data(str(folder)).images.root != first


def test_several_runs_may_unpack_at_the_same_time(tmp_path: Path) -> None:
    folder = write_idx_folder(tmp_path / "digits", {"train": 60})
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(len(open_data(str(folder)).images))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [60] * 4
    (only,) = (tmp_path / "cache" / "edge-deploy-kit" / "datasets").iterdir()
    assert only.name.startswith("digits-")


@pytest.mark.parametrize(
    "place", ["keras/datasets/fashion-mnist", "debian/fashion-mnist", "mine", "mine/fashion-mnist"]
)
def test_a_named_set_is_found_where_it_may_lie(tmp_path: Path, place: str) -> None:
    write_idx_folder(tmp_path / place, {"train": 20, "t10k": 10}, classes=10)
    source = open_data("fashion-mnist", str(tmp_path / "mine") if place.startswith("mine") else "")
    assert source.published
    assert "ankle-boot" in source.images.classes
    assert _counts(source) == {"train": 20, "test": 10}
    boots = {name for name, labels in zip(source.images.names, source.images.labels, strict=True) if labels == (0,)}
    assert boots == {"train/ankle-boot/000009.png", "train/ankle-boot/000019.png", "test/ankle-boot/000009.png"}


def test_mnist_is_read_from_what_keras_keeps(tmp_path: Path) -> None:
    write_mnist_npz(tmp_path / "keras" / "datasets" / "mnist.npz", {"train": 30, "test": 10})
    source = open_data("mnist")
    assert source.images.classes == tuple("0123456789")
    assert _counts(source) == {"train": 30, "test": 10}


def test_cifar10_is_read_from_its_binary_version(tmp_path: Path) -> None:
    first = write_cifar10(tmp_path / "cifar-10-binary.tar.gz", images_a_file=10)
    source = open_data("cifar10", str(tmp_path))
    assert _counts(source) == {"train": 50, "test": 10}
    assert source.images.classes[0] == "airplane"
    np.testing.assert_array_equal(read_image(source.images.root / "train" / "airplane" / "000000.png"), first)


def test_a_set_that_is_not_in_the_named_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=rf"{tmp_path}: holds no cifar10; expected cifar-10-binary\.tar\.gz in it"):
        open_data("cifar10", str(tmp_path))


@pytest.mark.tensorflow
def test_a_set_that_cannot_be_downloaded_says_what_goes_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(named.NAMED, "mnist", replace(named.NAMED["mnist"], address="http://127.0.0.1:9"))
    with pytest.raises(DataError, match=r"mnist\.npz could not be downloaded.*name it after --data-dir"):
        open_data("mnist")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def _replace(path: Path, array: np.ndarray) -> None:
    path.write_bytes(gzip.compress(idx_bytes(array)))


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (
            lambda folder: (folder / "train-labels-idx1-ubyte.gz").unlink(),
            r"its labels are missing; expected train-lab",
        ),
        (lambda folder: _cut(folder / "train-images-idx3-ubyte.gz"), r"train-images-idx3-ubyte\.gz: cannot read"),
        (
            lambda folder: _replace(folder / "train-labels-idx1-ubyte.gz", np.zeros(5, np.uint8)),
            r"9 images but 5 labels",
        ),
        (
            lambda folder: _replace(folder / "train-images-idx3-ubyte.gz", np.zeros((9, 5), np.uint8)),
            r"an array of 2 dimensions",
        ),
        (
            lambda folder: [path.rename(path.with_name("what" + path.name[5:])) for path in folder.iterdir()],
            r"which part is it",
        ),
    ],
)
def test_damaged_idx_folders_are_refused_and_leave_nothing(tmp_path: Path, fault: object, message: str) -> None:
    folder = write_idx_folder(tmp_path / "digits", {"train": 9})
    fault(folder)  # type: ignore[operator]
    with pytest.raises(EdgeDeployError, match=message):
        open_data(str(folder))
    assert not list((tmp_path / "cache").rglob("*.png"))


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    (tmp_path / "cifar-10-binary.tar.gz").write_bytes(b"no archive")
    with pytest.raises(DataError, match=r"cifar-10-binary\.tar\.gz: no binary version of CIFAR-10, or damaged"):
        open_data("cifar10", str(tmp_path))
    np.savez(tmp_path / "mnist.npz", x_train=np.zeros(3))
    with pytest.raises(DataError, match=r"mnist\.npz: no mnist\.npz, or damaged"):
        open_data("mnist", str(tmp_path))


def test_a_folder_with_the_name_of_a_set_is_pointed_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write_mnist_npz(tmp_path / "keras" / "datasets" / "mnist.npz", {"train": 10, "test": 10})
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mnist").mkdir()
    open_data("mnist")
    assert "for the file or folder write ./mnist" in caplog.text


def test_a_single_png_is_no_data(tmp_path: Path) -> None:
    Image.new("L", (3, 3)).save(tmp_path / "x.png")
    with pytest.raises(EdgeDeployError, match=r"x\.png: no CSV file in UTF-8"):
        open_data(str(tmp_path / "x.png"))
