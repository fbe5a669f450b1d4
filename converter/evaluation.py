"""Scores of the Keras model and of .tflite files on the same images, each image read once and then let go.

The files run in ``edge_runtime.Classifier``, as they will on a device.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from converter.source import KerasModel
from edge_runtime.classifier import Classifier
from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.contracts.progress import progress_bar
from edge_runtime.contracts.tensors import TensorSpec
from edge_runtime.model_contract import ModelContract
from edge_runtime.postprocess import activate
from edge_runtime.preprocess import Preprocessor, read_image

BATCH = 64
MAX_WORKERS = 8

Scores = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What several models say of the same images.

    Attributes:
        truth: the right classes, int64 (images,).
        keras: the Keras model's scores, float32 (images, classes).
        files: each file's scores, of the same shape.
    """

    truth: NDArray[np.int64]
    keras: Scores
    files: tuple[Scores, ...]


class _Worker:
    """What one thread needs to turn an image into the Keras model's input and into the files' scores."""

    def __init__(self, contract: ModelContract, classifiers: Sequence[Classifier]) -> None:
        spec = contract.preprocessing
        self._shape = (spec.height, spec.width, spec.channels)
        self._preprocess = Preprocessor(spec, TensorSpec((1, *self._shape), "float32"))
        self._classifiers = classifiers

    def run(self, paths: Sequence[Path]) -> tuple[NDArray[np.float32], list[list[Scores]]]:
        """The Keras inputs of ``paths``, and for each of them each file's scores."""
        pixels = np.empty((len(paths), *self._shape), np.float32)
        scores = []
        for row, path in enumerate(paths):
            frame = read_image(path)
            self._preprocess(frame, pixels[row : row + 1])
            scores.append([classifier.scores(frame) for classifier in self._classifiers])
        return pixels, scores


def evaluate(images: LabelledImages, contract: ModelContract, model: KerasModel, files: Sequence[Path]) -> Evaluation:
    """Scores ``images`` with the Keras model and with each of ``files``, on all cores.

    Args:
        images: each with one label.
        contract: of all these models.
        model: gives what ``contract.activation`` turns into probabilities.
        files: .tflite files.

    Raises:
        ImageError: an image cannot be decoded; the message names it.
        BackendError: the interpreter does not take a file.
    """
    by_keras: list[Scores] = []
    by_files: list[list[Scores]] = []
    with (
        _workers(contract, files) as workers,
        ThreadPoolExecutor(len(workers)) as pool,
        progress_bar("evaluation", len(images), "image") as bar,
    ):
        for start in range(0, len(images), BATCH):
            indices = range(start, min(start + BATCH, len(images)))
            shares = [[images.path(index) for index in share] for share in np.array_split(indices, len(workers))]
            done = list(pool.map(_Worker.run, workers, shares))
            outputs = model.predict_on_batch(np.concatenate([pixels for pixels, _ in done]))
            by_keras.append(activate(np.asarray(outputs, np.float32), contract.activation))
            by_files += [scores for _, rows in done for scores in rows]
            bar.update(len(indices))
    truth = np.array([labels[0] for labels in images.labels], np.int64)
    return Evaluation(truth, np.concatenate(by_keras), tuple(map(np.stack, zip(*by_files, strict=True))))


@contextmanager
def _workers(contract: ModelContract, files: Sequence[Path]) -> Iterator[list[_Worker]]:
    """As many workers as there are cores, with interpreters of one thread each."""
    with ExitStack() as stack:
        yield [
            _Worker(contract, [stack.enter_context(Classifier(path, backend="litert", threads=1)) for path in files])
            for _ in range(min(os.cpu_count() or 1, MAX_WORKERS))
        ]
