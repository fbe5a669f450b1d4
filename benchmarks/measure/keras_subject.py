"""The float Keras model itself, compiled, on whichever backend Keras is set to (KERAS_BACKEND): TensorFlow or JAX."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter_ns
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from benchmarks.errors import BenchmarkError
from edge_runtime.backends import BackendInfo
from edge_runtime.console.extras import import_quietly
from edge_runtime.console.native import native_output_as_debug
from edge_runtime.contracts.manifest import Activation, Task
from edge_runtime.contracts.preprocessing import COLORS, PreprocessSpec, parse_normalization, parse_resize
from edge_runtime.contracts.tensors import TensorSpec
from edge_runtime.contracts.training import TRAINING_NAME, TrainingRecord
from edge_runtime.inference import DEFAULT_TOP_K, Scores, activate, both_classes, top_categories
from edge_runtime.model import UserSays, read_image_input
from edge_runtime.preprocess import Preprocessor

Compiled = Callable[[NDArray[np.float32]], Any]


class KerasSubject:
    """A .keras file, read as the trainer's record beside it says, or as the user says."""

    guesses: tuple[str, ...] = ()

    def __init__(self, path: Path, batch: int, said: UserSays) -> None:
        """Loads and compiles it.

        Raises:
            MissingExtraError: Keras is not installed.
            BenchmarkError: the file is no Keras model, or nothing says how images are read.
        """
        import_quietly("train", "keras")
        import keras

        with native_output_as_debug():
            try:
                model = keras.saving.load_model(path, compile=False)
            except (ValueError, TypeError, OSError) as error:
                raise BenchmarkError(f"{path}: Keras cannot load it: {' '.join(str(error).split())}") from error
            self._call, how, device, device_name = _compile(keras.backend.backend(), model)
        self._batch = batch
        spec, self._task, self._activation = _contract(path, model.input_shape, said)
        self._image = np.zeros((batch, spec.height, spec.width, spec.channels), np.float32)
        self._preprocess = Preprocessor(spec, TensorSpec((1, *self._image.shape[1:]), "float32"))
        version = f"{keras.__version__} ({keras.backend.backend()})"
        self.info = BackendInfo("keras", version, 1, how, device, device_name)

    def run(self, frames: Sequence[NDArray[np.uint8]]) -> int:
        """Classifies a batch; returns the nanoseconds of the compiled call, until its output can be read."""
        taken, scores = self._infer(frames)
        names = [""] * scores.shape[1]
        for row in scores:
            top_categories(row, names, DEFAULT_TOP_K, 0.0)
        return taken

    def scores(self, frames: Sequence[NDArray[np.uint8]]) -> Scores:
        """Probabilities, float32 (frames, classes)."""
        found = []
        for start in range(0, len(frames), self._batch):
            part = list(frames[start : start + self._batch])
            found.append(self._infer(part + part[-1:] * (self._batch - len(part)))[1][: len(part)])
        return np.concatenate(found)

    def close(self) -> None:
        """Nothing: the process ends soon."""

    def _infer(self, frames: Sequence[NDArray[np.uint8]]) -> tuple[int, Scores]:
        for number, frame in enumerate(frames):
            self._preprocess(frame, self._image[number : number + 1])
        start = perf_counter_ns()
        raw = np.asarray(self._call(self._image), np.float32)
        taken = perf_counter_ns() - start
        scores = activate(raw, self._activation)
        return taken, both_classes(scores) if self._task == "binary" else scores


def _compile(backend: str, model: Any) -> tuple[Compiled, str, Any, str | None]:
    """The compiled call, what compiled it, and the device it runs on with its name."""
    if backend == "tensorflow":
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
        name = tf.config.experimental.get_device_details(gpus[0]).get("device_name") if gpus else None
        return tf.function(lambda x: model(x, training=False)), "tf.function", "gpu" if gpus else "cpu", name
    if backend == "jax":
        import jax

        device = jax.devices()[0]
        is_gpu = device.platform == "gpu"
        call = jax.jit(lambda x: model(x, training=False))
        return call, "jax.jit", "gpu" if is_gpu else "cpu", device.device_kind if is_gpu else None
    raise BenchmarkError(f"KERAS_BACKEND {backend}: only tensorflow and jax are measured compiled")


def _contract(path: Path, shape: tuple[int | None, ...], said: UserSays) -> tuple[PreprocessSpec, Task, Activation]:
    if (path.parent / TRAINING_NAME).is_file():
        record = TrainingRecord.load(path.parent)
        return record.preprocessing, record.task, record.activation
    if said.normalization is None:
        raise BenchmarkError(
            f"{path}: nothing says how images are read: {TRAINING_NAME} is not beside it; give --normalization, and "
            "--activation where it does not end in probabilities"
        )
    height, width, channels = read_image_input(path, shape, replace(said, layout="nhwc")).image_shape
    mean, std = parse_normalization(said.normalization)
    resize = parse_resize(said.resize or "squash")
    color = COLORS[said.color or ("gray" if channels == 1 else "rgb")]
    spec = PreprocessSpec(height, width, *resize, color=color, mean=mean, std=std)
    return spec, cast(Task, said.task or "single-label"), cast(Activation, said.activation or "none")
