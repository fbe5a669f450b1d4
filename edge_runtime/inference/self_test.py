"""``edge-run MODEL --self-test``: the golden images that a model carries, run on this device.

Their scores must be those of the machine that made the file, which proves the decoder, the preprocessing, the
interpreter's kernels and the file itself at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_runtime.contracts.golden import GOLDEN_NAME, TEST_PATTERN, ExpectedScore, GoldenImage, GoldenSet
from edge_runtime.errors import ModelFileError
from edge_runtime.inference.classifier import Classifier
from edge_runtime.model import read_associated_files
from edge_runtime.preprocess import decode_image

_PATTERN_HEIGHT, _PATTERN_WIDTH = 480, 640


@dataclass(frozen=True, slots=True)
class GoldenResult:
    """What this device made of one golden image.

    Attributes:
        file: its name.
        expected: the best class where the file was made.
        found: its score here.
        largest_difference: of any expected score, 0..1.
        passed: whether that is within the tolerance.
    """

    file: str
    expected: ExpectedScore
    found: float
    largest_difference: float
    passed: bool

    def summary(self) -> str:
        """One line."""
        verdict = "ok" if self.passed else "FAILED"
        return (
            f"{verdict:<7}{self.file:<20}{self.expected.label}: expected {self.expected.score:.4f}, found "
            f"{self.found:.4f}; scores differ by up to {self.largest_difference:.4f}"
        )


def read_golden_set(path: Path) -> tuple[GoldenSet, Mapping[str, bytes]]:
    """The golden set that a model carries, and its associated files.

    Raises:
        ModelFileError: it carries none, or lacks one of its images.
        ContractError: the set breaks its contract.
    """
    files = read_associated_files(path)
    if GOLDEN_NAME not in files:
        raise ModelFileError(f"{path}: carries no golden images; edge-convert puts them in, unless told --golden 0")
    golden = GoldenSet.from_json(files[GOLDEN_NAME], f"{path}: {GOLDEN_NAME}")
    for image in golden.images:
        if image.file not in (TEST_PATTERN, *files):
            raise ModelFileError(f"{path}: damaged: its golden image {image.file} is missing")
    return golden, files


def run_self_test(classifier: Classifier, path: Path) -> Iterator[GoldenResult]:
    """Classifies the golden images of the model at ``path``.

    Args:
        classifier: of that model.
        path: the file.

    Raises:
        ModelFileError: it carries no golden images.
        ContractError: they break their contract.
        ImageError: one of them cannot be decoded.
        BackendError: the interpreter failed.
    """
    golden, files = read_golden_set(path)
    labels = len(classifier.contract.labels)
    for image in golden.images:
        if any(not 0 <= expected.index < labels for expected in image.expected):
            raise ModelFileError(f"{path}: damaged: {GOLDEN_NAME} expects a class that the model has not")
        scores = classifier.scores(_frame(image, files, path))
        yield _judge(image, scores, golden.tolerance)


def make_test_pattern() -> NDArray[np.uint8]:
    """A frame of 640x480 as a camera gives it, for the resampling: gradients, edges and circles, in colour.

    It is drawn with integers alone, so that it is the same on every machine.
    """
    rows, columns = np.ogrid[:_PATTERN_HEIGHT, :_PATTERN_WIDTH]
    distances = (rows - 200) ** 2 + (columns - 260) ** 2
    red = columns * 255 // _PATTERN_WIDTH + 0 * rows
    green = np.where(distances < 150**2, 220, rows * 200 // _PATTERN_HEIGHT)
    blue = np.where((rows // 60 + columns // 80) % 2 == 0, 40, 200)
    return np.stack([red, green, blue], axis=-1).astype(np.uint8)


def _frame(image: GoldenImage, files: Mapping[str, bytes], path: Path) -> NDArray[np.uint8]:
    if image.file == TEST_PATTERN:
        return make_test_pattern()
    return decode_image(files[image.file], f"{path}: {image.file}")


def _judge(image: GoldenImage, scores: NDArray[np.float32], tolerance: float) -> GoldenResult:
    found = [float(scores[expected.index]) for expected in image.expected]
    differences = [abs(score - expected.score) for score, expected in zip(found, image.expected, strict=True)]
    largest = max(differences) if all(np.isfinite(differences)) else float("inf")
    return GoldenResult(image.file, image.expected[0], found[0], largest, largest <= tolerance)


def report_self_test(classifier: Classifier, path: Path | str) -> int:
    """Prints one line a golden image and a verdict; returns the exit code, 1 where one failed.

    Raises:
        EdgeDeployError: as :func:`run_self_test`.
    """
    results = []
    for result in run_self_test(classifier, Path(path)):
        print(result.summary())
        results.append(result)
    failed = sum(not result.passed for result in results)
    info = classifier.backend_info
    how = f"{info.name} {info.version}, {info.threads} thread{'s' * (info.threads > 1)}, delegate {info.delegate}"
    verdict = f"FAILED: {failed} of {len(results)} golden images" if failed else "passed"
    print(f"self-test {verdict} ({how})")
    return 1 if failed else 0
