"""Starts TensorFlow for a training. Call :func:`start_tensorflow` before anything that imports it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge_runtime.console.extras import check_extra, import_quietly
from edge_runtime.console.native import native_output_as_debug
from trainer.config import FittingOptions
from trainer.errors import ConfigError

if TYPE_CHECKING:
    from trainer.fit.distribution import Workers


_PACKAGES = ("imagehash", "iterstrat", "jinja2", "matplotlib", "sklearn", "tqdm", "keras", "tensorflow")
"""What a training needs, from its first look at the images to its report."""


def check_installed() -> None:
    """Refuses to begin without the packages of the extra [train]; imports none of them.

    Raises:
        MissingExtraError: one is not installed.
    """
    check_extra("train", *_PACKAGES)


def start_tensorflow(options: FittingOptions) -> Workers:
    """Imports TensorFlow and Keras quietly, joins the other workers and makes what follows repeatable.

    The seed holds for the whole process: Python's, numpy's and TensorFlow's generators. Operations are made
    deterministic as well, so that two runs on one machine give the same figures.

    Returns:
        Which part of the work is this process's.

    Raises:
        ConfigError: mixed precision is wanted without a GPU, or several machines that ``TF_CONFIG`` does not name.
        MissingExtraError: they, or what the report needs at the end, are not installed.
    """
    import_quietly("train", *_PACKAGES)
    import keras
    import tensorflow as tf

    from trainer.fit.distribution import join_workers

    with native_output_as_debug():
        gpus = tf.config.list_physical_devices("GPU")  # the drivers' messages come with the first look at the devices
        if options.mixed_precision and not gpus:
            raise ConfigError("mixed_precision: TensorFlow finds no GPU here; on a CPU it costs time, so leave it out")
        workers = join_workers(options.distribute)
    keras.mixed_precision.set_global_policy("mixed_float16" if options.mixed_precision else "float32")
    keras.config.disable_interactive_logging()
    keras.utils.set_random_seed(options.seed)
    tf.config.experimental.enable_op_determinism()
    return workers
