"""Starts TensorFlow for a conversion. Call :func:`start_tensorflow` before anything that imports it."""

from __future__ import annotations

from edge_runtime.console.extras import import_quietly
from edge_runtime.console.native import native_output_as_debug


def start_tensorflow() -> None:
    """Imports TensorFlow and Keras quietly.

    Raises:
        MissingExtraError: they, or what progress is shown with, are not installed.
    """
    import_quietly("convert", "tqdm", "scipy.stats", "litert_quantizer", "keras", "tensorflow")
    import keras
    import tensorflow as tf

    with native_output_as_debug():
        tf.config.list_physical_devices()  # the drivers' messages come with the first look at the devices
    keras.config.disable_interactive_logging()
