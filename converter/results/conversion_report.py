"""What a conversion measured: the content of ``model.report.json``, and the few lines of it for the end of a run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from converter.errors import ConverterError
from converter.judge import ChanceCheck, Disagreement, coarseness
from converter.results.rows import CandidateRow, DeliveryFacts, Fit, GraphRow, ImageSet, LayerError, Step, SweepPoint
from converter.tflite.rewrites import REWRITTEN
from edge_runtime.contracts.codec import encode

REPORT_SCHEMA = 3


@dataclass(frozen=True)
class ConversionReport:
    """Everything a conversion says about itself.

    Attributes:
        model: MODEL, as the user wrote it.
        out: the target path.
        asked: what was asked for: a recipe or "auto".
        prefer: what "auto" makes small.
        seed: of the choice of calibration images.
        activation: what is applied to the model's output, and how that was decided; empty where the run failed before.
        calibration: the images that calibrated; None where no recipe needs them.
        choosing: the images that a file was chosen on; None where a recipe was asked for.
        evaluation: the images that the gate was measured on; None where the run failed before they were looked for.
        chance: whether the float model itself does better than guessing; None where it was not run.
        fits: other ways to feed or read the float model with which it does significantly better, the best first.
        float32: the unquantised .tflite, measured alike; None where it was not made.
        candidates: every file that might have been written to ``out``, in the order of trying.
        chosen: the one written to ``out``; None where none was.
        refused: the one that was chosen, where the test part refused it; else None.
        why: why that one, or why none.
        failure: what went wrong, where nothing was written and the gate is not the reason; else empty.
        earlier_sha256: of the file of an earlier run, which was left at ``out``; None where there is none any more.
        steps: the ladder's; empty where one recipe was asked for.
        layers: what each layer costs, the worst first; empty where no layer search was needed.
        sweep: int8 on fewer and more calibration images; empty where that was not asked for.
        measured_on: the processor or device whose latencies were compared; empty where none were.
        disagreements: the worst of the chosen file, or of the last tried.
        delivery: what was written; None where nothing was.
        graph: what the file that is shown consists of, and what it costs; None where none was made.
        seconds: for each phase.
        versions: package name to version.
    """

    created_utc: str
    name: str
    model: str
    out: str
    asked: str
    prefer: str
    seed: int
    activation: str
    calibration: ImageSet | None
    choosing: ImageSet | None
    evaluation: ImageSet | None
    chance: ChanceCheck | None
    fits: tuple[Fit, ...]
    float32: CandidateRow | None
    candidates: tuple[CandidateRow, ...]
    chosen: CandidateRow | None
    refused: CandidateRow | None
    why: str
    failure: str
    earlier_sha256: str | None
    steps: tuple[Step, ...]
    layers: tuple[LayerError, ...]
    sweep: tuple[SweepPoint, ...]
    measured_on: str
    disagreements: tuple[Disagreement, ...]
    seconds: Mapping[str, float]
    versions: Mapping[str, str]
    delivery: DeliveryFacts | None = None
    graph: GraphRow | None = None
    schema: int = REPORT_SCHEMA

    @property
    def shown(self) -> CandidateRow | None:
        """The candidate that the report is about: the chosen one, else the last tried; None where none was measured."""
        return self.chosen or self.refused or next(reversed(self.candidates), self.float32)

    @property
    def verdict(self) -> Literal["passed", "refused", "failed"]:
        """What came of the run: a file was written, the gate let none pass, or none could be made."""
        if self.chosen is not None:
            return "passed"
        return "failed" if self.failure else "refused"

    @property
    def tried(self) -> tuple[CandidateRow, ...]:
        """All that was measured, float32 first, each once."""
        if self.float32 is None:
            return ()
        return (self.float32, *(row for row in self.candidates if row.name != self.float32.name))

    @property
    def caution(self) -> str | None:
        """What the gate cannot tell with so few images; None where it can."""
        return coarseness(self.shown.judged) if self.shown else None

    def to_json(self) -> str:
        """The report as JSON text."""
        return json.dumps(encode(self), ensure_ascii=False, indent=1, allow_nan=False)

    def summary(self) -> str:
        """The few lines for the end of a run."""
        rows = {
            "model": self.out if self.chosen else f"{self.out} (not written)",
            **self._reasons(),
            **self._figures(),
            **(self.delivery.rows() if self.delivery else {}),
            "verdict": self.verdict,
            **({"caution": self.caution} if self.caution else {}),
        }
        return "\n".join([*_ladder_lines(self), *(f"{name:<16}{value}" for name, value in rows.items())])

    def _reasons(self) -> dict[str, str]:
        """What was done and why, a line each, where a file was chosen among several."""
        if self.choosing is None or self.chosen is None:
            return {}
        chosen, first = self.chosen, self.steps[0]
        if chosen.name in first.candidates:
            why = self.why
        else:
            plain = next((row for row in self.candidates if row.name in first.candidates), None)
            lost = first.outcome
            if plain is not None and plain.compared.passed:
                lost = f"it keeps the limits, at {plain.latency_ms.ratio:.2f} of float32's time"
            why = f"plain {first.rung}: {lost}; {chosen.name}: {self.why}"
        return {"done": f"{chosen.name}: {chosen.summary}", "why": why}

    def _figures(self) -> dict[str, str]:
        """What was measured of the candidate that is shown."""
        candidate = self.shown
        if candidate is None or self.float32 is None:
            return {}
        gate = candidate.judged
        low, high = gate.drop_interval_pp or (0.0, 0.0)
        return {
            "recipe": candidate.name,
            "size": f"{candidate.size_bytes} bytes, {candidate.size_bytes / self.float32.size_bytes:.0%} of float32",
            f"{gate.metric} float": f"{gate.reference:.4f} ({gate.images} images)",
            f"{gate.metric} now": f"{gate.candidate:.4f}, the same answer for {gate.agreement:.1%} of the images",
            **self._choice(candidate),
            "drop": f"{gate.drop_pp:.2f} pp ({low:.2f} to {high:.2f} with 95 %), {gate.max_drop_pp:g} allowed",
            **_rewritten(candidate),
            "latency": f"{candidate.latency_ms.p50:.3f} ms, float32 {self.float32.latency_ms.p50:.3f} ms "
            f"(p50 on {self.measured_on})",
        }

    @staticmethod
    def _choice(candidate: CandidateRow) -> dict[str, str]:
        """What chose it, where files were compared on other images than those that judge."""
        choosing = candidate.choosing
        if choosing is None:
            return {}
        return {"chosen on": f"{choosing.images} other images: the same answer for {choosing.agreement:.1%} of them"}


class GateRefusedError(ConverterError):
    """The converted model lost too much accuracy, or the float model guesses; no file was written.

    Attributes:
        report: what was measured.
    """

    exit_code = 3

    def __init__(self, message: str, report: ConversionReport) -> None:
        super().__init__(message)
        self.report = report


def _rewritten(candidate: CandidateRow) -> dict[str, str]:
    lines = candidate.parameters.get(REWRITTEN)
    return {REWRITTEN: "; ".join(lines)} if lines else {}


def _ladder_lines(report: ConversionReport) -> list[str]:
    """A table of all candidates, where there are several."""
    if not (report.steps and report.shown):
        return []
    width = max(len(row.name) for row in report.tried)
    head = (
        f"{'':2}{'tried':<{width}}  {report.shown.judged.metric:>8}  {'drop':>9}  {'same':>6}  {'size':>9}  {'p50':>9}"
    )
    rows = [
        f"{'*' if row == report.chosen else '':2}{row.name:<{width}}  {row.compared.candidate:8.2%}"
        f"  {row.compared.drop_pp:6.2f} pp  {row.compared.agreement:6.1%}  {row.size_bytes / 1000:6.0f} kB"
        f"  {row.latency_ms.p50:6.2f} ms  {'passed' if row.compared.passed else 'refused'}"
        for row in report.tried
    ]
    return [head, *rows, ""]
