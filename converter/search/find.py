"""Makes and measures what was asked for, one recipe or the ladder, and chooses what is delivered."""

from __future__ import annotations

from dataclasses import dataclass

from converter.candidate import Candidate, Judged
from converter.config import ConvertConfig
from converter.errors import TargetError
from converter.judge import Disagreement
from converter.quantize import FLOAT32, INT8, MIXED, Variant
from converter.results import LayerError, Step, SweepPoint
from converter.search.choose import choose
from converter.search.ladder import Ladder
from converter.search.sweep import sweep_calibration
from converter.search.workbench import Workbench
from converter.timer import PhaseTimer


@dataclass(frozen=True, eq=False)
class Found:
    """What a search found.

    Attributes:
        float32: the unquantised file.
        candidates: what may be delivered, in the order of trying.
        chosen: one of them; None where none keeps the limits.
        why: why that one.
        steps: of the ladder.
        layers: of the layer search.
        sweep: over calibration images.
        disagreements: with the float model, the worst of the chosen file, or of the last tried.
    """

    float32: Candidate
    candidates: tuple[Candidate, ...]
    chosen: Candidate | None
    why: str
    steps: tuple[Step, ...]
    layers: tuple[LayerError, ...]
    sweep: tuple[SweepPoint, ...]
    disagreements: tuple[Disagreement, ...]


def find_candidates(config: ConvertConfig, bench: Workbench, timer: PhaseTimer) -> Found:
    """Tries what ``config`` asks for on ``bench``.

    Raises:
        ConversionError: a converter refuses the one recipe that was asked for.
        TargetError: no file could be made that the target takes.
        ImageError: an image cannot be decoded.
        BackendError: the interpreter does not take a file.
    """
    with timer.phase("float model"):
        assert len(bench.reference)
    with timer.phase("recipes"):
        float32, *_ = bench.try_all([Variant(FLOAT32, FLOAT32.edges()), *_one_recipe(config)])
    with timer.phase("ladder"):
        ladder = _climb(config, bench, float32)
    others = [judged for judged in bench.tried[1:] if config.where.takes(judged.recipe.name)]
    takes_float32 = (config.is_auto or config.recipe is FLOAT32) and config.where.takes(FLOAT32.name)
    if not others and not takes_float32:
        raise TargetError(
            f"target {config.target}: no file could be made of the recipes it takes; see what was tried above"
        )
    with timer.phase("sweep"):
        sweep = sweep_calibration(bench) if config.calibration_sweep else ()
    with timer.phase("latencies"):
        finished = bench.finish([float32, *others])
    candidates = tuple(finished if takes_float32 else finished[1:])
    chosen, why = _choose(config, candidates)
    return Found(
        float32=finished[0],
        candidates=candidates,
        chosen=chosen,
        why=why,
        steps=tuple(ladder.steps),
        layers=ladder.layers,
        sweep=sweep,
        disagreements=bench.disagreements_of(chosen or candidates[-1]),
    )


def _one_recipe(config: ConvertConfig) -> list[Variant]:
    """The recipe that was asked for; none where it is float32, which is always made, or takes the ladder."""
    if config.is_auto or config.recipe in (FLOAT32, MIXED):
        return []
    return [Variant(config.recipe, config.edges)]


def _climb(config: ConvertConfig, bench: Workbench, float32: Judged) -> Ladder:
    """The ladder, climbed as far as was asked for."""
    ladder = Ladder(bench, float32, config.prefer)
    if config.is_auto:
        ladder.climb()
    elif config.recipe is MIXED:
        ladder.mix(Variant(INT8, config.edges))
    return ladder


def _choose(config: ConvertConfig, candidates: tuple[Candidate, ...]) -> tuple[Candidate | None, str]:
    if config.is_auto:
        return choose(candidates, config.prefer)
    last = candidates[-1]
    return (last, "it was asked for, and keeps the limits") if last.gate.passed else (None, "it breaks a limit")
