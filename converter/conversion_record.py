"""What is known of a conversion while it runs. Whatever comes of it, the report says it, and so does the error."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import NoReturn

from converter.config import ConvertConfig
from converter.doubts import Doubts
from converter.judge import Disagreement, refusals
from converter.quantize.package import Identity
from converter.results import ConversionReport, GateRefusedError, GraphRow, ImageSet
from converter.search import Found, Taken
from converter.settle import Settled
from converter.tflite import graph_costs, read_graphs, read_model
from converter.timer import PhaseTimer
from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.contracts.errors import EdgeDeployError
from edge_runtime.model import file_sha256


@dataclass
class ConversionRecord:
    """What is known so far; what is None was not reached.

    Attributes:
        config: what was asked for.
        out: the path of the model to write.
        timer: how long each phase took.
        settled: how the model is fed and read, and the images.
        identity: what its files say of themselves.
        doubts: whether the float model itself is right.
        found: what was tried.
        taken: what is delivered.
        disagreements: of the file that is shown with the float model.
        error: what ended the conversion early.
    """

    config: ConvertConfig
    out: Path
    timer: PhaseTimer
    settled: Settled | None = None
    identity: Identity | None = None
    doubts: Doubts | None = None
    found: Found | None = None
    taken: Taken | None = None
    disagreements: tuple[Disagreement, ...] = ()
    error: EdgeDeployError | None = None

    @property
    def failure(self) -> EdgeDeployError | None:
        """Why nothing is delivered, where the gate is not the reason."""
        found, taken = self.found, self.taken
        return self.error or (found and found.failure) or (taken.failure if taken else None)

    @property
    def images_folder(self) -> Path | None:
        """Where the evaluation images lie."""
        return self.settled.images.evaluation.root if self.settled else None

    def to_report(self) -> ConversionReport:
        """The content of ``model.report.json``."""
        config, settled, found, taken = self.config, self.settled, self.found, self.taken
        calibration = settled.images.calibration if settled else None
        chosen = taken.chosen if taken else None
        tested = taken.tested if taken else None
        return ConversionReport(
            created_utc=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            name=config.name or self.out.stem,
            model=str(config.model),
            out=str(self.out),
            asked=config.quantize,
            prefer=config.prefer,
            seed=config.seed,
            activation=settled.activation_text if settled else "",
            calibration=None if calibration is None else _describe(calibration),
            choosing=None if not settled or settled.images.choosing is None else _describe(settled.images.choosing),
            evaluation=_describe(settled.images.evaluation) if settled else None,
            chance=self.doubts.chance if self.doubts else None,
            fits=self.doubts.fits if self.doubts else (),
            float32=found.float32.to_row() if found else None,
            candidates=tuple(candidate.to_row() for candidate in found.candidates) if found else (),
            chosen=chosen.to_row() if chosen else None,
            refused=tested.to_row() if tested and not chosen else None,
            why=self._why(),
            failure=str(self.failure or ""),
            earlier_sha256=file_sha256(self.out) if chosen is None and self.out.exists() else None,
            steps=(found.steps if found else ()) + (taken.refused if taken else ()),
            layers=found.layers if found else (),
            sweep=found.sweep if found else (),
            measured_on=found.measured_on if found else "",
            disagreements=self.disagreements,
            seconds=self.timer.seconds,
            versions=self.identity.provenance.versions if self.identity else {},
            delivery=taken.delivery.facts if taken and taken.delivery else None,
            graph=self._graph(),
        )

    def _graph(self) -> GraphRow | None:
        """Of the file that was judged on the test part, else of the last that was tried."""
        tested = self.taken.tested if self.taken else None
        if self.found is None:
            return None
        candidate = tested or next(reversed(self.found.candidates), self.found.float32)
        path = candidate.package.path
        return GraphRow(candidate.name, graph_costs(read_graphs(read_model(candidate.package.model, path), path)[0]))

    def raise_failure(self, report: ConversionReport, html_path: Path) -> NoReturn:
        """Says in one line why nothing was written.

        Raises:
            GateRefusedError: the gate refused.
            EdgeDeployError: the error that ended the conversion.
        """
        left = "; the file there is that of an earlier run, left as it was" if report.earlier_sha256 else ""
        if self.failure is not None:
            raise type(self.failure)(
                f"{self.out}: not written: {self.failure}; see {html_path.name}{left}"
            ) from self.failure
        fix = "" if self.config.is_auto else ", or --quantize auto, which finds out why and repairs it"
        if report.refused is not None:
            fix = f"; a higher --min-agreement (now {self.config.limits.min_agreement_percent:g}) chooses a better file"
        if self.doubts is not None and self.doubts.refuses:
            fix = "; --allow-chance converts it as it is"
        raise GateRefusedError(
            f"{self.out}: not written: {self._lost(report)}; see {html_path.name}{fix}{left}", report
        )

    def _why(self) -> str:
        if self.taken:
            return self.taken.why
        if self.doubts and self.doubts.refuses:
            return "the float model itself does no better than guessing"
        return "the conversion failed"

    def _lost(self, report: ConversionReport) -> str:
        if self.doubts is not None and self.doubts.refuses:
            return self.doubts.reason
        assert report.shown is not None
        broken = "; ".join(refusals(report.shown.judged, report.shown.per_class))
        if report.choosing is None:
            return broken
        where = f"{report.choosing.images} images that choose" if report.refused is None else "test part"
        return f"{report.shown.name}, on the {where}: {broken}"


def _describe(images: LabelledImages) -> ImageSet:
    counts = Counter(images.classes[label] for labels in images.labels for label in labels)
    return ImageSet(str(images.root), len(images), counts)
