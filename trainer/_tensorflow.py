"""Brings TensorFlow and Keras up without their chatter. Call :func:`start` before anything that imports them."""

from __future__ import annotations

from edge_runtime.contracts.native import interrupts_kept, native_output_as_debug, quiet_tensorflow


def start(seed: int) -> None:
    """Imports TensorFlow and Keras quietly and makes what follows repeatable.

    The seed holds for the whole process: Python's, numpy's and TensorFlow's generators. Operations are made
    deterministic as well, so that two runs on one machine give the same figures.
    """
    quiet_tensorflow()
    with native_output_as_debug(), interrupts_kept(deferred=True):  # half an import makes Python crash at its end
        import keras
        import tensorflow as tf

        tf.config.list_physical_devices()  # the drivers' messages come with the first look at the devices
    keras.config.disable_interactive_logging()
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
