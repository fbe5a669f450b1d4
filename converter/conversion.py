"""convert(): from a configuration to a gated .tflite and its report. TensorFlow is imported when it is called."""

from __future__ import annotations

import tempfile
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path

from converter.config import ConvertConfig
from converter.deliver import Delivery, deliver, ensure_deliverable, write_delivery
from converter.errors import ConfigError, SourceError
from converter.identity import creation_time, identify
from converter.models import Source, load_source, open_source
from converter.quantize import start_tensorflow
from converter.quantize.package import Identity
from converter.results import ConversionReport, ImageSet
from converter.search import Found, Workbench, find_candidates
from converter.settle import Settled, settle_by_answers, settle_by_record
from converter.timer import PhaseTimer
from edge_runtime.console.native import interrupts_kept
from edge_runtime.contracts.dataset import LabelledImages


def convert(config: ConvertConfig, out: Path) -> ConversionReport:
    """Converts a model, measures what it lost, and writes it to ``out`` if the gate lets it pass.

    The report is written beside it in any case, as ``.report.json`` and ``.report.html``.

    Returns:
        The report, as it is in ``model.report.json``.

    Raises:
        ConfigError: ``out`` does not end in .tflite, or SOURCE_DATE_EPOCH is no time.
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
    source = _open(config, out)
    created_utc = creation_time(source.record)
    timer = PhaseTimer()
    settled = settle_by_record(config, source)  # what can be wrong with images is said before the long work
    start_tensorflow()
    with interrupts_kept(), tempfile.TemporaryDirectory(prefix="edge-convert-") as name:
        folder = Path(name)
        with timer.phase("load and export"):
            model = load_source(source, config.image_size, config.signature)
            conversion = model.start_conversion(folder / "exported")
        settled = settled or settle_by_answers(config, source, model, conversion, folder)
        identity = identify(config, source, settled.contract, created_utc)
        bench = Workbench(model, conversion, identity, settled.images, config.limits, config.where, folder)
        found = find_candidates(config, bench, timer)
        delivery = deliver(config, found.chosen, settled.images.evaluation, out) if found.chosen else None
    report = _report(config, settled, identity, found, delivery, timer, out)
    # here, so that a Ctrl-C that was kept leaves no files
    write_delivery(report, delivery, settled.images.evaluation.root, out)
    return report


def _open(config: ConvertConfig, out: Path) -> Source:
    """MODEL, not loaded yet; what cannot work is said before the long work."""
    if out.suffix != ".tflite":
        raise ConfigError(f"out {str(out)!r} does not end in .tflite; name the file to write, say model.tflite")
    source = open_source(config.model)
    ensure_deliverable(out, config.export)
    if not source.has_free_edges and (config.input_type or config.output_type):
        raise SourceError(
            f"{source.path}: of a .tflite, edges cannot be chosen; leave --input-type and --output-type out"
        )
    return source


def _report(
    config: ConvertConfig,
    settled: Settled,
    identity: Identity,
    found: Found,
    delivery: Delivery | None,
    timer: PhaseTimer,
    out: Path,
) -> ConversionReport:
    images = settled.images
    return ConversionReport(
        created_utc=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        name=config.name or out.stem,
        model=str(config.model),
        out=str(out),
        asked=config.quantize,
        prefer=config.prefer,
        seed=config.seed,
        activation=settled.activation_reason,
        calibration=None if images.calibration is None else _describe(images.calibration),
        evaluation=_describe(images.evaluation),
        float32=found.float32.to_row(),
        candidates=tuple(candidate.to_row() for candidate in found.candidates),
        chosen=found.chosen.to_row() if found.chosen else None,
        why=found.why,
        steps=found.steps,
        layers=found.layers,
        sweep=found.sweep,
        disagreements=found.disagreements,
        seconds=timer.seconds,
        versions=identity.provenance.versions,
        delivery=delivery.facts if delivery else None,
    )


def _describe(images: LabelledImages) -> ImageSet:
    counts = Counter(images.classes[label] for labels in images.labels for label in labels)
    return ImageSet(str(images.root), len(images), counts)
