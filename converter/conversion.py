"""convert(): from a configuration to a gated .tflite and its report. TensorFlow is imported when it is called."""

from __future__ import annotations

import tempfile
from pathlib import Path

from converter.config import ConvertConfig
from converter.conversion_record import ConversionRecord
from converter.deliver import ensure_deliverable, write_delivery
from converter.doubts import question_model
from converter.errors import ConfigError, ConversionError, library_failures
from converter.identity import creation_time, identify
from converter.judge import read_device_latencies
from converter.models import Source, load_source, open_source
from converter.quantize import start_tensorflow
from converter.results import ConversionReport
from converter.search import Workbench, find_candidates, take_best
from converter.settle import settle_by_answers, settle_by_record
from converter.timer import PhaseTimer
from edge_runtime.console.command import logger
from edge_runtime.console.native import interrupts_kept
from edge_runtime.errors import BackendError


def convert(config: ConvertConfig, out: Path) -> ConversionReport:
    """Converts a model, measures what it lost, and writes it to ``out`` if the gate lets it pass.

    The report is written beside it as ``.report.json`` and ``.report.html``, also where the gate refuses, or where a
    converter, an interpreter or a target fails. Then a file of an earlier run at ``out`` stays.

    Returns:
        The report, as it is in ``model.report.json``.

    Raises:
        ConfigError: ``out`` does not end in .tflite or is the model itself, or SOURCE_DATE_EPOCH is no time.
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
        GateRefusedError: what was tried lost more than the limits allow, or the float model guesses.
    """
    source = _open(config, out)
    created_utc = creation_time(source.record)
    record = ConversionRecord(config, out, PhaseTimer())
    record.settled = settle_by_record(config, source)  # what can be wrong with images is said before the long work
    start_tensorflow()
    try:
        with interrupts_kept(), tempfile.TemporaryDirectory(prefix="edge-convert-") as folder:
            _convert(record, source, created_utc, Path(folder))
    except (ConversionError, BackendError) as error:
        record.error = error
    # here, so that a Ctrl-C that was kept leaves no files
    report = record.to_report()
    delivery = record.taken.delivery if record.taken else None
    html_path = write_delivery(report, delivery, record.images_folder, out)
    if delivery is None:
        record.raise_failure(report, html_path)
    elif delivery.facts.golden_images and config.golden is None:
        count = delivery.facts.golden_images
        logger.info("%s: %d evaluation images travel in it, made small: --golden 0 leaves them out", out, count)
    return report


def _convert(record: ConversionRecord, source: Source, created_utc: str, folder: Path) -> None:
    """The conversion, step by step; ``record`` learns what each step found."""
    config, timer = record.config, record.timer
    with timer.phase("load and export"):
        model = load_source(source, config.said, config.signature)
        with library_failures(f"{source.path}: the model cannot be exported"):
            conversion = model.start_conversion(folder / "exported")
    settled = record.settled = record.settled or settle_by_answers(config, source, model, conversion, folder)
    if settled.contract.activation != "none":
        logger.info("%s: its %s goes into the graph of each file", source.path, settled.contract.activation)
    identity = record.identity = identify(config, source, settled.contract, created_utc)
    bench = Workbench(model, conversion, identity, settled.images, config, folder)
    with timer.phase("float model"):
        frames, scores = bench.evaluation.frames, bench.evaluation.reference
        doubts = record.doubts = question_model(config, source, model, settled.contract, frames, scores)
    if doubts.refuses:
        return
    found = record.found = find_candidates(config, bench, timer)
    with timer.phase("verdict and proof"):
        taken = record.taken = take_best(config, found.candidates, bench, record.out)
    if taken.tested is None:
        record.disagreements = bench.deciding.disagreements_of(next(reversed(found.candidates), found.float32))
        return
    record.found = found.with_verdict(taken.tested)
    assert taken.tested.test is not None
    record.disagreements = bench.evaluation.disagreements_of(taken.tested.test)


def _open(config: ConvertConfig, out: Path) -> Source:
    """MODEL, not loaded yet; what cannot work is said before the long work."""
    if out.suffix != ".tflite":
        raise ConfigError(f"out {str(out)!r} does not end in .tflite; name the file to write, say model.tflite")
    source = open_source(config.model)
    if out.exists() and out.samefile(config.model):
        raise ConfigError(f"out {str(out)!r} is MODEL itself, which would be lost; name another file to write")
    ensure_deliverable(out, config.export)
    if config.device_latency is not None:
        read_device_latencies(config.device_latency)
    return source
