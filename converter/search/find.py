"""Makes and measures what was asked for, one recipe or the ladder, and chooses what is delivered."""

from __future__ import annotations

from dataclasses import dataclass

from converter.candidate import Candidate, Judged
from converter.config import ConvertConfig
from converter.errors import ConversionError, NotApplicableError, TargetError
from converter.quantize import FLOAT32, INT8, MIXED, Variant
from converter.results import LayerError, Step, SweepPoint
from converter.search.ladder import Ladder
from converter.search.sweep import sweep_calibration
from converter.search.workbench import Workbench
from converter.timer import PhaseTimer
from edge_runtime.contracts.errors import EdgeDeployError


@dataclass(frozen=True, eq=False)
class Found:
    """What a search found.

    Attributes:
        float32: the unquantised file.
        candidates: what may be delivered, in the order of trying.
        steps: of the ladder.
        layers: of the layer search.
        sweep: over calibration images.
        failure: why there are no candidates; None where there are.
    """

    float32: Candidate
    candidates: tuple[Candidate, ...]
    steps: tuple[Step, ...]
    layers: tuple[LayerError, ...]
    sweep: tuple[SweepPoint, ...]
    failure: EdgeDeployError | None = None


def find_candidates(config: ConvertConfig, bench: Workbench, timer: PhaseTimer) -> Found:
    """Tries what ``config`` asks for on ``bench``.

    A recipe that fails, the one that was asked for too, is no error here: it is a step, or the failure that was found.

    Raises:
        ConversionError: not even the unquantised file can be made or run.
        ImageError: an image cannot be decoded.
    """
    with timer.phase("recipes"):
        float32, failure = _make_plain(config, bench)
    with timer.phase("ladder"):
        ladder = _climb(config, bench, float32)
    others = [judged for judged in bench.tried[1:] if config.where.takes(judged.recipe.name)]
    takes_float32 = (config.is_auto or config.recipe is FLOAT32) and config.where.takes(FLOAT32.name)
    with timer.phase("sweep"):
        sweep = sweep_calibration(bench) if config.calibration_sweep and failure is None else ()
    with timer.phase("latencies"):
        finished = bench.finish([float32, *others])
    candidates = tuple(finished if takes_float32 else finished[1:])
    if not candidates and failure is None:
        first = ladder.steps[0]
        failure = TargetError(f"no file could be made that target {config.target} takes: {first.rung}: {first.outcome}")
    return Found(finished[0], candidates, tuple(ladder.steps), ladder.layers, sweep, failure)


def _make_plain(config: ConvertConfig, bench: Workbench) -> tuple[Judged, EdgeDeployError | None]:
    """Makes float32 and the one recipe that was asked for, and measures them together; what failed of the latter."""
    packages, failure = [bench.make(Variant(FLOAT32, FLOAT32.edges()))], None
    try:
        packages += [bench.make(variant) for variant in _one_recipe(config)]
    except (ConversionError, NotApplicableError) as error:
        failure = error
    bench.tried += bench.measure(packages)
    return bench.tried[0], failure


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
