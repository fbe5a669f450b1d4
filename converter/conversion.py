"""convert(): from a configuration to a gated .tflite and its report. TensorFlow is imported when it is called."""

from __future__ import annotations

import platform
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import NoReturn

import numpy as np

from converter.config import ConvertConfig
from converter.deliver import ensure_exportable
from converter.deliver.write import Delivery, deliver
from converter.errors import ConfigError, SourceError, TargetError
from converter.images import ConversionImages, choose_images, iterate_inputs
from converter.judge import refusals, worst_disagreements
from converter.models import (
    FloatModel,
    SettledContract,
    Source,
    contract_of_record,
    contract_of_stranger,
    load_source,
    look_at_outputs,
    open_source,
)
from converter.quantize import AUTO, FLOAT32, INT8, MIXED, ModelConversion, Variant, start_conversion
from converter.quantize import start_tensorflow as _tensorflow
from converter.quantize.package import Identity
from converter.report.html import render_report
from converter.results import Candidate, ConversionReport, GateRefusedError, ImageSet, LayerError, Step, SweepPoint
from converter.search import choose
from converter.search.ladder import Ladder
from converter.search.sweep import sweep_calibration
from converter.search.workbench import Attempt, Workbench
from converter.tflite.metadata_write import ModelCard
from edge_runtime.console.command import DISTRIBUTION, logger, tool_version
from edge_runtime.console.files import ensure_writable, write_together
from edge_runtime.console.native import interrupts_kept
from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.contracts.manifest import Provenance
from edge_runtime.model import ModelContract

_PACKAGES = ("numpy", "pillow", "tensorflow", "keras", "ai-edge-litert", "litert-quantizer")

_LOOKED_AT = 8
"""How many images show whether outputs are logits."""


def convert(config: ConvertConfig, out: Path) -> ConversionReport:
    """Converts a model, measures what it lost, and writes it to ``out`` if the gate lets it pass.

    The report is written beside it in any case, as ``.report.json`` and ``.report.html``.

    Returns:
        The report, as it is in ``model.report.json``.

    Raises:
        ConfigError: ``out`` does not end in .tflite.
        SourceError: the model is missing, damaged, no image classifier, or does not fit what its RUN folder says.
        ModelFileError: a MODEL that is a .tflite is damaged or no image classifier.
        ContractError: a record, labels or a folder of images breaks its contract, or a normalisation is missing.
        DataError: the images cannot calibrate or evaluate the model.
        ImageError: one of them cannot be decoded.
        MissingExtraError: TensorFlow, or another package of the extra [convert], is not installed.
        ConversionError: a converter refuses the model.
        TargetError: the file does not run where it is meant to.
        ExportError: an export would write over somebody else's source file.
        OutputError: ``out`` or a report cannot be written.
        GateRefusedError: what was tried lost more than the limits allow; no model was written.
    """
    if out.suffix != ".tflite":
        raise ConfigError(f"out {str(out)!r} does not end in .tflite; name the file to write, say model.tflite")
    source = open_source(config.model)
    for target in (out, *report_paths(out)):
        ensure_writable(target)
    ensure_exportable(out, config.export)
    if source.kind == "tflite" and (config.input_type or config.output_type):
        raise SourceError(
            f"{source.path}: of a .tflite, edges cannot be chosen; leave --input-type and --output-type out"
        )
    timer = _Timer()
    prepared = None
    if source.record is not None:  # what can be wrong with images is said before the long work
        settled = contract_of_record(source, config.said)
        prepared = settled, _choose_images(config, source, settled)
    _tensorflow.start()
    with interrupts_kept(), tempfile.TemporaryDirectory(prefix="edge-convert-") as folder:
        with timer.phase("load and export"):
            model = load_source(source, config.image_size)
            conversion = start_conversion(model, Path(folder) / "exported")
        settled, images = prepared or _settle_stranger(config, source, model, conversion, Path(folder))
        identity = _identify(config, source, settled.contract, out)
        bench = Workbench(model, conversion, identity, images, config.limits, Path(folder), config.where)
        outcome = _try_all(config, bench, timer)
        report = _make_report(config, bench, settled.activation_reason, outcome, timer, out)
        delivery = None
        if report.chosen is not None:
            package = outcome.attempt_of(report.chosen).package
            delivery = deliver(config, package, report.chosen.gate, bench.images.evaluation, out)
            report = replace(report, delivery=delivery.facts)
    _write(report, delivery, images.evaluation, out)  # here, so that a Ctrl-C that was kept leaves no files
    return report


