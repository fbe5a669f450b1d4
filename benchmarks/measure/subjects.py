"""What is measured: a model on a backend, ready to be called again and again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from time import perf_counter_ns
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure.protocol import WorkRequest
from edge_runtime import Classifier
from edge_runtime.backends import BACKENDS, BackendInfo
from edge_runtime.inference import DEFAULT_TOP_K, Scores, activate, both_classes, dequantize, settle, top_categories
from edge_runtime.model import read_model_file, resolve_contract
from edge_runtime.preprocess import Preprocessor

Frames = Sequence[NDArray[np.uint8]]
KERAS = "keras"


class Subject(Protocol):
    """A loaded model.

    Attributes:
        info: how it is being run.
        guesses: what was guessed about it, each as the option that overrules it.
    """

    info: BackendInfo
    guesses: tuple[str, ...]

    def run(self, frames: Frames) -> int:
        """Classifies frames, uint8 RGB, as many as the batch; returns the nanoseconds of the inference alone."""

    def scores(self, frames: Frames) -> Scores:
        """Probabilities, float32 (frames, classes), of any number of frames."""

    def close(self) -> None:
        """Frees the model."""


def open_subject(request: WorkRequest) -> Subject:
    """Loads what a request is about.

    Raises:
        EdgeDeployError: it cannot be loaded.
    """
    if request.backend == KERAS:
        from benchmarks.measure.keras_subject import KerasSubject  # a training framework, for those who ask for it

        return KerasSubject(Path(request.model), request.batch, request.options)
    return SingleSubject(request) if request.batch == 1 else BatchSubject(request)


class SingleSubject:
    """One frame a call, through the very call that users make."""

    def __init__(self, request: WorkRequest) -> None:
        said = request.options.as_arguments()
        self._classifier = Classifier(request.model, backend=request.backend, threads=request.threads, **said)
        self.info = self._classifier.backend_info
        self.guesses = self._classifier.contract.guesses

    def run(self, frames: Frames) -> int:
        """Classifies the one frame; returns the nanoseconds of the interpreter's invoke."""
        return self._classifier.classify(frames[0]).timing.invoke_ns

    def scores(self, frames: Frames) -> Scores:
        """Probabilities, float32 (frames, classes)."""
        return np.stack([self._classifier.scores(frame) for frame in frames])

    def close(self) -> None:
        """Frees the model."""
        self._classifier.close()


class BatchSubject:
    """Several frames a call: the same steps as in :class:`Classifier`, around one invoke."""

    def __init__(self, request: WorkRequest) -> None:
        file = read_model_file(Path(request.model), request.options)
        contract = resolve_contract(file, request.options)
        self._output = file.output
        self._batch = request.batch
        self._preprocess = Preprocessor(contract.preprocessing, file.input)
        self._backend = BACKENDS.load(request.backend)(file, request.threads, request.batch)
        self._contract = settle(contract, file, self._backend, self._preprocess, request.batch)
        self.guesses = self._contract.guesses
        self.info: BackendInfo = self._backend.info

    def run(self, frames: Frames) -> int:
        """Classifies a batch; returns the nanoseconds of the interpreter's invoke."""
        taken, scores = self._infer(frames)
        for row in scores:
            top_categories(row, self._contract.labels, DEFAULT_TOP_K, 0.0)
        return taken

    def scores(self, frames: Frames) -> Scores:
        """Probabilities, float32 (frames, classes); the last batch is filled up with its last frame."""
        found = []
        for start in range(0, len(frames), self._batch):
            part = list(frames[start : start + self._batch])
            full = part + part[-1:] * (self._batch - len(part))
            found.append(self._infer(full)[1][: len(part)].copy())
        return np.concatenate(found)

    def close(self) -> None:
        """Frees the model."""
        self._backend.close()

    def _infer(self, frames: Frames) -> tuple[int, Scores]:
        def fill(tensor: NDArray[np.generic]) -> None:
            for number, frame in enumerate(frames):
                self._preprocess(frame, tensor[number : number + 1])

        self._backend.write(fill)
        start = perf_counter_ns()
        self._backend.invoke()
        taken = perf_counter_ns() - start
        raw = self._backend.read().reshape(self._batch, -1)
        scores = activate(dequantize(raw, self._output), self._contract.activation)
        return taken, both_classes(scores) if self._contract.task == "binary" else scores
