"""Images of every kind that users have train together, and none is skipped."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from shared import SHARED_DATA, needs_shared_data

from edge_runtime.contracts.training import TrainingRecord
from trainer.cli import main
from trainer.data.leaks.screen import screen
from trainer.data.source import open_data

FAST = ["--backbone", "small-cnn", "--image-size", "12", "--color", "rgb", "--epochs", "1", "--no-feature-cache"]


def _turned(picture: Image.Image, path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.save(path, exif=exif)


def _sixteen_bit(picture: Image.Image, path: Path) -> None:
    grey = np.asarray(picture.convert("L")).astype(np.uint16) * 257
    Image.fromarray(grey).save(path)


def _transparent(picture: Image.Image, path: Path) -> None:
    picture.putalpha(picture.convert("L"))
    picture.save(path)


KINDS: dict[str, Callable[[Image.Image, Path], object]] = {
    "photo.jpg": lambda picture, path: picture.save(path),
    "upper.JPEG": lambda picture, path: picture.save(path, "JPEG"),
    "plain.png": lambda picture, path: picture.save(path),
    "plain.bmp": lambda picture, path: picture.save(path),
    "palette.gif": lambda picture, path: picture.save(path),
    "modern.webp": lambda picture, path: picture.save(path),
    "turned.jpg": _turned,
    "grey.jpg": lambda picture, path: picture.convert("L").save(path),
    "transparent.png": _transparent,
    "print.jpg": lambda picture, path: picture.convert("CMYK").save(path),
    "sixteen.png": _sixteen_bit,
    "bilevel.png": lambda picture, path: picture.convert("1").save(path),
}


@pytest.mark.tensorflow
def test_every_format_trains(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "data"
    generator = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (data / name).mkdir(parents=True)
        for file, save in KINDS.items():
            pixels = generator.integers(0, 255, (6, 8, 3)).astype(np.uint8)
            save(Image.fromarray(pixels).resize((80, 60)), data / name / file)
    assert main([str(data), "--out", str(tmp_path / "run"), *FAST]) == 0
    assert "skipped" not in capfd.readouterr().err
    record = TrainingRecord.load(tmp_path / "run")
    names = {name for part in ("train", "val", "test") for name in record.part(part).names}
    assert names == {f"{name}/{file}" for name in ("cat", "dog") for file in KINDS}


@needs_shared_data
def test_of_other_peoples_odd_images_only_the_damaged_one_is_skipped(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    odd = sorted(path for path in (SHARED_DATA / "odd_images").iterdir() if path.suffix in (".jpg", ".png", ".gif"))
    for number, name in enumerate(("cat", "dog")):
        (tmp_path / name).mkdir()
        for path in odd[number::2]:
            shutil.copy(path, tmp_path / name)
    source = screen(open_data(str(tmp_path)))
    skipped = [record.message for record in caplog.records if record.message.startswith("skipped")]
    assert len(skipped) == 1
    assert "truncated" in skipped[0]
    assert len(source.images) == len(odd) - 1
