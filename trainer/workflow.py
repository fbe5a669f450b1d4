"""train(): from a configuration to a RUN folder. TensorFlow is imported when a training starts, not before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from edge_runtime.contracts.command import logger
from edge_runtime.contracts.dataset import PARTS
from edge_runtime.contracts.files import OutputError
from edge_runtime.contracts.training import MODEL_NAME, TRAINING_NAME, TrainingRecord
from trainer import _tensorflow
from trainer.backbones import BACKBONES, KerasModel
from trainer.config import TrainConfig
from trainer.data.checks import report_unreadable, screen
from trainer.data.labels import balanced_weights, choose_task, report_imbalance
from trainer.data.source import DataSource, open_data
from trainer.data.split import Split, split_images
from trainer.objective import Objective, multi_hot
from trainer.record import Phases, PreparedData, make_record
from trainer.run_folder import check_writable, filled_at_once

if TYPE_CHECKING:
    from trainer.evaluation import Evaluation

PLOTS_NAME = "plots"
REPORT_NAME = "report.html"
_BYTES_PER_WEIGHT = 4
_REPORT_BYTES = 3 << 20
"""What record, plots and report take together."""


def train(config: TrainConfig, out: Path, *, source: DataSource | None = None) -> TrainingRecord:
    """Trains a classifier and writes ``model.keras``, ``training.json``, ``plots/`` and ``report.html`` into ``out``.

    The process's random seeds are set. Nothing is written to ``out`` before everything has been computed; files of an
    earlier run there are then replaced.

    Args:
        config: what to train, and on what.
        out: the RUN folder, there or not.
        source: images that were read and screened already, in parts of your choice, in place of ``config.data``.

    Returns:
        The record, as it is in ``training.json``.

    Raises:
        ContractError: there are no images where ``config.data`` says.
        DataError: the images cannot be trained on.
        MissingExtraError: TensorFlow, or another package of the extra [train], is not installed.
        WeightsError: the pretrained weights are missing or do not fit.
        DivergedError: the loss left the finite numbers.
        OutputError: ``out`` cannot be written.
    """
    check_writable(out)
    phases = Phases()
    with phases.timed("data"):
        source = source or screen(open_data(config.data, config.data_dir), cached=config.feature_cache)
        _refuse_run_inside(source.images.root, out)
        split_images(source, config.split, config.seed)  # refuses too small classes before the long part
    with phases.timed("backbone"):
        _tensorflow.start(config.seed)
        from trainer.weights import build_backbone

        backbone = build_backbone(config)
    check_writable(out, _BYTES_PER_WEIGHT * backbone.count_params() + _REPORT_BYTES)
    with phases.timed("features"):
        data = _prepare(config, source, backbone)
    model = _fit(config, data, backbone, phases)
    with phases.timed("evaluation"):
        evaluation = _evaluate(model, data)
    thresholds = () if evaluation.thresholds is None else evaluation.thresholds.tolist()
    record = make_record(config, data, evaluation.metrics(), thresholds, phases)
    _write(out, model, record, evaluation)
    return record


def _prepare(config: TrainConfig, source: DataSource, backbone: KerasModel) -> PreparedData:
    """Computes the features, leaves out what cannot be decoded, and splits the rest."""
    from trainer.features import extract_features

    spec = BACKBONES[config.backbone].preprocessing(config.image_size, config.resize)
    features = extract_features(backbone, source.images, spec, cached=config.feature_cache)
    report_unreadable(source.images, features.indices)
    source = source.subset(features.indices)
    split = split_images(source, config.split, config.seed)
    sizes = ", ".join(f"{len(split[part])} {part}" for part in PARTS)
    logger.info("data: %d classes, images: %s", len(source.images.classes), sizes)
    return PreparedData(source.images, split, _make_objective(config, source, split), spec, features.values)


def _make_objective(config: TrainConfig, source: DataSource, split: Split) -> Objective:
    task = choose_task(config.task, source.images)
    train_part = source.images.subset(split["train"])
    report_imbalance(train_part, config.class_weights)
    weights = balanced_weights(train_part, task) if config.class_weights == "balanced" else None
    return Objective(task, len(source.images.classes), weights)


def _refuse_run_inside(data: Path, out: Path) -> None:
    """Refuses a RUN among the images: its plots would be a class of the next training."""
    if data.resolve() in (out.resolve(), *out.resolve().parents):
        raise OutputError(f"{out}: lies in the data folder {data}; name another folder after --out")


def _fit(config: TrainConfig, data: PreparedData, backbone: KerasModel, phases: Phases) -> KerasModel:
    from trainer.data.sequence import ImageSequence
    from trainer.fitting import attach_head, fine_tune, train_head

    targets = data.objective.targets(data.images.labels)
    model = attach_head(backbone, data.objective, config.dropout)
    with phases.timed("head"):
        train_part, val_part = (
            (data.features[data.split[part]], targets[data.split[part]]) for part in ("train", "val")
        )
        phases.history["head"] = train_head(model, train_part, val_part, data.objective, config)
    if config.fine_tune_epochs:
        with phases.timed("fine-tuning"):
            train_images, val_images = (
                ImageSequence(data.part(part), data.spec, data.objective, config.batch_size, seed)
                for part, seed in (("train", config.seed), ("val", None))
            )
            phases.history["fine-tuning"] = fine_tune(model, train_images, val_images, data.objective, config)
    return model


def _evaluate(model: KerasModel, data: PreparedData) -> Evaluation:
    """Measures on the test part; a multi-label model with the thresholds that suit the validation part best."""
    from trainer.evaluation import Evaluation, choose_thresholds, predict

    thresholds = None
    if data.objective.task == "multi-label":
        val = data.part("val")
        shown = multi_hot(val.labels, len(val.classes))
        thresholds = choose_thresholds(shown, predict(model, val, data.spec, data.objective))
    test = data.part("test")
    return Evaluation(test, predict(model, test, data.spec, data.objective), thresholds)


def _write(out: Path, model: KerasModel, record: TrainingRecord, evaluation: Evaluation) -> None:
    from trainer import plots
    from trainer.report import render_report

    with filled_at_once(out) as folder:
        model.save(folder / MODEL_NAME)
        pictures = folder / PLOTS_NAME
        pictures.mkdir()
        plots.plot_history(record.history, pictures / "history.png")
        plots.plot_confusion_matrix(
            record.metrics["confusion_matrix"], record.classes, pictures / "confusion_matrix.png"
        )
        plots.plot_per_class(record.metrics["per_class"], pictures / "per_class.png")
        plots.plot_samples(record.part("train"), pictures / "samples.png")
        plots.plot_mistakes(evaluation, pictures / "mistakes.png")
        (folder / REPORT_NAME).write_text(render_report(record, pictures), "utf-8")
        (folder / TRAINING_NAME).write_text(record.to_json(), "utf-8")
