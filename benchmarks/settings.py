"""What a benchmark is asked to do; nonsense is refused when it is built."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from edge_runtime.contracts.errors import ContractError

MAX_SECONDS = 600.0
MAX_THREADS = 1024


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


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """What a user adds for models that do not say it themselves, as after ``edge-run``."""

    labels: str | None = None
    normalization: str | None = None
    resize: str | None = None


@dataclass(frozen=True, slots=True)
class RunSettings:
    """Every model on every backend with every number of threads: one row each, in that order.

    Attributes:
        pythons: backend to the Python, of another environment, that measures its rows; the others are measured by
            this one.

    Raises:
        ContractError: there is nothing to run, a number of threads is impossible, or a Python has nothing to do.
    """

    models: tuple[str, ...]
    backends: tuple[str, ...] = ("litert",)
    threads: tuple[int, ...] = (1,)
    options: ModelOptions = field(default_factory=ModelOptions)
    harness: HarnessSettings = field(default_factory=HarnessSettings)
    pythons: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("models", "backends", "threads"):
            values = getattr(self, name)
            if not values:
                raise ContractError(f"{name}: there are none")
            if len(set(values)) != len(values):
                raise ContractError(f"{name}: one stands twice in {', '.join(map(str, values))}")
        if not all(1 <= count <= MAX_THREADS for count in self.threads):
            raise ContractError(f"threads {', '.join(map(str, self.threads))}: each lies within 1..{MAX_THREADS}")
        for backend in self.pythons:
            if backend not in self.backends:
                raise ContractError(f"python {backend}={self.pythons[backend]}: {backend} is not among the backends")
