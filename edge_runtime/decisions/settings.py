"""What a user says about decisions over time, checked."""

from __future__ import annotations

import math
from dataclasses import dataclass

from edge_runtime.contracts.errors import ContractError
from edge_runtime.decisions.detection import HysteresisDetector
from edge_runtime.decisions.smoothing import ExponentialSmoother, MeanSmoother, Smoother

SMOOTH_FORMS = "none, mean:FRAMES, ema:ALPHA or hysteresis:HIGH,LOW"


@dataclass(frozen=True, slots=True)
class DecisionSettings:
    """How results become decisions.

    Attributes:
        smooth: of SMOOTH_FORMS; at most one of mean and ema, and one hysteresis, which then stands in for thresholds.
        min_duration: seconds that a label must be shown before it counts as there, and not before it does no longer.
        events: whether ``entered`` and ``left`` are told.
        max_gap: after so many seconds without a frame everything begins anew: what was there has left, and earlier
            scores no longer count.

    Raises:
        ContractError: a value is impossible, or two do not go together.
    """

    smooth: tuple[str, ...] = ()
    min_duration: float = 0.0
    events: bool = False
    max_gap: float = 10.0

    def __post_init__(self) -> None:
        for text in self.smooth:
            check_smooth(text)
        kinds = [_kind(text) for text in self.smooth if text != "none"]
        if len(kinds) != len(set(kinds)) or (kinds and "none" in self.smooth):
            said = " and ".join(self.smooth)
            raise ContractError(f"smooth {said}: one mean or ema, and one hysteresis, go together at the most")
        if not 0.0 <= self.min_duration < math.inf:
            raise ContractError(f"min_duration {self.min_duration} is not a number of seconds from 0 on")
        if not self.max_gap > 0.0:
            raise ContractError(f"max_gap {self.max_gap} is not above 0")

    @property
    def uses_presence(self) -> bool:
        """Whether a result's categories are the labels that count as there, and not just the best ones."""
        return self.min_duration > 0 or any(text.startswith("hysteresis:") for text in self.smooth)

    @property
    def changes_nothing(self) -> bool:
        """Whether results can stay as the classifier made them."""
        return not (self.uses_presence or self.events or any(text != "none" for text in self.smooth))

    def make_smoother(self) -> Smoother | None:
        """The smoother that was asked for, if any."""
        for kind, number in (text.split(":") for text in self.smooth if text != "none"):
            if kind == "mean":
                return MeanSmoother(int(number))
            if kind == "ema":
                return ExponentialSmoother(float(number))
        return None

    def make_hysteresis(self) -> HysteresisDetector | None:
        """The hysteresis that was asked for, if any."""
        for text in self.smooth:
            if text.startswith("hysteresis:"):
                return HysteresisDetector(*map(float, text.removeprefix("hysteresis:").split(",")))
        return None


def check_smooth(text: str) -> str:
    """Returns ``text`` if it is one of SMOOTH_FORMS.

    Raises:
        ContractError: it is not.
    """
    kind, _, numbers = text.partition(":")
    try:
        if kind == "mean":
            MeanSmoother(int(numbers))
        elif kind == "ema":
            ExponentialSmoother(float(numbers))
        elif kind == "hysteresis":
            HysteresisDetector(*map(float, numbers.split(",")))
        elif text != "none":
            raise ValueError(text)
    except ContractError:
        raise
    except (ValueError, TypeError) as error:
        raise ContractError(f"smooth {text!r} is not one of {SMOOTH_FORMS}") from error
    return text


def _kind(text: str) -> str:
    return "detection" if text.startswith("hysteresis:") else "scores"
