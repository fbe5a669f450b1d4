"""The ladder of ``--quantize auto``: rungs, tried one after the other while no file stands well.

A file stands well where it keeps the limits on the images that choose, and, where latency counts, computes in 8 bits
no slower than float32; where size counts, 8-bit weights are enough. Every rung is recorded, also why one was passed
over. What the rungs are is in :mod:`converter.search.rungs`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from converter.candidate import Judged
from converter.config import ConvertConfig
from converter.errors import ConversionError, NotApplicableError
from converter.judge import Latency
from converter.quantize import FLOAT32, INT8, Variant
from converter.quantize.package import Package
from converter.results import LayerError, Step
from converter.search.choose import is_slower
from converter.search.workbench import Workbench
from edge_runtime.console.command import logger


class Rung(Protocol):
    """One way to make a file.

    Attributes:
        name: as in the report.
    """

    @property
    def name(self) -> str:
        """As in the report."""

    def passed_over(self, ladder: Ladder) -> str:
        """Why it is not worth trying, or cannot be tried; empty where it is tried."""

    def climb(self, ladder: Ladder) -> None:
        """Makes a file or several, each by :meth:`Ladder.offer` or :meth:`Ladder.try_variant`.

        Raises:
            ConversionError: none can be made; it becomes a row of the report.
            NotApplicableError: the architecture does not allow it; likewise.
        """


class Ladder:
    """One climb: what was made so far, and what the rungs need.

    Attributes:
        bench: makes and measures files; all that was made is in ``bench.tried``.
        config: what was asked for.
        steps: each rung, and what came of it.
        layers: what the layer search found; empty where it was not needed.
    """

    def __init__(self, bench: Workbench, float32: Judged, config: ConvertConfig) -> None:
        """Starts at the bottom.

        Args:
            bench: makes and measures files.
            float32: the unquantised file.
            config: what was asked for.
        """
        self.bench = bench
        self.config = config
        self.steps: list[Step] = []
        self.layers: tuple[LayerError, ...] = ()
        self._float32 = float32

    def climb(self, rungs: Sequence[Rung]) -> None:
        """Tries rung by rung.

        Raises:
            ImageError: an image cannot be decoded.
        """
        for rung in rungs:
            reason = rung.passed_over(self)
            if reason:
                logger.debug("%s: %s", rung.name, reason)
                self.steps.append(Step(rung.name, reason))
                continue
            with self.failures_recorded(rung.name):
                rung.climb(self)

    @property
    def int8(self) -> Judged | None:
        """The plain int8 file; None where it could not be made."""
        return next((judged for judged in self.bench.tried if judged.name == INT8.name), None)

    @property
    def best_int8(self) -> Judged | None:
        """The file that computes in 8 bits throughout with the most answers of the float model; None without one."""
        made = [judged for judged in self.bench.tried if judged.recipe is INT8]
        return max(made, key=lambda judged: judged.gate.agreement or 0.0, default=None)

    @property
    def passed(self) -> list[Judged]:
        """The quantized files that keep the limits."""
        return [judged for judged in self.bench.tried if judged.gate.passed and judged.recipe is not FLOAT32]

    def standing(self) -> Judged | None:
        """A file that stands well; None where there is none yet, so that more rungs are worth it."""
        if self.config.prefer == "size":
            return next((judged for judged in self.passed if judged.recipe.weights == "int8"), None)
        integer = [judged for judged in self.passed if judged.recipe.activations == "int8"]
        return next((judged for judged in integer if not self.is_slow(judged)), None)

    def not_needed(self) -> str:
        """Why more is not tried, where a file stands well; empty where none does, or all rungs were asked for."""
        found = None if self.config.all_rungs else self.standing()
        if found is None:
            return ""
        speed_counts = self.config.prefer == "latency" and self._speed_counts
        quick = " and is not noticeably slower than float32" if speed_counts else ""
        return f"not needed: {found.name} keeps the limits{quick}"

    def is_slow(self, judged: Judged) -> bool:
        """Whether a file is slower than float32, where float32 could run at all."""
        return self._speed_counts and is_slower(self.latency(judged))

    def latency(self, judged: Judged) -> Latency:
        """How long a file takes, and by what float32 takes."""
        return self.bench.latencies_of([self._float32.package, judged.package])[1]

    def try_variant(self, rung: str, variant: Variant) -> Judged | None:
        """Makes a file and measures it; None where that failed, which is recorded."""
        made: list[Judged] = []
        with self.failures_recorded(rung):
            made.append(self.offer(rung, self.bench.make(variant)))
        return made[0] if made else None

    def offer(self, rung: str, package: Package) -> Judged:
        """Measures a file that a rung made, and records what came of it.

        Raises:
            ConversionError: the interpreter does not take it.
        """
        judged = self.bench.measure(package)
        self.bench.tried.append(judged)
        outcome = "; ".join(judged.broken_limits) or "passed"
        logger.info("%s: %s", judged.name, outcome)
        self.steps.append(Step(rung, outcome, (judged.name,)))
        return judged

    def skip(self, rung: str, reason: str) -> None:
        """Says and records why a rung made nothing."""
        logger.info("%s: %s", rung, reason)
        self.steps.append(Step(rung, reason))

    @contextmanager
    def failures_recorded(self, rung: str) -> Iterator[None]:
        """A rung that fails is a row of the report, never the end of the run."""
        try:
            yield
        except (ConversionError, NotApplicableError) as error:
            logger.debug("%s:", rung, exc_info=error)
            self.skip(rung, str(error))

    @property
    def _speed_counts(self) -> bool:
        return self.config.prefer == "latency" and self.config.where.takes(FLOAT32.name)
