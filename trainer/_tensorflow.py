"""Starts TensorFlow for a training. Call :func:`start` before anything that imports it."""

from __future__ import annotations

from edge_runtime.contracts.extras import import_quietly
from edge_runtime.contracts.native import native_output_as_debug


def start(seed: int) -> None:
    """Imports TensorFlow and Keras quietly and makes what follows repeatable.

    The seed holds for the whole process: Python's, numpy's and TensorFlow's generators. Operations are made
    deterministic as well, so that two runs on one machine give the same figures.

    Raises:
        MissingExtraError: they, or what the report needs at the end, are not installed.
    """
    import_quietly("train", "imagehash", "iterstrat", "jinja2", "matplotlib", "sklearn", "tqdm", "keras", "tensorflow")
    import keras
    import tensorflow as tf

    with native_output_as_debug():
        tf.config.list_physical_devices()  # the drivers' messages come with the first look at the devices
    keras.config.disable_interactive_logging()
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
