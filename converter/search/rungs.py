"""The rungs of the ladder, in the order of trying. A new one is a small class and an entry of ``RUNGS``."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from converter.candidate import Judged
from converter.errors import NotApplicableError, library_failures
from converter.quantize import DYNAMIC, FLOAT16, INT8, INT8_WEIGHTS, INT16X8, MIXED, Recipe, Variant
from converter.search.ladder import Ladder, Rung
from converter.search.layers import rank_layers
from edge_runtime.console.command import logger

_LAYER_COUNTS = (1, 2, 3, 5, 8)


@dataclass(frozen=True)
class Plain:
    """A recipe as it is."""

    recipe: Recipe

    @property
    def name(self) -> str:
        """See :class:`Rung`."""
        return self.recipe.name

    def passed_over(self, ladder: Ladder) -> str:
        """See :class:`Rung`."""
        return ladder.not_needed()

    def climb(self, ladder: Ladder) -> None:
        """See :class:`Rung`.

        Raises:
            NotApplicableError: the user asked for input or output types that it does not have.
        """
        config, recipe = ladder.config, self.recipe
        if lacking := config.edge_it_lacks(recipe):
            raise NotApplicableError(f"it has not what {lacking} asks for")
        ladder.try_variant(self.name, Variant(recipe, recipe.edges(config.input_type, config.output_type)))


class SixteenBits(Plain):
    """16-bit activations: accurate, and slow in most interpreters."""

    def passed_over(self, ladder: Ladder) -> str:
        """See :class:`Rung`."""
        if not ladder.config.all_rungs and any(judged.recipe.weights == "int8" for judged in ladder.passed):
            return "not needed: a file with 8-bit weights passed, and this one would be slower"
        return ladder.not_needed()


class _FromInt8:
    """A rung that makes a better file of what plain int8 is."""

    def passed_over(self, ladder: Ladder) -> str:
        """See :class:`Rung`."""
        return self._cannot_help(ladder) or ladder.not_needed()

    def _cannot_help(self, ladder: Ladder) -> str:
        int8 = ladder.int8
        if int8 is None:
            return "there is no int8 file to begin with"
        if not ladder.config.all_rungs and ladder.is_slow(int8):
            ratio = ladder.latency(int8).ratio
            return f"int8 takes {ratio:.2f} times as long as float32 on {ladder.bench.measured_on}; so would this"
        return ""


@dataclass(frozen=True)
class Repair(_FromInt8):
    """int8 with fields of its variant changed: what is done beside quantizing, and how ranges are chosen.

    Attributes:
        changes: fields of :class:`Variant`, to what they become.
    """

    changes: dict[str, Any] = field(hash=False)

    @property
    def name(self) -> str:
        """See :class:`Rung`."""
        return replace(Variant(INT8, INT8.edges()), **self.changes).name

    def passed_over(self, ladder: Ladder) -> str:
        """See :class:`Rung`. Where plain int8 loses too much, each is tried: repairs cost neither size nor time.

        The first that keeps the limits may just do so on these images; the best of them does so on more.
        """
        assured = ladder.int8 is not None and ladder.int8.gate.passed
        return self._cannot_help(ladder) or (ladder.not_needed() if assured else "")

    def climb(self, ladder: Ladder) -> None:
        """See :class:`Rung`."""
        assert ladder.int8 is not None
        ladder.try_variant(self.name, replace(ladder.int8.package.variant, **self.changes))


class Distillation(_FromInt8):
    """int8 with integers that are chosen again, so that its answers come closer to the float model's."""

    name = "int8 distilled"

    def passed_over(self, ladder: Ladder) -> str:
        """See :class:`Rung`."""
        if not ladder.config.distill_minutes:
            return "left out, as --distill-minutes 0 asks"
        return super().passed_over(ladder)

    def climb(self, ladder: Ladder) -> None:
        """See :class:`Rung`."""
        assert ladder.best_int8 is not None
        variant, bench = ladder.best_int8.package.variant, ladder.bench
        try:
            package = bench.make_distilled(replace(variant, prepared=("equalized",)))
        except NotApplicableError as error:
            logger.debug("equalized and distilled: %s", error)
            package = bench.make_distilled(replace(variant, prepared=()))  # biases are chosen anew
        ladder.offer(self.name, package)


class MixedLayers(_FromInt8):
    """The fewest layers that the limits need stay float32.

    They are ranked in plain int8; in each file that is tried, the biases of the others are corrected.
    """

    name = MIXED.name

    def climb(self, ladder: Ladder) -> None:
        """See :class:`Rung`."""
        assert ladder.int8 is not None
        leave_layers_in_float(ladder, ladder.int8)


def leave_layers_in_float(ladder: Ladder, base: Judged) -> None:
    """Tries ``base`` with more and more layers in float32, until the limits are kept.

    Raises:
        ConversionError: the layers cannot be ranked.
        NotApplicableError: what makes ``base`` cannot leave layers in float32.
    """
    with library_failures("the layers cannot be ranked"):
        ranking = rank_layers(ladder.bench, base.package.variant)
    ladder.layers = ranking.layers
    if not ranking.order:
        ladder.skip(MIXED.name, "no layer alone brings the scores closer to the float model's")
    for count in sorted({min(count, len(ranking.order)) for count in _LAYER_COUNTS} - {0}):
        kept = ranking.order[:count]
        variant = replace(base.package.variant, recipe=MIXED, prepared=("bias-corrected",), float_layers=kept)
        judged = ladder.try_variant(MIXED.name, variant)
        if judged is not None and judged.gate.passed:
            return


RUNGS: tuple[Rung, ...] = (
    Plain(INT8),
    Repair({"prepared": ("bias-corrected",)}),
    Repair({"prepared": ("bias-corrected",), "ranges": "chosen"}),
    Repair({"prepared": ("equalized", "bias-corrected"), "ranges": "chosen"}),
    Distillation(),
    Plain(DYNAMIC),
    Plain(INT8_WEIGHTS),
    MixedLayers(),
    Plain(FLOAT16),
    SixteenBits(INT16X8),
)
"""int8 first, since a run that needs no more should cost no more; what costs least before what costs more."""
