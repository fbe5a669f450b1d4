"""Augmentation: by how much training images are varied, from a preset's name or a TOML file."""

from __future__ import annotations

import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal, get_args

from edge_runtime.contracts.codec import decode
from edge_runtime.contracts.errors import ContractError
from trainer.errors import ConfigError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Flip = Literal["none", "horizontal", "vertical", "both"]
_MAX_FILE_BYTES = 1 << 16
_HALF_TURN = 180.0


@dataclass(frozen=True)
class Augmentation:
    """By how much an image may be varied; 0 and "none" leave a step out.

    Attributes:
        flip: mirrored at random: "horizontal", "vertical", "both" or "none".
        shift: up or down and sideways, as a share of the sides.
        rotation: to either side, in degrees.
        zoom: in or out, as a share of the size.
        brightness: lighter or darker, as a share of the full range.
        contrast: more or less, as a share.
        saturation: more or less colourful, as a share; not for grey images.
        hue: of the colours, as a share of half the colour circle; not for grey images.
        erase: the probability that a rectangle is covered with noise.

    Raises:
        ContractError: a value is out of its range.
    """

    flip: Flip = "none"
    shift: float = 0.0
    rotation: float = 0.0
    zoom: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    hue: float = 0.0
    erase: float = 0.0

    def __post_init__(self) -> None:
        if self.flip not in get_args(Flip):
            raise ContractError(f"flip {self.flip!r} is not one of {', '.join(get_args(Flip))}")
        for field in fields(self)[1:]:
            limit = _HALF_TURN if field.name == "rotation" else 1.0
            if not 0 <= getattr(self, field.name) <= limit:
                raise ContractError(f"{field.name} {getattr(self, field.name)} is not within 0..{limit:g}")

    @property
    def is_none(self) -> bool:
        """Whether images stay as they are."""
        return self == Augmentation()


PRESETS = {
    "none": Augmentation(),
    "light": Augmentation(flip="horizontal", shift=0.05, brightness=0.1),
    "strong": Augmentation(
        flip="horizontal", shift=0.1, rotation=15, zoom=0.2, brightness=0.2, contrast=0.2, saturation=0.2, hue=0.03,
        erase=0.5,
    ),
}  # fmt: skip


def read_augmentation(text: str) -> Augmentation:
    """Returns what a user may mean by ``--augment``: a preset, or the path of a TOML file with the fields above.

    Raises:
        ConfigError: the file is missing or no TOML, a key is unknown, or a value is impossible; the message names it.
    """
    if text in PRESETS:
        return PRESETS[text]
    path = Path(text)
    if not path.is_file():
        raise ConfigError(f"augment {text!r} is not one of {', '.join(PRESETS)}, and there is no such TOML file")
    try:
        content = path.read_bytes()
        if len(content) > _MAX_FILE_BYTES:
            raise ConfigError(f"{path}: {len(content)} bytes are no augmentation settings")
        return decode(Augmentation, tomllib.loads(content.decode()), str(path))
    except ConfigError:
        raise
    except ContractError as error:
        raise ConfigError(str(error)) from error
    except (OSError, ValueError) as error:  # a ValueError is what tomllib raises
        raise ConfigError(f"{path}: no TOML file: {error}") from error
