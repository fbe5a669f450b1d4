"""train(): from a configuration to a RUN folder. TensorFlow is imported when a training starts, not before."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from edge_runtime.console.command import logger
from edge_runtime.console.extras import import_quietly
from edge_runtime.console.files import OutputError
from edge_runtime.console.native import interrupts_kept
from edge_runtime.contracts.training import MODEL_NAME, TRAINING_NAME, TrainingRecord
from trainer.config import TrainConfig, resolve
from trainer.data import DataSource, PreparedData, open_data, prepare_data
from trainer.data.leaks import screen
from trainer.fit import CHECKPOINT_NAME, Checkpoints, PhaseLog
from trainer.networks import KerasModel, build_backbone
from trainer.run.folder import check_writable, filled_at_once
from trainer.run.record import make_record
from trainer.run.tensorflow import check_installed, start_tensorflow

if TYPE_CHECKING:
    from trainer.evaluate import Evaluation

_BYTES_PER_WEIGHT = 4
_REPORT_BYTES = 3 << 20
"""What record, plots and report take together."""


def train(
    config: TrainConfig,
    out: Path,
    *,
    resume: bool = False,
    source: DataSource | None = None,
    tensorboard: bool = False,
) -> TrainingRecord:
    """Trains a classifier and writes ``model.keras``, ``training.json``, ``plots/`` and ``report.html`` into ``out``.

    The process's random seeds are set. Files of an earlier run in ``out`` are replaced when everything has been
    computed. Until then ``out/checkpoint`` holds the state after the last epoch, and is all that an interrupted
    training leaves.

    Args:
        config: what to train, and on what.
        out: the RUN folder, there or not.
        resume: go on where an interrupted training of the same configuration and data stopped.
        source: images that were read and screened already, in parts of your choice, in place of ``config.data``.
        tensorboard: also write the history and the pictures to ``out/tensorboard``, for TensorBoard.

    Returns:
        The record, as it is in ``training.json``.

    Raises:
        ContractError: there are no images where ``config.data`` says.
        DataError: the images cannot be trained on.
        MissingExtraError: TensorFlow, or another package of the extra [train], is not installed.
        WeightsError: the pretrained weights are missing or do not fit.
        DivergedError: the loss left the finite numbers.
        OutputError: ``out`` cannot be written.
        ResumeError: there is no interrupted training to go on with, or it was another one.
    """
    check_installed()
    check_writable(out)
    if tensorboard:
        import_quietly("tensorboard", "tensorboard")  # better missed now than after the training
    log = PhaseLog()
    with log.timed("data"):
        config, data = _prepare(config, source, out)
    with _interruptible(out):
        with log.timed("backbone"):
            workers = start_tensorflow(config)
            checkpoints = Checkpoints(out, writes=workers.worker == 0)
            identity = {**dataclasses.asdict(config), "images": data.images.fingerprint}
            checkpoints.start(identity, resume=resume)
            backbone = build_backbone(config.network, config.shape, config.weights)
        check_writable(out, _BYTES_PER_WEIGHT * backbone.count_params() + _REPORT_BYTES)
        from trainer.evaluate import compute_metrics, evaluate
        from trainer.fit.phases import fit_model

        model = fit_model(config, data, backbone, checkpoints, log, workers)
        with log.timed("evaluation"):
            evaluation = evaluate(model, data)
    record = make_record(config, data, compute_metrics(evaluation), log)
    if workers.worker == 0:
        _write(out, config, model, record, evaluation, tensorboard)
        checkpoints.clear()
    else:
        logger.info("worker %d: done; worker 0 writes %s", workers.worker, out)
    return record


def _prepare(config: TrainConfig, source: DataSource | None, out: Path) -> tuple[TrainConfig, PreparedData]:
    """The configuration with all that the images decide filled in, and the images ready to be trained on."""
    opened = source or open_data(config.data, config.data_dir)
    _refuse_run_inside(opened.images.root, out)  # before the long look at the images
    source = source or screen(opened, cached=config.feature_cache)
    config = resolve(config, source.images)
    data = prepare_data(config, source)
    return dataclasses.replace(config, task=data.task), data


@contextmanager
def _interruptible(out: Path) -> Iterator[None]:
    """Makes sure that Ctrl-C ends the block, and says how to go on."""
    try:
        with interrupts_kept():
            yield
    except KeyboardInterrupt:
        state = out / CHECKPOINT_NAME
        if state.exists():
            logger.info("%s holds the state after the last epoch; --resume goes on from there", state)
        raise


def _refuse_run_inside(data: Path, out: Path) -> None:
    """Refuses a RUN among the images: its plots would be a class of the next training."""
    if data.resolve() in (out.resolve(), *out.resolve().parents):
        raise OutputError(f"{out}: lies in the data folder {data}; name another folder after --out")


def _write(
    out: Path,
    config: TrainConfig,
    model: KerasModel,
    record: TrainingRecord,
    evaluation: Evaluation,
    tensorboard: bool,
) -> None:
    from trainer.report.files import write_report

    with filled_at_once(out) as folder:
        model.save(folder / MODEL_NAME)
        write_report(folder, config, record, evaluation, tensorboard=tensorboard)
        (folder / TRAINING_NAME).write_text(record.to_json(), "utf-8")
