"""Starts TensorFlow for a training. Call :func:`start` before anything that imports it."""

from __future__ import annotations

from edge_runtime.contracts.tensorflow import start_tensorflow


def start(seed: int) -> None:
    """Imports TensorFlow and Keras quietly and makes what follows repeatable.

    The seed holds for the whole process: Python's, numpy's and TensorFlow's generators. Operations are made
    deterministic as well, so that two runs on one machine give the same figures.

    Raises:
        MissingExtraError: they, or what the report needs at the end, are not installed.
    """
    start_tensorflow("train", "jinja2", "matplotlib", "sklearn", "tqdm")
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
