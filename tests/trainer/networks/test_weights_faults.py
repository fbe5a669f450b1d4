"""Pretrained weights that are missing, damaged or made for something else: one clear line, and what to do."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from image_folders import write_image_folder
from shared import SHARED_DATA, needs_shared_data

from trainer.cli import main
from trainer.networks.registry import BUNDLED

pytestmark = pytest.mark.tensorflow

MOBILENET_V2 = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_image_folder(tmp_path / "data", {"cat": 4, "dog": 4})


def _last_line(folder: Path, capfd: pytest.CaptureFixture[str], *arguments: str) -> str:
    run = folder.parent / "run"
    assert main([str(folder), "--out", str(run), *arguments]) == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert "Traceback" not in err
    assert not run.exists()
    return err.splitlines()[-1]


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Every download is refused at once, and Keras's own folder is empty."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setattr(urllib.request, "_opener", None)  # the proxies are read once, and kept for all that come after
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path / "keras"


@pytest.mark.parametrize(
    ("size", "published"),
    [("96", "96"), *(pytest.param(size, "224", marks=pytest.mark.slow) for size in ("224", "100"))],
)
def test_imagenet_weights_without_a_network_say_which_file_goes_where(
    folder: Path, no_network: Path, capfd: pytest.CaptureFixture[str], size: str, published: str
) -> None:
    line = _last_line(folder, capfd, "--weights", "imagenet", "--image-size", size)
    expected = f"mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_{published}_no_top.h5"
    assert f"put the file that Keras Applications publishes as {expected} at {no_network}/models/{expected}" in line


def test_a_damaged_file_where_keras_keeps_its_weights_is_named(
    folder: Path, no_network: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = no_network / "models" / MOBILENET_V2
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\x89HDF\r\n\x1a\n and no more")
    line = _last_line(folder, capfd, "--weights", "imagenet")
    assert f"{path}: does not fit this backbone" in line


def _bundled() -> dict[str, np.ndarray]:
    asset = resources.files("trainer") / "assets" / "backbone" / BUNDLED.file
    with resources.as_file(asset) as path, np.load(path) as archive:
        return dict(archive)


def _save(change: Callable[[dict[str, np.ndarray]], object]) -> Callable[[Path], object]:
    def write(path: Path) -> None:
        arrays = _bundled()
        change(arrays)
        np.savez_compressed(path, **arrays)

    return write


def _leave_out(_path: Path) -> None:
    """The file that is missing."""


def _cut(path: Path) -> None:
    np.savez_compressed(path, **_bundled())
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


_DAMAGED = "no .npz file of weights, or damaged"
_MISFITS: list[tuple[Callable[[Path], object], str]] = [
    (_leave_out, "no such weights file; expected imagenet, bundled, none, or an .h5 or .npz file"),
    (_cut, _DAMAGED),
    (_save(lambda arrays: arrays.update({"000": np.zeros((3, 3, 3, 8), "f2")})), "array 0 is float16 [3, 3, 3, 8]"),
    (_save(lambda arrays: arrays.update({"000": np.array([{}])})), _DAMAGED),
]
_MORE_MISFITS: list[tuple[Callable[[Path], object], str]] = [
    (lambda path: path.write_bytes(b""), _DAMAGED),
    (lambda path: path.write_text("I am a text"), _DAMAGED),
    (_save(lambda arrays: arrays.pop("259")), "holds 259 arrays where this backbone has 260"),
    (_save(lambda arrays: arrays.update({"007": np.full(16, np.nan, "f2")})), "that are no finite numbers"),
    (_save(lambda arrays: arrays.update({"000": np.zeros(3_000_000, "f2")})), "unpacks to more than the"),
]


@pytest.mark.parametrize(
    ("write", "message"), [*_MISFITS, *(pytest.param(*misfit, marks=pytest.mark.slow) for misfit in _MORE_MISFITS)]
)
def test_an_npz_that_does_not_fit_is_refused_by_name(
    folder: Path, write: Callable[[Path], object], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = folder.parent / "weights.npz"
    write(path)
    line = _last_line(folder, capfd, "--weights", str(path), "--image-size", "48")
    assert str(path) in line
    assert message in line


def test_weights_of_another_kind_are_refused_by_their_suffix(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = folder.parent / "weights.pt"
    path.write_bytes(b"PK")
    assert "weights come in .h5 (Keras, without the top) or .npz files" in _last_line(
        folder, capfd, "--weights", str(path)
    )


@needs_shared_data
def test_weights_of_another_alpha_are_refused(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = SHARED_DATA / "keras_weights" / MOBILENET_V2
    line = _last_line(folder, capfd, "--weights", str(path), "--alpha", "0.5", "--image-size", "96")
    assert f"{path}: does not fit this backbone; expected weights without the top, of the same alpha" in line
