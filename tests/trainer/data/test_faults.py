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
from trainer.data.leaks.screen import screen
from trainer.data.source import open_data
from trainer.data.split import split_images

FAST = ["--backbone", "small-cnn", "--image-size", "12", "--color", "rgb", "--epochs", "1", "--no-feature-cache"]


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


def _ready_made(root: Path) -> Path:
    for seed, part in enumerate(("train", "val", "test")):
        write_image_folder(root / part, {"cat": 4, "dog": 4}, first_seed=10 * seed)
    return root


@pytest.mark.parametrize(("first", "second"), [("train", "test"), ("train", "val"), ("val", "test")])
def test_an_image_in_two_ready_made_parts_is_a_leak_and_moved_to_one(
    tmp_path: Path, first: str, second: str, caplog: pytest.LogCaptureFixture
) -> None:
    data = _ready_made(tmp_path / "data")
    shutil.copy(data / first / "dog" / "02.png", data / second / "dog" / "copy.png")
    source = screen(open_data(str(data)))
    assert (
        f"{data}/{first}/dog/02.png and {data}/{second}/dog/copy.png are the same file, a leak: "
        f"all of the 2 are now in {second}"
    ) in caplog.text
    split = split_images(source, (80, 10, 10), 0)
    names = {part: {source.images.names[index] for index in indices} for part, indices in split.items()}
    assert {f"{first}/dog/02.png", f"{second}/dog/copy.png"} <= names[second]
    assert sum(map(len, names.values())) == 25


def _photo(seed: int) -> Image.Image:
    """A picture with large shapes and fine texture, as photos have."""
    generator = np.random.default_rng(seed)
    coarse = Image.fromarray(generator.integers(0, 255, (6, 8, 3)).astype(np.uint8)).resize((320, 240))
    noise = generator.integers(-20, 20, (240, 320, 3))
    return Image.fromarray(np.clip(np.asarray(coarse) + noise, 0, 255).astype(np.uint8))


NEAR = {
    "recompressed": lambda photo, path: photo.save(path, quality=60),
    "half the size": lambda photo, path: photo.resize((160, 120)).save(path, quality=95),
    "brighter": lambda photo, path: photo.point(lambda value: min(255, value + 12)).save(path, quality=95),
    "other format": lambda photo, path: photo.save(path, "PNG"),
    "turned by EXIF": lambda photo, path: _save_turned(photo, path),
}


def _save_turned(photo: Image.Image, path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # Orientation: to be turned by 90 degrees clockwise
    photo.transpose(Image.Transpose.ROTATE_90).save(path, quality=95, exif=exif)


@pytest.mark.parametrize("change", NEAR)
def test_a_near_duplicate_in_two_parts_is_a_leak(tmp_path: Path, change: str, caplog: pytest.LogCaptureFixture) -> None:
    for number, part in enumerate(("train", "train", "train", "test", "test")):
        (tmp_path / part / "cat").mkdir(parents=True, exist_ok=True)
        (tmp_path / part / "dog").mkdir(parents=True, exist_ok=True)
        _photo(number).save(tmp_path / part / "cat" / f"{number}.jpg", quality=95)
        _photo(number + 10).save(tmp_path / part / "dog" / f"{number}.jpg", quality=95)
    NEAR[change](_photo(1), tmp_path / "test" / "cat" / "near.jpg")
    source = screen(open_data(str(tmp_path)))
    assert [{source.images.names[index] for index in group} for group in source.same] == [
        {"train/cat/1.jpg", "test/cat/near.jpg"}
    ]
    assert (
        f"{tmp_path}/train/cat/1.jpg and {tmp_path}/test/cat/near.jpg are nearly the same picture, a leak: "
        "all of the 2 are now in test"
    ) in caplog.text


def test_near_duplicates_with_different_labels_are_named_and_kept_together(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for label, name in enumerate(("cat", "dog")):
        (tmp_path / name).mkdir()
        for number in range(4):
            _photo(10 * label + number).save(tmp_path / name / f"{number}.jpg", quality=95)
    _photo(2).save(tmp_path / "dog" / "near.jpg", quality=70)
    source = screen(open_data(str(tmp_path)))
    assert "nearly the same picture, but labelled cat and dog; they are kept in one part" in caplog.text
    split = split_images(source, (50, 25, 25), 1)
    for indices in split.values():
        assert len({source.images.names[index] for index in indices} & {"cat/2.jpg", "dog/near.jpg"}) in (0, 2)


def test_the_sample_has_no_near_duplicates_by_mistake(caplog: pytest.LogCaptureFixture) -> None:
    assert screen(open_data("sample")).same == ()
    assert caplog.text == ""


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
        pair = f"{folder}/cat/{number:02d}.png and {folder}/cat/copy-{number}.png are the same file; they are kept in"
        assert pair in err
    assert "copy-5" not in err
    assert "1 more groups of images that show the same are kept in one part" in err


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
