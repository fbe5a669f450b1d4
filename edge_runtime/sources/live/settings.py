"""LiveSettings: how patient capturing is, and what becomes of frames that nobody waits for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from edge_runtime.contracts.errors import ContractError
from edge_runtime.sources.options import number_option

Policy = Literal["latest", "every"]
POLICIES: tuple[str, ...] = get_args(Policy)
LIVE_OPTIONS = (number_option("stall", 0.1, 86400), number_option("open", 0.1, 86400))
"""What every live source takes: the longest wait for a further frame and for the first one, in seconds."""


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """How a live source is captured.

    Attributes:
        policy: "latest" hands out the newest frame and drops the others; "every" hands out all, and capturing waits.
            None takes "latest", on stdin "every".
        open_seconds: how long a connection may take until its first frame.
        stall_seconds: without a further frame for so long, the connection is replaced.
        first_pause: seconds before the first new attempt; each further one doubles, up to ``longest_pause``.

    Raises:
        ContractError: a value is impossible.
    """

    policy: Policy | None = None
    open_seconds: float = 15.0
    stall_seconds: float = 5.0
    first_pause: float = 0.5
    longest_pause: float = 30.0

    def __post_init__(self) -> None:
        if self.policy not in (None, *POLICIES):
            raise ContractError(f"policy {self.policy!r} is not one of {', '.join(POLICIES)}")
        for name in ("open_seconds", "stall_seconds", "first_pause"):
            if not getattr(self, name) > 0:
                raise ContractError(f"{name} {getattr(self, name)} is not above 0")
        if self.longest_pause < self.first_pause:
            raise ContractError(f"longest_pause {self.longest_pause} is less than first_pause {self.first_pause}")

    def with_options(self, options: Mapping[str, Any]) -> LiveSettings:
        """These settings with the values of ``stall`` and ``open``; an ``interval`` between pictures comes on top."""
        return replace(
            self,
            open_seconds=options.get("open", self.open_seconds),
            stall_seconds=options.get("stall", self.stall_seconds + options.get("interval", 0.0)),
        )