def report_paths(out: Path) -> tuple[Path, Path]:
    """Where the report of the model ``out`` goes: the JSON file and the HTML file."""
    return out.with_suffix(".report.json"), out.with_suffix(".report.html")


class _Timer:
    """Adds up the seconds of each phase."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        start = perf_counter()
        yield
        self.seconds[name] = round(self.seconds.get(name, 0.0) + perf_counter() - start, 2)


@dataclass(frozen=True, eq=False)
class _Outcome:
    """Everything that was tried.

    Attributes:
        float32: the unquantised file.
        attempts: what may be written, in the order of trying.
        steps: of the ladder.
        layers: of the layer search.
        sweep: over calibration images.
    """

    float32: Attempt
    attempts: tuple[Attempt, ...]
    steps: tuple[Step, ...] = ()
    layers: tuple[LayerError, ...] = ()
    sweep: tuple[SweepPoint, ...] = ()

    def attempt_of(self, candidate: Candidate) -> Attempt:
        """The attempt that the report calls ``candidate``."""
        return next(attempt for attempt in self.attempts if attempt.variant.name == candidate.name)


def _choose_images(config: ConvertConfig, source: Source, settled: SettledContract) -> ConversionImages:
    contract = settled.contract
    images = choose_images(config, source, contract.labels, contract.task)
    logger.info("images: %d for calibration, %d for evaluation", len(images.calibration or ()), len(images.evaluation))
    return images


def _settle_stranger(
    config: ConvertConfig, source: Source, model: FloatModel, conversion: ModelConversion, folder: Path
) -> tuple[SettledContract, ConversionImages]:
    """Contract and images of a model trained elsewhere: from its float file, from the user, and from its answers."""
    float_file = folder / "float32.tflite"
    float_file.write_bytes(conversion.convert(Variant(FLOAT32, FLOAT32.edges()), _no_calibration))
    settled = contract_of_stranger(source, model, float_file, config.said)
    images = _choose_images(config, source, settled)
    few = images.evaluation.subset(list(range(min(_LOOKED_AT, len(images.evaluation)))))
    pixels = np.concatenate(list(iterate_inputs(few, settled.contract.preprocessing)))
    return look_at_outputs(settled, source, model.predict(pixels)), images


def _no_calibration() -> NoReturn:
    raise AssertionError("float32 needs no calibration")


def _identify(config: ConvertConfig, source: Source, contract: ModelContract, out: Path) -> Identity:
    card = ModelCard(
        name=config.name or out.stem,
        description=f"Classifies images into {len(contract.labels)} classes.",
        version=config.model_version,
        author=config.author,
        license=config.license,
    )
    versions = {DISTRIBUTION: tool_version(), "python": platform.python_version()}
    record = source.record
    provenance = Provenance(
        created_utc=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        versions={**versions, **{package: version(package) for package in _PACKAGES}},
        data_fingerprint=record.data.fingerprint if record else "",
        training=record.config if record else {},
    )
    return Identity(contract, card, provenance)


def _try_all(config: ConvertConfig, bench: Workbench, timer: _Timer) -> _Outcome:
    """Makes and measures what was asked for: one recipe, or the ladder."""
    with timer.phase("float model"):
        assert len(bench.reference)
    recipe = None if config.is_auto else config.recipe
    edges = None if recipe is None else recipe.edges(config.input_type, config.output_type)
    plain = [Variant(recipe, edges)] if recipe and edges and recipe not in (FLOAT32, MIXED) else []
    with timer.phase("recipes"):
        float32, *_ = bench.attempt([Variant(FLOAT32, FLOAT32.edges()), *plain])
    ladder = Ladder(bench, float32, config.prefer)
    with timer.phase("ladder"):
        if recipe is None:
            ladder.climb()
        elif recipe is MIXED and edges:
            ladder.mix(Variant(INT8, edges))
    attempts = bench.attempts if recipe in (None, FLOAT32) else bench.attempts[1:]
    attempts = [each for each in attempts if config.where.takes(each.variant.recipe.name)]
    if not attempts:
        raise TargetError(
            f"target {config.target}: no file could be made of the recipes it takes; see what was tried above"
        )
    with timer.phase("sweep"):
        sweep = sweep_calibration(bench) if config.calibration_sweep else ()
    return _Outcome(float32, tuple(attempts), tuple(ladder.steps), ladder.layers, sweep)


def _make_report(
    config: ConvertConfig, bench: Workbench, activation: str, outcome: _Outcome, timer: _Timer, out: Path
) -> ConversionReport:
    with timer.phase("latencies"):
        measured = list(dict.fromkeys((outcome.float32, *outcome.attempts)))
        latencies = bench.measure_latencies([attempt.package for attempt in measured])
    rows = {attempt.variant.name: attempt.to_candidate(time) for attempt, time in zip(measured, latencies, strict=True)}
    candidates = tuple(rows[attempt.variant.name] for attempt in outcome.attempts)
    chosen, why = _choose(config, candidates)
    shown = outcome.attempt_of(chosen or candidates[-1])
    images, identity = bench.images, bench.identity
    return ConversionReport(
        created_utc=identity.provenance.created_utc,
        name=identity.card.name,
        model=str(config.model),
        out=str(out),
        asked=config.quantize,
        prefer=config.prefer,
        seed=config.seed,
        activation=activation,
        calibration=None if images.calibration is None else _describe(images.calibration),
        evaluation=_describe(images.evaluation),
        float32=rows[outcome.float32.variant.name],
        candidates=candidates,
        chosen=chosen,
        why=why,
        steps=outcome.steps,
        layers=outcome.layers,
        sweep=outcome.sweep,
        disagreements=worst_disagreements(images.evaluation, identity.contract, bench.reference, shown.scores),
        seconds=timer.seconds,
        versions=identity.provenance.versions,
    )


def _choose(config: ConvertConfig, candidates: tuple[Candidate, ...]) -> tuple[Candidate | None, str]:
    if config.is_auto:
        return choose(candidates, config.prefer)
    last = candidates[-1]
    return (last, "it was asked for, and keeps the limits") if last.gate.passed else (None, "it breaks a limit")


def _describe(images: LabelledImages) -> ImageSet:
    counts = Counter(images.classes[label] for labels in images.labels for label in labels)
    return ImageSet(str(images.root), len(images), counts)


def _write(report: ConversionReport, delivery: Delivery | None, evaluation: LabelledImages, out: Path) -> None:
    """Writes the reports, then the model if the gate let it pass: where a model is, its reports are.

    Where it did not pass, an earlier model goes aside: no one must take it for the one that was refused.

    Raises:
        GateRefusedError: it did not.
    """
    json_path, html_path = report_paths(out)
    html = render_report(report, evaluation.root)
    files = {json_path: report.to_json().encode(), html_path: html.encode()}
    if delivery is not None:
        files |= delivery.files
    write_together(files)
    if delivery is None:
        earlier = out.with_name(f"{out.stem}.earlier{out.suffix}") if out.exists() else None
        if earlier is not None:
            out.replace(earlier)
        raise GateRefusedError(_refusal(report, out, html_path, earlier), report)


def _refusal(report: ConversionReport, out: Path, html_path: Path, earlier: Path | None) -> str:
    candidate = report.shown
    worst = candidate.per_class[0].label if candidate.per_class else ""
    lost = "; ".join(refusals(candidate.gate, worst))
    moved = f"; the earlier file is now {earlier.name}" if earlier is not None else ""
    mend = ", or --quantize auto, which finds out why and repairs it" if report.asked != AUTO else ""
    return f"{out}: not written: {lost}{moved}; see {html_path}{mend}"
