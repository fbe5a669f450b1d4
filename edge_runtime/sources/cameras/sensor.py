"""Which mode of a sensor is read: people train on what the whole sensor sees, so that is what a model gets.

Small modes of many sensors cover the middle of the picture only. Modes are as ``Picamera2.sensor_modes`` tells them; a
USB camera's have neither ``crop_limits`` nor ``size``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edge_runtime.console.command import logger
from edge_runtime.errors import SourceError

_USUAL_WIDTH = 640
_USUAL_SIZE = (640, 480)
_WHOLE = 0.98  # of the largest view: modes that differ by some edge pixels show the same

Mode = dict[str, Any]


def usual_size(modes: Sequence[Mode]) -> tuple[int, int]:
    """The size of pictures where nobody says one: 640 pixels wide, in the sensor's own proportions."""
    views = [mode["crop_limits"] for mode in modes if "crop_limits" in mode]
    if not views:
        return _USUAL_SIZE
    _, _, width, height = max(views, key=_area_of_view)
    return _USUAL_WIDTH, round(_USUAL_WIDTH * height / width / 2) * 2


def choose_mode(
    name: str, modes: Sequence[Mode], size: tuple[int, int], fps: float | None, asked: tuple[int, int] | None
) -> Mode | None:
    """The mode that is read; None where the camera has none to choose from.

    Args:
        name: of the source, for what is said.
        modes: of the sensor.
        size: of the pictures.
        fps: what the user wants; None for the usual rate.
        asked: the size of the mode that the user wants; None for the smallest that shows all, in time, and is no
            smaller than the pictures.

    Raises:
        SourceError: there is no such mode.
    """
    modes = [mode for mode in modes if "crop_limits" in mode]
    if asked is not None:
        found = [mode for mode in modes if tuple(mode["size"]) == asked]
        if not found:
            there = ", ".join(sorted({"x".join(map(str, mode["size"])) for mode in modes})) or "none to choose from"
            raise SourceError(f"{name}: the sensor has no mode {asked[0]}x{asked[1]}; it has {there}")
        return max(found, key=_depth)
    if not modes:
        return None
    largest = max(_area_of_view(mode["crop_limits"]) for mode in modes)
    whole = [mode for mode in modes if _area_of_view(mode["crop_limits"]) >= _WHOLE * largest]
    fast = [mode for mode in whole if fps is None or mode["fps"] >= fps]
    if not fast:
        fastest = max(whole, key=lambda mode: (mode["fps"], _depth(mode)))
        logger.warning(
            "%s: the whole sensor gives %.4g frames/s, not %g; a mode with a smaller view may: mode=WIDTHxHEIGHT",
            name, fastest["fps"], fps,
        )  # fmt: skip
        return fastest
    enough = [mode for mode in fast if mode["size"][0] >= size[0] and mode["size"][1] >= size[1]]
    if enough:
        return min(enough, key=lambda mode: (_pixels(mode), -_depth(mode)))
    return max(fast, key=lambda mode: (_pixels(mode), _depth(mode)))


def _area_of_view(crop: Sequence[int]) -> int:
    return crop[2] * crop[3]


def _depth(mode: Mode) -> int:
    return int(mode["bit_depth"])


def _pixels(mode: Mode) -> int:
    return int(mode["size"][0] * mode["size"][1])
