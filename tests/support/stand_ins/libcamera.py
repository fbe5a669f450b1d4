"""Stands for what of libcamera's Python module our code names."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


@dataclass(frozen=True)
class Transform:
    hflip: int = 0
    vflip: int = 0


class ColorSpace:
    @staticmethod
    def Smpte170m() -> str:  # noqa: N802 - libcamera's name
        return "SMPTE170M"


class controls:  # noqa: N801 - a module there
    class AfModeEnum(IntEnum):
        Manual = 0
        Auto = 1
        Continuous = 2
