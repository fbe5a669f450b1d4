"""Brings TensorFlow and Keras up without their chatter, or says how to install them.

Trainer and converter share it. Importing this module imports neither; no device gets here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from edge_runtime.contracts.command import DISTRIBUTION
from edge_runtime.contracts.errors import EdgeDeployError
from edge_runtime.contracts.native import interrupts_kept, native_output_as_debug, quiet_tensorflow


class MissingExtraError(EdgeDeployError):
    """A package of one of this project's extras is not installed, or cannot be imported."""


@contextmanager
def extra_needed(extra: str) -> Iterator[None]:
    """Turns a failing import inside the block into one line that says what to install.

    Args:
        extra: of this project: "train" or "convert".

    Raises:
        MissingExtraError: an import failed.
    """
    try:
        yield
    except ImportError as error:
        reason = " ".join(str(error).split())
        raise MissingExtraError(f"{reason}; run: pip install '{DISTRIBUTION}[{extra}]'") from error


def start_tensorflow(extra: str, *companions: str) -> None:
    """Imports TensorFlow and Keras quietly. Call it before anything that imports them.

    Args:
        extra: the extra of this project that installs them: "train" or "convert".
        companions: further modules of that extra, which are needed later: better missed now than after the long work.

    Raises:
        MissingExtraError: one of them cannot be imported.
    """
    quiet_tensorflow()
    with (
        extra_needed(extra),
        native_output_as_debug(),
        interrupts_kept(deferred=True),  # half an import makes Python crash at its end
    ):
        for companion in companions:
            import_module(companion)
        import keras
        import tensorflow as tf

        tf.config.list_physical_devices()  # the drivers' messages come with the first look at the devices
    keras.config.disable_interactive_logging()
