"""Event files for TensorBoard: the history of a training, and its pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image

from edge_runtime.contracts.training import TrainingRecord


def write_events(record: TrainingRecord, plots: Path, folder: Path) -> None:
    """Writes ``train`` and ``val`` below ``folder``: each figure of each phase by epoch; and the pictures of ``plots``.

    View them with ``tensorboard --logdir RUN/tensorboard``.
    """
    for part, prefix in (("train", ""), ("val", "val_")):
        with tf.summary.create_file_writer(str(folder / part)).as_default():
            for phase, figures in record.history.items():
                for name in ("loss", "accuracy"):
                    for epoch, value in enumerate(figures[prefix + name], 1):
                        tf.summary.scalar(f"{phase}/{name}", value, step=epoch)
    with tf.summary.create_file_writer(str(folder / "report")).as_default():
        for path in sorted(plots.glob("*.png")):
            with Image.open(path) as picture:
                tf.summary.image(path.stem, np.asarray(picture.convert("RGB"))[None], step=0)
