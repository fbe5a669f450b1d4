"""What a benchmark is asked to do; nonsense is refused when it is built."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from edge_runtime.contracts.errors import ContractError
from edge_runtime.model import UserSays

MAX_SECONDS = 600.0
MAX_THREADS = 1024
MAX_BATCH = 64
MAX_ROUNDS = 100
MIN_FPS, MAX_FPS = 0.1, 1000.0

Scenario = Literal["single-stream", "offline", "camera"]
"""After MLPerf: one frame after the other; as many frames as possible, in batches; frames that arrive at a rate."""


@dataclass(frozen=True, slots=True)
class HarnessSettings:
    """How long and how often one thing is measured.

    Attributes:
        min_seconds: measured for at least this long.
        min_count: measured at least this often.
        warm_up: calls before the first measured one.
        max_seconds: given up after this long; what has not met both minimums by then is INVALID.

    Raises:
        ContractError: a value is impossible, or ``max_seconds`` leaves no room for ``min_seconds``.
    """

    min_seconds: float = 5.0
    min_count: int = 200
    warm_up: int = 20
    max_seconds: float = 60.0

    def __post_init__(self) -> None:
        for name in ("min_seconds", "max_seconds"):
            if not (math.isfinite(getattr(self, name)) and 0.0 < getattr(self, name) <= MAX_SECONDS):
                raise ContractError(f"{name} {getattr(self, name)} is not within (0, {MAX_SECONDS:g}]")
        if self.max_seconds < self.min_seconds:
            raise ContractError(f"max_seconds {self.max_seconds} is less than min_seconds {self.min_seconds}")
        if self.min_count < 2:
            raise ContractError(f"min_count {self.min_count} is less than 2; one sample has no spread")
        if self.warm_up < 0:
            raise ContractError(f"warm_up {self.warm_up} is less than 0")

    def share(self, rounds: int) -> HarnessSettings:
        """What one of ``rounds`` rounds is asked to do, so that all together meet these minimums."""
        return replace(
            self,
            min_seconds=self.min_seconds / rounds,
            max_seconds=self.max_seconds / rounds,
            min_count=max(2, math.ceil(self.min_count / rounds)),
        )


@dataclass(frozen=True, slots=True)
class RunSettings:
    """Every model on every backend with every number of threads and every batch: one row each, in that order.

    Attributes:
        batches: frames a call; rows of more than one are of the offline scenario, whatever ``scenario`` says.
        scenario: of the rows of batch 1.
        fps: at which frames arrive in the camera scenario.
        rounds: every row is measured so often, for a share of the time, in random order, each time in a new process.
        images: a folder of photos on which answers are compared with the reference's; None for synthetic frames.
        reference: the float model, .tflite or .keras; None for each model itself on the first backend installed.
        min_same_top1: the share of images whose best class must be the reference's.
        pythons: backend to the Python, of another environment, that measures its rows; the others are measured by
            this one.

    Raises:
        ContractError: there is nothing to run, a number of threads is impossible, or a Python has nothing to do.
    """

    models: tuple[str, ...]
    backends: tuple[str, ...] = ("litert",)
    threads: tuple[int, ...] = (1,)
    batches: tuple[int, ...] = (1,)
    scenario: Scenario = "single-stream"
    fps: float = 30.0
    rounds: int = 10
    images: str | None = None
    reference: str | None = None
    min_same_top1: float = 0.9
    options: UserSays = field(default_factory=UserSays)
    harness: HarnessSettings = field(default_factory=HarnessSettings)
    pythons: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("models", "backends", "threads", "batches"):
            values = getattr(self, name)
            if not values:
                raise ContractError(f"{name}: there are none")
            if len(set(values)) != len(values):
                raise ContractError(f"{name}: one stands twice in {', '.join(map(str, values))}")
        if not all(1 <= count <= MAX_THREADS for count in self.threads):
            raise ContractError(f"threads {', '.join(map(str, self.threads))}: each lies within 1..{MAX_THREADS}")
        if not all(1 <= batch <= MAX_BATCH for batch in self.batches):
            raise ContractError(f"batch {', '.join(map(str, self.batches))}: each lies within 1..{MAX_BATCH}")
        self._check_scenario()
        for backend in self.pythons:
            if backend not in self.backends:
                raise ContractError(f"python {backend}={self.pythons[backend]}: {backend} is not among the backends")

    def _check_scenario(self) -> None:
        if self.scenario not in get_args(Scenario):
            raise ContractError(f"scenario {self.scenario!r} is not one of {', '.join(get_args(Scenario))}")
        if self.scenario == "camera" and self.batches != (1,):
            raise ContractError("batch: in the camera scenario frames are taken one by one, so it can only be 1")
        if not MIN_FPS <= self.fps <= MAX_FPS:
            raise ContractError(f"fps {self.fps} is not within {MIN_FPS:g}..{MAX_FPS:g}")
        if not 1 <= self.rounds <= MAX_ROUNDS:
            raise ContractError(f"rounds {self.rounds} is not within 1..{MAX_ROUNDS}")
        if not 0.0 <= self.min_same_top1 <= 1.0:
            raise ContractError(f"min_same_top1 {self.min_same_top1} is not within 0..1")
