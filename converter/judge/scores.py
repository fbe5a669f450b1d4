"""Scores of the float model and of .tflite files on the same frames.

The files run in ``edge_runtime.Classifier``, as they will on a device. It is fed with frames that were resized before.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from converter.frames import Frames, cores, resized
from converter.judge.compare import Scores
from converter.models import FloatModel
from edge_runtime.console.command import logger
from edge_runtime.console.progress import progress_bar
from edge_runtime.inference import Classifier, ModelInput, activate, both_classes
from edge_runtime.model import ModelContract, UserSays, read_model_file
from edge_runtime.preprocess import Preprocessor

BATCH = 32


def float_scores(frames: Frames, contract: ModelContract, model: FloatModel) -> Scores:
    """The float model's scores, float32 (images, classes).

    Raises:
        ConversionError: the library that runs the model fails.
    """
    outputs, batch = [], list[NDArray[np.float32]]()
    with progress_bar("float model", len(frames), "image") as bar:
        for number, pixels in enumerate(frames.inputs(), 1):
            batch.append(pixels)
            if len(batch) == BATCH or number == len(frames):
                outputs.append(model.outputs_of(np.concatenate(batch)))
                bar.update(len(batch))
                batch = []
    return probabilities(np.concatenate(outputs), contract)


def file_scores(frames: Frames, path: Path, name: str, said: UserSays | None = None) -> Scores:
    """A file's scores, float32 (images, classes), computed on all cores with one interpreter each.

    Args:
        frames: to classify.
        path: of the .tflite.
        name: of the file, for the progress bar.
        said: by the user of a file that does not say it itself; None for nothing.

    Raises:
        BackendError: the interpreter does not take the file.
    """
    with _readers(path, said or UserSays()) as readers, progress_bar(name, len(frames), "image") as bar:
        rows: list[Scores] = []
        with ThreadPoolExecutor(len(readers)) as pool:
            for start in range(0, len(frames), BATCH):
                pixels = frames.pixels[start : start + BATCH]
                shares = [pixels[number :: len(readers)] for number in range(len(readers))]
                done = list(pool.map(_Reader.scores_of, readers, shares))
                rows += [done[index % len(readers)][index // len(readers)] for index in range(len(pixels))]
                bar.update(len(pixels))
    return np.stack(rows)


def probabilities(outputs: Scores, contract: ModelContract) -> Scores:
    """What a float model's outputs mean: (images, classes) from its (images, outputs)."""
    scores = activate(outputs, contract.activation)
    return both_classes(scores) if contract.task == "binary" else scores


def open_candidate(path: Path, said: UserSays | None = None) -> Classifier:
    """A classifier on one thread; what it warns of (a delegate that did not engage) is in the report."""
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        return Classifier(path, backend="litert", threads=1, **(said or UserSays()).as_arguments())
    finally:
        logger.setLevel(level)


class _Reader:
    """One interpreter of a file, for one thread."""

    def __init__(self, classifier: Classifier, preprocess: Preprocessor) -> None:
        self.classifier = classifier
        self._preprocess = preprocess

    def scores_of(self, pixels: NDArray[np.uint8]) -> list[Scores]:
        """The probabilities of all classes for each frame."""
        return [self._scores(frame) for frame in pixels]

    def _scores(self, frame: NDArray[np.uint8]) -> Scores:
        tensor = np.empty(self._preprocess.tensor.shape, self._preprocess.tensor.dtype)
        self._preprocess(frame, tensor)
        return self.classifier.classify_input(ModelInput(tensor, 0))[1]


@contextmanager
def _readers(path: Path, said: UserSays) -> Iterator[Sequence[_Reader]]:
    """A reader for each core."""
    classifiers = [open_candidate(path, said)]
    try:
        classifiers += [classifiers[0].twin() for _ in range(cores() - 1)]
        tensor, spec = read_model_file(path, said).input, resized(classifiers[0].contract.preprocessing)
        yield [_Reader(classifier, Preprocessor(spec, tensor)) for classifier in classifiers]
    finally:
        for classifier in classifiers:
            classifier.close()
