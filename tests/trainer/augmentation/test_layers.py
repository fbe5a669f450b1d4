"""Augmentation settings: presets, TOML files, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from trainer import TrainConfig
from trainer.augmentation.settings import PRESETS, Augmentation, read_augmentation
from trainer.errors import ConfigError


def test_a_file_sets_what_it_names_and_leaves_the_rest_off(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('flip = "both"\nrotation = 10\nshift = 0.1\n')
    assert read_augmentation(str(path)) == Augmentation(flip="both", rotation=10.0, shift=0.1)
    assert TrainConfig("photos", augment=str(path)).augment == str(path)


def test_an_empty_file_is_no_augmentation(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("")
    assert read_augmentation(str(path)).is_none
    assert PRESETS["none"].is_none
    assert not PRESETS["light"].is_none


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("flips = true", "unknown key 'flips'; known keys: flip, shift, rotation"),
        ("flip = true", "flip"),
        ('flip = "sideways"', "'sideways' is not one of none, horizontal, vertical, both"),
        ("shift = 2", "shift 2.0 is not within 0..1"),
        ("rotation = 181", "rotation 181.0 is not within 0..180"),
        ("zoom = -0.1", "zoom -0.1 is not within 0..1"),
        ("hue = nan", "hue"),
        ("erase = 1\nerase = 1", "no TOML file"),
        ("[flip]", "flip"),
        ("\xff", "no TOML file"),
        ("#" * 70_000, "are no augmentation settings"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError) as caught:
        TrainConfig("photos", augment=str(path))
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
