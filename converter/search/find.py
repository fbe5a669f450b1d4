"""Makes and measures what was asked for: one recipe, or the ladder."""

from __future__ import annotations

from dataclasses import dataclass, replace

from converter.candidate import Candidate, Judged
from converter.config import ConvertConfig
from converter.errors import ConversionError, NotApplicableError, TargetError
from converter.quantize import FLOAT32, INT8, MIXED, Variant
from converter.results import LayerError, Step, SweepPoint
from converter.search.ladder import Ladder
from converter.search.rungs import RUNGS, leave_layers_in_float
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
        measured_on: the processor or device whose latencies were compared.
        failure: why there are no candidates; None where there are.
    """

    float32: Candidate
    candidates: tuple[Candidate, ...]
    steps: tuple[Step, ...]
    layers: tuple[LayerError, ...]
    sweep: tuple[SweepPoint, ...]
    measured_on: str
    failure: EdgeDeployError | None = None

    def with_verdict(self, tested: Candidate) -> Found:
        """The same, once the test part has judged one of the candidates."""
        candidates = tuple(tested if each.package is tested.package else each for each in self.candidates)
        float32 = tested if self.float32.package is tested.package else self.float32
        return replace(self, float32=float32, candidates=candidates)


def find_candidates(config: ConvertConfig, bench: Workbench, timer: PhaseTimer) -> Found:
    """Tries what ``config`` asks for on ``bench``.

    A recipe that fails, the one that was asked for too, is no error here: it is a step, or the failure that was found.

    Raises:
        ConversionError: not even the unquantised file can be made or run.
        ImageError: an image cannot be decoded.
    """
    failure = None
    with timer.phase("float32"):
        float32 = bench.measure(bench.make(Variant(FLOAT32, FLOAT32.edges())))
        bench.tried.append(float32)
    ladder = Ladder(bench, float32, config)
    with timer.phase("ladder" if config.chooses else "recipe"):
        if config.is_auto:
            ladder.climb(RUNGS)
        elif config.recipe is MIXED:
            _mix(ladder, config)
        else:
            failure = _make_recipe(config, bench)
    others = [judged for judged in bench.tried[1:] if config.where.takes(judged.recipe.name)]
    takes_float32 = (config.is_auto and not config.edge_it_lacks(FLOAT32)) or config.quantize == FLOAT32.name
    takes_float32 = takes_float32 and config.where.takes(FLOAT32.name)
    with timer.phase("sweep"):
        sweep = sweep_calibration(bench) if config.calibration_sweep and failure is None else ()
    with timer.phase("latencies"):
        finished = bench.finish([float32, *others])
    if not config.chooses:  # the test part was asked already
        finished = [replace(each, test=each) for each in finished]
    candidates = tuple(finished if takes_float32 else finished[1:])
    if not candidates and failure is None:
        first = ladder.steps[0]
        failure = TargetError(f"no file could be made that target {config.target} takes: {first.rung}: {first.outcome}")
    return Found(finished[0], candidates, tuple(ladder.steps), ladder.layers, sweep, bench.measured_on, failure)


def _make_recipe(config: ConvertConfig, bench: Workbench) -> EdgeDeployError | None:
    """Makes the one recipe that was asked for; what failed of it. float32 is there already."""
    if config.recipe is FLOAT32:
        return None
    try:
        bench.tried.append(bench.measure(bench.make(Variant(config.recipe, config.edges))))
    except (ConversionError, NotApplicableError) as error:
        return error
    return None


def _mix(ladder: Ladder, config: ConvertConfig) -> None:
    """The recipe "mixed": int8, and where that breaks a limit, with as few layers in float32 as it needs."""
    int8: Judged | None = ladder.try_variant(INT8.name, Variant(INT8, config.edges))
    if int8 is not None and not int8.gate.passed:
        with ladder.failures_recorded(MIXED.name):
            leave_layers_in_float(ladder, int8)
