"""Scores of the float model and of .tflite files on the same images, each image read when it is needed and let go.

The files run in ``edge_runtime.Classifier``, as they will on a device.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from converter.judge.compare import Scores
from converter.models import FloatModel
from edge_runtime.console.command import logger
from edge_runtime.console.progress import progress_bar
from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.contracts.tensors import TensorSpec
from edge_runtime.inference import Classifier, activate, both_classes
from edge_runtime.model import ModelContract
from edge_runtime.preprocess import Preprocessor, read_image

BATCH = 32
MAX_WORKERS = 8

Worker = TypeVar("Worker")
Result = TypeVar("Result")


def float_scores(images: LabelledImages, contract: ModelContract, model: FloatModel) -> Scores:
    """The float model's scores, float32 (images, classes).

    Raises:
        ImageError: an image cannot be decoded; the message names it.
        ConversionError: the library that runs the model fails.
    """
    outputs = []
    spec = contract.preprocessing
    tensor = TensorSpec((1, spec.height, spec.width, spec.channels), "float32")
    workers = [Preprocessor(spec, tensor) for _ in range(_cores())]
    with progress_bar("float model", len(images), "image") as bar:
        for paths, pixels in _in_batches(images, workers, _preprocessed):
            outputs.append(model.outputs_of(np.concatenate(pixels)))
            bar.update(len(paths))
    return probabilities(np.concatenate(outputs), contract)


def file_scores(images: LabelledImages, files: Sequence[Path]) -> list[Scores]:
    """Each file's scores, float32 (images, classes), computed on all cores.

    Args:
        images: to classify.
        files: .tflite files.

    Raises:
        ImageError: an image cannot be decoded; the message names it.
        BackendError: the interpreter does not take a file.
    """
    rows: list[list[Scores]] = []
    with _classifiers(files) as workers, progress_bar("evaluation", len(images), "image") as bar:
        for paths, scores in _in_batches(images, workers, _classified):
            rows += scores
            bar.update(len(paths))
    return [np.stack(column) for column in zip(*rows, strict=True)]


def probabilities(outputs: Scores, contract: ModelContract) -> Scores:
    """What a float model's outputs mean: (images, classes) from its (images, outputs)."""
    scores = activate(outputs, contract.activation)
    return both_classes(scores) if contract.task == "binary" else scores


def _preprocessed(preprocess: Preprocessor, path: Path) -> NDArray[np.float32]:
    pixels = np.empty(preprocess.tensor.shape, np.float32)
    preprocess(read_image(path), pixels)
    return pixels


def _classified(classifiers: Sequence[Classifier], path: Path) -> list[Scores]:
    frame = read_image(path)
    return [classifier.scores(frame) for classifier in classifiers]


def _in_batches(
    images: LabelledImages, workers: Sequence[Worker], work: Callable[[Worker, Path], Result]
) -> Iterator[tuple[list[Path], list[Result]]]:
    """The results of ``work`` on each image, some images at a time, in order; each worker keeps to one thread."""

    def share(worker: Worker, paths: Sequence[Path]) -> list[Result]:
        return [work(worker, path) for path in paths]

    with ThreadPoolExecutor(len(workers)) as pool:
        for start in range(0, len(images), BATCH):
            paths = [images.path(index) for index in range(start, min(start + BATCH, len(images)))]
            shares = [paths[number :: len(workers)] for number in range(len(workers))]
            results: list[Result | None] = [None] * len(paths)
            for number, done in enumerate(pool.map(share, workers, shares)):
                results[number :: len(workers)] = done
            yield paths, [result for result in results if result is not None]


def open_candidate(path: Path) -> Classifier:
    """A classifier on one thread; what it warns of (a delegate that did not engage) is in the report."""
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        return Classifier(path, backend="litert", threads=1)
    finally:
        logger.setLevel(level)


@contextmanager
def _classifiers(files: Sequence[Path]) -> Iterator[list[list[Classifier]]]:
    """For each core a classifier of each file, with an interpreter of one thread."""
    with ExitStack() as stack:
        yield [[stack.enter_context(open_candidate(path)) for path in files] for _ in range(_cores())]


def _cores() -> int:
    return min(os.cpu_count() or 1, MAX_WORKERS)
