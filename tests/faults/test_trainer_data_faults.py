"""Data that cannot be trained on honestly: each fault one clear line that names the file."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from image_folders import write_image_folder
from PIL import Image

from edge_runtime.contracts.training import TrainingRecord
from trainer.cli import main

FAST = ["--weights", "none", "--image-size", "32", "--epochs", "1", "--no-feature-cache"]


def _write_cut_jpeg(path: Path) -> None:
    pixels = np.random.default_rng(7).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(path, "JPEG")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_image_folder(tmp_path / "data", {"cat": 6, "dog": 6})


def _remove(name: str) -> Callable[[Path], object]:
    return lambda folder: shutil.rmtree(folder / name)


def _copy(source: str, target: str) -> Callable[[Path], object]:
    return lambda folder: shutil.copy(folder / source, folder / target)


def _empty_class(folder: Path) -> None:
    (folder / "emu").mkdir()


def _two_images(folder: Path) -> None:
    for path in sorted((folder / "dog").iterdir())[2:]:
        path.unlink()


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (_remove("."), "data: no such folder or CSV file"),
        (lambda folder: [shutil.rmtree(entry) for entry in folder.iterdir()], "data: no class folders in it"),
        (_remove("dog"), "data: only one class, 'cat'"),
        (_empty_class, "data: class 'emu' has no image"),
        (_two_images, "class 'dog' has 2 different images; at least 3 are needed for train, val, test"),
        (
            _copy("cat/01.png", "dog/wrong.png"),
            "cat/01.png and {data}/dog/wrong.png are the same file with different labels",
        ),
    ],
)
def test_it_is_refused_before_anything_is_computed(
    folder: Path, fault: Callable[[Path], object], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    fault(folder)
    run = folder.parent / "run"
    assert main([str(folder), "--out", str(run), *FAST]) == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1, err
    assert err.startswith("edge-train: ")
    assert message.format(data=folder) in err
    assert not run.exists()


@pytest.mark.parametrize("name", [b"cat/caf\xe9.png", b"cat/caf\xe9/0.png"])
def test_a_file_name_that_is_not_utf8_is_refused_before_anything_is_computed(
    folder: Path, name: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    path = folder / os.fsdecode(name)
    path.parent.mkdir(exist_ok=True)
    shutil.copy(folder / "cat" / "00.png", path)
    run = folder.parent / "run"
    assert main([str(folder), "--out", str(run), *FAST]) == 1
    (line,) = capfd.readouterr().err.splitlines()
    assert line == f"edge-train: {name!r}: this file name is not UTF-8; rename it"
    assert not run.exists()


def test_a_data_folder_whose_name_is_not_utf8_is_refused(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    moved = folder.rename(folder.parent / os.fsdecode(b"donn\xe9es"))
    assert main([str(moved), "--out", str(moved.parent / "run"), *FAST]) == 1
    (line,) = capfd.readouterr().err.splitlines()
    assert "donn\\xe9es': this file name is not UTF-8; rename it" in line


@pytest.mark.parametrize(("first", "second"), [("train", "test"), ("train", "val"), ("val", "test")])
def test_an_image_in_two_ready_made_parts_is_refused_as_a_leak(
    tmp_path: Path, first: str, second: str, capfd: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    for seed, part in enumerate(("train", "val", "test")):
        write_image_folder(data / part, {"cat": 4, "dog": 4}, first_seed=10 * seed)
    shutil.copy(data / first / "dog" / "02.png", data / second / "dog" / "copy.png")
    assert main([str(data), "--out", str(tmp_path / "run"), *FAST]) == 1
    (line,) = capfd.readouterr().err.splitlines()
    assert f"{data}/{first}/dog/02.png and {data}/{second}/dog/copy.png are the same file in two parts" in line


@pytest.mark.tensorflow
def test_copies_within_a_class_are_reported_by_name_and_kept_in_one_part(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for number in range(6):
        shutil.copy(folder / "cat" / f"{number:02d}.png", folder / "cat" / f"copy-{number}.png")
    assert main([str(folder), "--out", str(folder.parent / "run"), *FAST]) == 0
    err = capfd.readouterr().err
    record = TrainingRecord.load(folder.parent / "run")
    digests = [set(record.part(part).digests) for part in ("train", "val", "test")]
    assert sum(map(len, digests)) == len(set.union(*digests)) == 12
    assert sum(len(record.part(part)) for part in ("train", "val", "test")) == 18
    for number in range(5):
        pair = f"{folder}/cat/{number:02d}.png and {folder}/cat/copy-{number}.png are the same file; both are in "
        assert pair in err
    assert "copy-5" not in err
    assert "1 more files are there twice" in err


@pytest.mark.tensorflow
def test_a_few_unreadable_images_are_named_and_left_out(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    whole = (folder / "dog" / "00.png").read_bytes()
    (folder / "dog" / "truncated.png").write_bytes(whole[: len(whole) // 2])
    (folder / "dog" / "text.jpg").write_text("I am a text")
    (folder / "cat" / "zero.jpg").write_bytes(b"")
    _write_cut_jpeg(folder / "cat" / "cut.jpg")
    assert main([str(folder), "--out", str(folder.parent / "run"), *FAST]) == 0
    err = capfd.readouterr().err
    assert f"skipped: {folder}/dog/truncated.png: cannot decode" in err
    assert f"skipped: {folder}/dog/text.jpg: cannot decode" in err
    assert f"skipped: {folder}/cat/cut.jpg: cannot decode" in err
    assert f"skipped: {folder}/cat/zero.jpg: the file is empty" in err
    record = TrainingRecord.load(folder.parent / "run")
    names = {name for part in ("train", "val", "test") for name in record.part(part).names}
    assert names == {f"{name}/{number:02d}.png" for name in ("cat", "dog") for number in range(6)}


@pytest.mark.tensorflow
def test_many_unreadable_images_are_fatal(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for number in range(6):
        (folder / "dog" / f"text-{number}.jpg").write_text(f"I am text {number}")
    run = folder.parent / "run"
    assert main([str(folder), "--out", str(run), *FAST]) == 1
    last = capfd.readouterr().err.splitlines()[-1]
    assert f"{folder}: 6 of 18 images cannot be decoded, too many to skip; the first is {folder}/dog/text-0.jpg" in last
    assert not run.exists()


@pytest.mark.tensorflow
def test_a_class_that_unreadable_images_leave_too_small_is_named(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for number in range(4):
        (folder / "dog" / f"{number:02d}.png").write_text(f"I am text {number}")
    assert main([str(folder), "--out", str(folder.parent / "run"), *FAST]) == 1
    assert "class 'dog' has 2 different images" in capfd.readouterr().err.splitlines()[-1]


@pytest.mark.tensorflow
def test_a_training_that_diverges_says_so(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run = folder.parent / "run"
    assert main([str(folder), "--out", str(run), *FAST, "--batch-size", "1", "--learning-rate", "1e38"]) == 1
    assert "the loss is no finite number any more; use a lower --learning-rate" in capfd.readouterr().err
    assert not run.exists()
