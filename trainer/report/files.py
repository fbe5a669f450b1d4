"""The files of a report, written into a RUN folder."""

from __future__ import annotations

from pathlib import Path

from edge_runtime.contracts.training import TrainingRecord
from trainer.augmentation import read_augmentation
from trainer.config import TrainConfig
from trainer.evaluate import Evaluation
from trainer.report import PLOTS_NAME, REPORT_NAME, TENSORBOARD_NAME
from trainer.report import plots as draw
from trainer.report.augmentation import save_augmentation_picture
from trainer.report.html import render_report


def write_report(
    folder: Path, config: TrainConfig, record: TrainingRecord, evaluation: Evaluation, *, tensorboard: bool
) -> None:
    """Writes the pictures, the HTML file and, where wanted, TensorBoard's events.

    Raises:
        ImageError: an image has become unreadable.
        OSError: a file cannot be written.
    """
    pictures = folder / PLOTS_NAME
    pictures.mkdir()
    draw.plot_history(record.history, pictures / "history.png")
    draw.plot_confusion_matrix(record.metrics["confusion_matrix"], record.classes, pictures / "confusion_matrix.png")
    draw.plot_per_class(record.metrics["per_class"], pictures / "per_class.png")
    draw.plot_samples(record.part("train"), pictures / "samples.png")
    settings = read_augmentation(config.augment)
    if not settings.is_none:
        picture = pictures / "augmentation.png"
        save_augmentation_picture(settings, record.part("train"), record.preprocessing, config.seed, picture)
    draw.plot_mistakes(evaluation, pictures / "mistakes.png")
    if tensorboard:
        from trainer.report.tensorboard import write_events

        write_events(record, pictures, folder / TENSORBOARD_NAME)
    (folder / REPORT_NAME).write_text(render_report(record, pictures), "utf-8")
