"""The ladder of ``--quantize auto``: plain recipes, then repairs of int8, then 16-bit activations.

Repairs end with the first file that passes the gate and computes in 8 bits faster than float32, or, where size counts,
with any 8-bit file that passes. Every rung is recorded, also why one was passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from converter.candidate import Judged
from converter.config import Preference
from converter.errors import ConversionError, NotApplicableError, library_failures
from converter.judge import Latency
from converter.quantize import DYNAMIC, FLOAT16, INT8, INT8_WEIGHTS, INT16X8, MIXED, REPAIRS, Variant
from converter.results import LayerError, Step
from converter.search.choose import is_slower
from converter.search.layers import LayerRanking, rank_layers
from converter.search.workbench import Workbench
from edge_runtime.console.command import logger

_LAYER_COUNTS = (1, 2, 3, 5, 8)
_PLAIN = (INT8, DYNAMIC, INT8_WEIGHTS, FLOAT16)


class Ladder:
    """One climb.

    Attributes:
        steps: each rung, and what came of it.
        layers: what the layer search found; empty where it was not needed.
    """

    def __init__(self, bench: Workbench, float32: Judged, prefer: Preference) -> None:
        """Starts at the bottom.

        Args:
            bench: makes and measures files.
            float32: the unquantised file.
            prefer: what counts first.
        """
        self.steps: list[Step] = []
        self.layers: tuple[LayerError, ...] = ()
        self._bench = bench
        self._float32 = float32
        self._prefer = prefer
        self._latencies: dict[Judged, Latency] = {}

    def climb(self) -> None:
        """Tries rung by rung; what was made is in ``bench.tried``.

        Raises:
            ImageError: an image cannot be decoded.
        """
        int8 = self._try_plain()
        if int8 is not None and not int8.gate.passed:
            with self._failures_recorded("repair"):
                self._repair(int8)
        if any(judged.gate.passed and judged.recipe.weights == "int8" for judged in self._bench.tried):
            self._skip("int16x8", "not needed: a file with 8-bit weights passed, and this one would be slower")
        else:
            self._try("int16x8", Variant(INT16X8, INT16X8.edges()))

    def mix(self, int8: Variant) -> None:
        """The recipe "mixed": int8, and where the gate refuses that, with as few layers in float32 as it needs."""
        for judged in self._try("int8", int8):
            if not judged.gate.passed:
                self._search_layers(judged)

    def _search_layers(self, base: Judged) -> None:
        """Leaves the fewest layers of ``base`` in float32 that the gate needs."""
        rankings = list[LayerRanking]()
        with self._failures_recorded("mixed"), library_failures("the layers cannot be ranked"):
            rankings.append(rank_layers(self._bench, base.package.variant))
        for ranking in rankings:
            self._mix(base, ranking)

    def _mix(self, base: Judged, ranking: LayerRanking) -> None:
        self.layers = ranking.layers
        if not ranking.order:
            self._skip("mixed", "no layer alone brings the scores closer to the float model's")
        counts = sorted({min(count, len(ranking.order)) for count in _LAYER_COUNTS} - {0})
        for count in counts:
            variant = replace(base.package.variant, recipe=MIXED, float_layers=ranking.order[:count])
            made = self._try("mixed", variant)
            if any(judged.gate.passed for judged in made):
                return

    def _try_plain(self) -> Judged | None:
        made = []
        for recipe in _PLAIN:
            made += self._try(recipe.name, Variant(recipe, recipe.edges()))
        return next((judged for judged in made if judged.recipe is INT8), None)

    def _repair(self, int8: Judged) -> None:
        """Other weights before quantizing, then layers left in float32; each only where int8 can win at all."""
        if self._stands_well():
            self._skip("repair", "not needed: a file with 8-bit weights passed")
            return
        if self._prefer == "latency" and is_slower(self._latency(int8)):
            ratio = self._latency(int8).ratio
            self._skip("repair", f"int8 takes {ratio:.2f} times as long as float32 here; repaired it would, too")
            return
        for repair in REPAIRS:
            variant = repair.of(int8.package.variant)
            self._try(variant.name, variant)
            if self._stands_well():
                self._skip("mixed", "not needed: a file without float layers passed")
                return
        self._search_layers(int8)  # a corrected bias would be wrong where the weights stay as they are

    def _stands_well(self) -> bool:
        passed = [judged for judged in self._bench.tried if judged.gate.passed]
        if self._prefer == "size":
            return any(judged.recipe.weights == "int8" for judged in passed)
        integer = [judged for judged in passed if judged.recipe.activations == "int8"]
        return any(not is_slower(self._latency(judged)) for judged in integer)

    def _latency(self, judged: Judged) -> Latency:
        if judged not in self._latencies:
            self._latencies[judged] = self._bench.latencies_of([self._float32.package, judged.package])[1]
        return self._latencies[judged]

    def _try(self, rung: str, variant: Variant) -> list[Judged]:
        made: list[Judged] = []
        with self._failures_recorded(rung):
            made = self._bench.try_all([variant])
        for judged in made:
            outcome = "; ".join(judged.broken_limits) or "passed"
            logger.info("%s: %s", judged.name, outcome)
            self.steps.append(Step(rung, outcome, (judged.name,)))
        return made

    @contextmanager
    def _failures_recorded(self, rung: str) -> Iterator[None]:
        """A rung that fails is a row of the report, never the end of the run."""
        try:
            yield
        except (ConversionError, NotApplicableError) as error:
            logger.debug("%s:", rung, exc_info=error)
            self._skip(rung, str(error))

    def _skip(self, rung: str, reason: str) -> None:
        logger.info("%s: %s", rung, reason)
        self.steps.append(Step(rung, reason))
