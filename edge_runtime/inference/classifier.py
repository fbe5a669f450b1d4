"""Classifier: a model file and a backend that together turn frames into categories."""

from __future__ import annotations

import os
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter_ns
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_runtime.backends import BACKENDS, Backend, BackendInfo
from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.results import ClassificationResult, Timing
from edge_runtime.errors import BackendError
from edge_runtime.inference.postprocess import Scores, activate, both_classes, dequantize, top_categories
from edge_runtime.inference.settle import settle, tell_guesses, warn_of_merged_pixels
from edge_runtime.inference.slow_settings import threads_counted, warn_of_slow_setting
from edge_runtime.inference.tuning import choose_setting
from edge_runtime.model import (
    ModelContract,
    UserSays,
    check_manifest_sha256,
    check_sha256,
    read_model_file,
    resolve_contract,
)
from edge_runtime.preprocess import Preprocessor, check_frame

DEFAULT_TOP_K = 5


@dataclass(frozen=True, slots=True, eq=False)
class ModelInput:
    """A frame as the model takes it.

    Attributes:
        tensor: of the input's type, (1, height, width, channels).
        preprocess_ns: how long making it took.
    """

    tensor: NDArray[Any]
    preprocess_ns: int


class Classifier:
    """Classifies frames with one model.

    Not for use by two threads at once; give each thread its own.

    Attributes:
        contract: labels, preprocessing and activation it goes by.
        backend_info: which interpreter runs the model, and how.
        top_k: how many categories a result has at the most.
        thresholds: a lower score is left out; one for all classes, or float32, (classes,).
    """

    def __init__(
        self,
        model: str | os.PathLike[str],
        *,
        backend: str = "auto",
        threads: int | None = None,
        top_k: int | None = None,
        threshold: float | None = None,
        labels: str | os.PathLike[str] | None = None,
        normalization: str | None = None,
        resize: str | None = None,
        color: str | None = None,
        activation: str | None = None,
        task: str | None = None,
        layout: str | None = None,
        output: str | int | None = None,
        image_size: str | int | None = None,
        sha256: str | None = None,
        verify: bool = False,
    ) -> None:
        """Loads the model.

        Args:
            model: a .tflite file.
            backend: "litert", "litert-compiled", "litert-gpu", "tflite-runtime", "null", or "auto": what
                ``edge-bench tune`` found for this model on this device, else the first of these that is installed.
            threads: how many threads the interpreter may use; None takes, with "auto", what ``edge-bench tune``
                found, else 1.
            top_k: how many categories a result has at the most; None takes 5, and of a multi-label model all that reach
                their thresholds.
            threshold: categories below this score are left out; None takes the manifest's thresholds, else none.
            labels: a label file, for a model that carries none.
            normalization: for a float model that does not say it, as after ``edge-run --normalization``.
            resize: "squash", "center-crop[:FRACTION]" or "letterbox", with ":antialias" for models trained so; for a
                model that does not say it.
            color: "rgb", "bgr" or "gray": the channels it takes.
            activation: "none", "softmax" or "sigmoid": what makes probabilities of its output.
            task: "single-label", "multi-label" or "binary".
            layout: "nhwc" or "nchw": whether its channels come last or first.
            output: which of several outputs are the scores: its name, or its number from 0.
            image_size: S or "HEIGHTxWIDTH", for a model that takes any size.
            sha256: of the whole file, in hexadecimal; a file with another is refused.
            verify: refuse a file whose weights are not those its own manifest vouches for, or that has no manifest.

        Raises:
            ModelFileError: the file is missing, damaged, no image classifier, or not the one that was asked for.
            ContractError: what the file or the arguments say is incomplete or contradictory.
            BackendError: the interpreter is missing or refuses the model.
        """
        if top_k is not None and top_k < 1:
            raise ContractError(f"top_k {top_k} is less than 1")
        if threshold is not None and not 0.0 <= threshold <= 1.0:
            raise ContractError(f"threshold {threshold} is not within 0..1")
        if sha256 is not None:
            check_sha256(Path(model), sha256)
        said = UserSays(
            labels=None if labels is None else os.fspath(labels),
            normalization=normalization,
            resize=resize,
            color=color,
            activation=activation,
            task=task,
            layout=layout,
            output=None if output is None else str(output),
            image_size=None if image_size is None else str(image_size),
        )
        file = read_model_file(Path(model), said)
        if verify:
            check_manifest_sha256(file)
        self.contract: ModelContract = resolve_contract(file, said)
        self._file = file
        self._preprocess = Preprocessor(self.contract.preprocessing, file.input)
        if normalization is not None:
            warn_of_merged_pixels(file, self.contract.preprocessing)
        name, count = choose_setting(file.path, backend, threads)
        self._backend: Backend | None = None
        with threads_counted() as started:
            self._backend = BACKENDS.load(name)(file, count)
        self.backend_info: BackendInfo = self._backend.info
        warn_of_slow_setting(file.path, self.backend_info, started())
        self.contract = settle(self.contract, file, self._backend, self._preprocess)
        tell_guesses(file.path, self.contract.guesses)
        self.thresholds = self._choose_thresholds(threshold)
        self.top_k = top_k or self._choose_top_k()

    def twin(self) -> Classifier:
        """Another classifier of the same model, loaded once more, for another thread.

        Raises:
            BackendError: the interpreter failed, or this classifier is closed.
        """
        info = self._open_backend().info
        other = copy(self)
        other._preprocess = Preprocessor(self.contract.preprocessing, self._file.input)
        other._backend = BACKENDS.load(info.name)(self._file, info.threads)
        return other

    def classify(self, frame: NDArray[np.uint8]) -> ClassificationResult:
        """The categories of one frame, best first.

        Args:
            frame: uint8 RGB, (height, width, 3), any size.

        Raises:
            ImageError: ``frame`` is not that.
            BackendError: the interpreter failed, or the classifier is closed.
        """
        return self.classify_with_scores(frame)[0]

    def classify_with_scores(self, frame: NDArray[np.uint8]) -> tuple[ClassificationResult, Scores]:
        """As :meth:`classify`, and the probabilities of all classes: float32, (classes,)."""
        check_frame(frame)  # before the tensor is handed out: an error that keeps it would block the interpreter
        return self._run(lambda tensor: self._preprocess(frame, tensor), 0)

    def input_maker(self) -> Callable[[NDArray[np.uint8]], ModelInput]:
        """What makes inputs of frames in one other thread, while this classifier is at work on an earlier one."""
        preprocess = Preprocessor(self.contract.preprocessing, self._file.input)

        def make(frame: NDArray[np.uint8]) -> ModelInput:
            start = perf_counter_ns()
            tensor = np.empty(self._file.input.shape, self._file.input.dtype)
            preprocess(frame, tensor)
            return ModelInput(tensor, perf_counter_ns() - start)

        return make

    def classify_input(self, made: ModelInput) -> tuple[ClassificationResult, Scores]:
        """As :meth:`classify_with_scores`, of what an :meth:`input_maker` made of a frame."""
        return self._run(lambda tensor: np.copyto(tensor, made.tensor), made.preprocess_ns)

    def _run(self, fill: Callable[[NDArray[Any]], None], preprocess_ns: int) -> tuple[ClassificationResult, Scores]:
        backend = self._open_backend()
        start = perf_counter_ns()
        backend.write(fill)
        written = perf_counter_ns()
        backend.invoke()
        invoked = perf_counter_ns()
        scores = self._read_scores(backend)
        categories = top_categories(scores, self.contract.labels, self.top_k, self.thresholds)
        timing = Timing(preprocess_ns + written - start, invoked - written, perf_counter_ns() - invoked)
        return ClassificationResult(categories, timing), scores

    def scores(self, frame: NDArray[np.uint8]) -> Scores:
        """The probabilities of all classes for one frame: float32, (classes,).

        Raises:
            ImageError: ``frame`` is not uint8 (height, width, 3).
            BackendError: the interpreter failed, or the classifier is closed.
        """
        backend = self._open_backend()
        check_frame(frame)
        backend.write(lambda tensor: self._preprocess(frame, tensor))
        backend.invoke()
        return self._read_scores(backend)

    def close(self) -> None:
        """Frees the model; classifying afterwards is an error, closing again is not."""
        if self._backend is not None:
            self._backend.close()
            self._backend = None

    def __enter__(self) -> Classifier:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _open_backend(self) -> Backend:
        if self._backend is None:
            raise BackendError("this classifier is closed")
        return self._backend

    def _read_scores(self, backend: Backend) -> Scores:
        values = activate(dequantize(backend.read(), self._file.output), self.contract.activation)
        return both_classes(values) if self.contract.task == "binary" else values

    def _choose_top_k(self) -> int:
        every_label = self.contract.task == "multi-label" and bool(np.any(self.thresholds))
        return len(self.contract.labels) if every_label else DEFAULT_TOP_K

    def _choose_thresholds(self, threshold: float | None) -> float | NDArray[np.float32]:
        if threshold is None and self.contract.thresholds:
            return np.asarray(self.contract.thresholds, np.float32)
        return threshold or 0.0
