"""Golden images: a few evaluation images, made small, that travel in the file with the scores it gives them here."""

from __future__ import annotations

import io
import platform
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from converter.images import draw_balanced
from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.contracts.golden import GOLDEN_NAME, TEST_PATTERN, ExpectedScore, GoldenImage, GoldenSet
from edge_runtime.inference import Classifier, make_test_pattern
from edge_runtime.preprocess import read_image, resample

MAX_SIDE = 96
"""Of a stored image, whatever the model's input: a small file, and little to see on it."""
TOP = 5
FLOAT_TOLERANCE = 0.02
QUANTIZED_TOLERANCE = 0.1
_CONSIDERED = 8
_CLEAR_MARGIN = 0.3


def make_golden_files(
    path: Path, images: LabelledImages, count: int, seed: int, *, quantized: bool
) -> dict[str, bytes]:
    """The associated files that let ``edge-run --self-test`` prove a device; none where ``count`` is 0.

    Args:
        path: the .tflite, to be run here.
        images: evaluation images.
        count: how many of them travel; a test pattern, which takes no room, goes with them.
        seed: of their choice.
        quantized: whether the file computes with integers, which other kernels round differently.

    Raises:
        ImageError: an image cannot be decoded.
        BackendError: the interpreter does not take the file.
    """
    if count == 0:
        return {}
    with Classifier(path, backend="litert") as classifier:
        frames = _choose(classifier, images, count, seed)
        files = {f"edge_golden_{number}.png": frame for number, frame in enumerate(frames)}
        golden = GoldenSet(
            images=tuple(
                GoldenImage(name, _expected(classifier, frame))
                for name, frame in (*files.items(), (TEST_PATTERN, make_test_pattern()))
            ),
            tolerance=QUANTIZED_TOLERANCE if quantized else FLOAT_TOLERANCE,
            made_with=f"{classifier.backend_info.name} {classifier.backend_info.version} on {platform.machine()}",
        )
    return {GOLDEN_NAME: golden.to_json().encode(), **{name: _png(frame) for name, frame in files.items()}}


def shrink(frame: NDArray[np.uint8], side: int = MAX_SIDE) -> NDArray[np.uint8]:
    """The frame with its longer side at most ``side``, its aspect kept; a smaller one as it is."""
    longer = max(frame.shape[:2])
    if longer <= side:
        return frame
    height, width = (max(1, round(length * side / longer)) for length in frame.shape[:2])
    small = np.empty((height, width, 3), np.uint8)
    resample(frame, small)
    return small


def _choose(classifier: Classifier, images: LabelledImages, count: int, seed: int) -> list[NDArray[np.uint8]]:
    """Of some images of all classes those that the model gets right, and is least sure of without wavering.

    A score of 1 stays 1 when the preprocessing is a little wrong; one in the middle tells.
    """
    drawn = draw_balanced(images, count * _CONSIDERED, seed)
    ranked = []
    for index in range(len(drawn)):
        frame = shrink(read_image(drawn.path(index)))
        scores = classifier.scores(frame)
        best, runner_up = np.sort(scores)[:-3:-1]
        clear = int(scores.argmax()) in drawn.labels[index] and best - runner_up >= _CLEAR_MARGIN
        ranked.append((not clear, float(best), index, frame))
    return [frame for *_, frame in sorted(ranked, key=lambda entry: entry[:3])[:count]]


def _expected(classifier: Classifier, frame: NDArray[np.uint8]) -> tuple[ExpectedScore, ...]:
    scores = classifier.scores(frame)
    best = np.argsort(-scores, kind="stable")[:TOP].tolist()
    labels = classifier.contract.labels
    return tuple(ExpectedScore(index, labels[index], round(float(scores[index]), 5)) for index in best)


def _png(frame: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(frame).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
