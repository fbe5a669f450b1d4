"""What the firmware of a Raspberry Pi says of under-voltage, capped frequency and throttling."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass

_SECONDS = 5
# Bits of ``vcgencmd get_throttled``: what is so now, and 16 higher what has been since the start.
UNDER_VOLTAGE = "under-voltage"
_BITS = {0: UNDER_VOLTAGE, 1: "frequency capped", 2: "throttled", 3: "soft temperature limit"}
_SINCE_BOOT = 16


@dataclass(frozen=True, slots=True)
class Throttling:
    """What holds the processor back.

    Attributes:
        now: what is so now.
        since_start: what has been so since the start.
        unknown: why the machine does not tell; empty where it does.
    """

    now: tuple[str, ...] = ()
    since_start: tuple[str, ...] = ()
    unknown: str = ""

    def __str__(self) -> str:
        parts = (("now", self.now), ("since the start", self.since_start))
        found = [f"{when}: {', '.join(names)}" for when, names in parts if names]
        return self.unknown or "; ".join(found) or "none since the start"


def read_throttling() -> Throttling:
    """Asks ``vcgencmd``, where it is installed."""
    command = shutil.which("vcgencmd")
    if command is None:
        return Throttling(unknown="the machine does not tell: there is no vcgencmd")
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command found on the PATH
            [command, "get_throttled"], stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Throttling(unknown=f"vcgencmd does not answer: {' '.join(str(error).split())}")
    answer = re.search(rb"throttled=0x([0-9a-fA-F]+)", done.stdout)
    if answer is None:
        said = " ".join((done.stderr or done.stdout).decode("utf-8", "replace").split())
        return Throttling(unknown=f"vcgencmd does not answer: {said or 'it says nothing'}")
    bits = int(answer[1], 16)
    return Throttling(_names(bits), _names(bits >> _SINCE_BOOT))


def _names(bits: int) -> tuple[str, ...]:
    return tuple(name for bit, name in _BITS.items() if bits >> bit & 1)
