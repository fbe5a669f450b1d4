"""convert(): from a configuration to a gated .tflite and its report. TensorFlow is imported when it is called."""

from __future__ import annotations

import platform
import tempfile
from collections import Counter
from datetime import datetime, timezone
from functools import partial
from importlib.metadata import version
from pathlib import Path

from converter import _tensorflow
from converter.calibration import iterate_inputs
from converter.config import ConvertConfig
from converter.conversion import convert_exported, export_model
from converter.errors import ConfigError, GateRefusedError
from converter.images import ConversionImages, choose_images
from converter.measurement import measure
from converter.metadata import ModelCard
from converter.package import Identity, Package, package_model
from converter.recipes import FLOAT32
from converter.report import render_report
from converter.results import Candidate, ConversionReport, ImageSet
from converter.source import KerasModel, SourceModel, load_keras_model, open_source
from edge_runtime.contracts.command import DISTRIBUTION, logger, tool_version
from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.contracts.files import ensure_writable, write_together
from edge_runtime.contracts.manifest import Provenance
from edge_runtime.contracts.native import interrupts_kept
from edge_runtime.contracts.progress import progress_bar

_PACKAGES = ("numpy", "pillow", "tensorflow", "keras", "ai-edge-litert")


def convert(config: ConvertConfig, out: Path) -> ConversionReport:
    """Converts a model, measures what it lost, and writes it to ``out`` if the gate lets it pass.

    The report is written beside it in any case, as ``.report.json`` and ``.report.html``.

    Returns:
        The report, as it is in ``model.report.json``.

    Raises:
        ConfigError: ``out`` does not end in .tflite.
        SourceError: the model is missing, damaged, or does not fit what its RUN folder says.
        ContractError: a record or a folder of images breaks its contract.
        DataError: the images cannot calibrate or evaluate the model.
        ImageError: one of them cannot be decoded.
        MissingExtraError: TensorFlow, or another package of the extra [convert], is not installed.
        ConversionError: TensorFlow refuses the model.
        OutputError: ``out`` or a report cannot be written.
        GateRefusedError: top-1 fell by more than ``config.max_drop``; no model was written.
    """
    if out.suffix != ".tflite":
        raise ConfigError(f"out {str(out)!r} does not end in .tflite; name the file to write, say model.tflite")
    source = open_source(config.model)
    for target in (out, *report_paths(out)):
        ensure_writable(target)
    images = choose_images(config, source)
    logger.info("images: %d for calibration, %d for evaluation", len(images.calibration or ()), len(images.evaluation))
    _tensorflow.start()
    model = load_keras_model(source)
    identity = _identify(config, source, out)
    with interrupts_kept(), tempfile.TemporaryDirectory(prefix="edge-convert-") as folder:
        packages = _convert_recipes(config, model, identity, images.calibration, Path(folder))
        candidates = measure(packages, images.evaluation, source.contract, model, config.max_drop)
    report = _make_report(config, identity, images, out, candidates)
    _write(report, packages[-1], out)
    return report


def report_paths(out: Path) -> tuple[Path, Path]:
    """Where the report of the model ``out`` goes: the JSON file and the HTML file."""
    return out.with_suffix(".report.json"), out.with_suffix(".report.html")


def _identify(config: ConvertConfig, source: SourceModel, out: Path) -> Identity:
    card = ModelCard(
        name=config.name or out.stem,
        description=f"Classifies images into {len(source.contract.labels)} classes.",
        version=config.model_version,
        author=config.author,
        license=config.license,
    )
    versions = {DISTRIBUTION: tool_version(), "python": platform.python_version()}
    provenance = Provenance(
        created_utc=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        versions={**versions, **{package: version(package) for package in _PACKAGES}},
        data_fingerprint=source.data_fingerprint,
        training=source.training,
    )
    return Identity(source.contract, card, provenance)


def _convert_recipes(
    config: ConvertConfig, model: KerasModel, identity: Identity, calibration: LabelledImages | None, folder: Path
) -> list[Package]:
    """The unquantised model, to compare with, then the wanted one; only one where that is the same."""
    spec = identity.contract.preprocessing
    inputs = None if calibration is None else partial(iterate_inputs, calibration, spec)
    recipes = list(dict.fromkeys((FLOAT32, config.recipe)))
    packages = []
    with progress_bar("conversion", 1 + len(recipes), "step") as bar:
        export_model(model, folder / "exported")
        bar.update()
        for recipe in recipes:
            edges = recipe.edges(config.input_type, config.output_type) if recipe is config.recipe else recipe.edges()
            calibrates = inputs if recipe.needs_calibration else None
            converted = convert_exported(folder / "exported", recipe, edges, calibrates)
            packages.append(package_model(converted, recipe, identity, folder / f"{recipe.name}.tflite"))
            bar.update()
    return packages


def _make_report(
    config: ConvertConfig, identity: Identity, images: ConversionImages, out: Path, candidates: list[Candidate]
) -> ConversionReport:
    candidate = candidates[-1]
    return ConversionReport(
        created_utc=identity.provenance.created_utc,
        name=identity.card.name,
        model=str(config.model),
        out=str(out),
        seed=config.seed,
        calibration=None if images.calibration is None else _describe(images.calibration),
        evaluation=_describe(images.evaluation),
        keras_top1=candidate.gate.reference,
        float32=candidates[0],
        candidates=(candidate,),
        chosen=candidate if candidate.gate.passed else None,
        versions=identity.provenance.versions,
    )


def _describe(images: LabelledImages) -> ImageSet:
    counts = Counter(images.classes[label] for labels in images.labels for label in labels)
    return ImageSet(str(images.root), len(images), counts)


def _write(report: ConversionReport, package: Package, out: Path) -> None:
    """Writes the reports, then the model if the gate let it pass: where a new model is, its reports are.

    Raises:
        GateRefusedError: it did not.
    """
    json_path, html_path = report_paths(out)
    files = {json_path: report.to_json().encode(), html_path: render_report(report).encode()}
    if report.chosen is not None:
        files[out] = package.to_bytes(report.chosen.gate)
    write_together(files)
    if report.chosen is None:
        raise GateRefusedError(_refusal(report, out, html_path), report)


def _refusal(report: ConversionReport, out: Path, html_path: Path) -> str:
    candidate = report.candidates[-1]
    gate = candidate.gate
    lost = f"top-1 fell by {gate.drop_pp:.2f} pp, more than the {gate.max_drop_pp:g} allowed"
    if gate.drop_pp <= gate.max_drop_pp:
        lost = "it gives scores that are no numbers (NaN or infinite)"
    if gate.drop_pp > gate.max_drop_pp and 0 < gate.max_drop_pp < 100 / gate.images:
        lost += f" (of {gate.images} images one is {100 / gate.images:.2f} pp: evaluate on more, --eval-data)"
    older = "; the file there is of an earlier run" if out.exists() else ""
    mend = ", try other calibration images or --quantize float16" if candidate.recipe.needs_calibration else ""
    return f"{out}: not written: {lost}{older}; see {html_path}{mend}"
