"""Tries in a child process whether TensorFlow's calibration survives a model: on some loops it crashes the process."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from converter.errors import ConversionError, shortened
from converter.quantize.conversion import Inputs
from converter.tflite import read_graphs, read_model
from edge_runtime.console.child_process import child_command

SECONDS = 300.0
_MODEL, _INPUT = "model.tflite", "input.npy"


def ensure_calibrates(content: bytes, calibration: Inputs) -> None:
    """Refuses a float model that crashes the calibration; one without loops and branches is not tried.

    Args:
        content: the float model, a .tflite.
        calibration: the inputs; the first is tried.

    Raises:
        ConversionError: the child process crashed, or gave no answer.
        ImageError: the first image cannot be decoded.
    """
    if len(read_graphs(read_model(content, Path(_MODEL)), Path(_MODEL))) == 1:
        return
    with tempfile.TemporaryDirectory(prefix="edge-calibration-") as folder:
        (Path(folder) / _MODEL).write_bytes(content)
        np.save(Path(folder) / _INPUT, next(calibration()))
        problem = _try_in_child(folder)
    if problem:
        raise ConversionError(
            f"TensorFlow cannot calibrate the model: {problem}; it has loops or branches, as LSTM and GRU layers do; "
            "float16, dynamic and int8-weights need no calibration (--quantize)"
        )


def _try_in_child(folder: str) -> str:
    """What went wrong; empty where nothing did."""
    command = child_command("converter.quantize.trial:main", folder)
    try:
        done = subprocess.run(  # noqa: S603 - our own Python with our own code
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {SECONDS:g} s"
    if done.returncode < 0:
        return f"it crashes ({signal.strsignal(-done.returncode)})"
    return shortened(done.stderr.decode("utf-8", "replace").strip().splitlines()[-1]) if done.returncode else ""


def main() -> None:
    """Calibrates the model in the folder with one input."""
    from tensorflow.lite.python.optimize.calibrator import Calibrator

    folder = Path(sys.argv[1])
    pixels = np.load(folder / _INPUT)
    Calibrator((folder / _MODEL).read_bytes()).calibrate(lambda: iter([[pixels]]))
