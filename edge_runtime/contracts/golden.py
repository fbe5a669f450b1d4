"""GoldenSet: images that travel in a .tflite together with the scores it gave them where it was made.

``edge-run MODEL --self-test`` runs them on the device, which proves preprocessing and kernels there.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from edge_runtime.contracts.codec import decode, encode, parse_json
from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.versioned import Versioned

GOLDEN_NAME = "edge_golden.json"
GOLDEN_SCHEMA = 1
MAX_IMAGES = 16
TEST_PATTERN = "test-pattern"
"""Stands for the frame that ``edge_runtime.inference.self_test.make_test_pattern`` draws, instead of a file."""
_FILE = r"edge_golden_\d{1,2}\.png"


@dataclass(frozen=True, slots=True)
class ExpectedScore:
    """The score of one class, 0..1."""

    index: int
    label: str
    score: float


@dataclass(frozen=True, slots=True)
class GoldenImage:
    """One image and what the model said of it.

    Attributes:
        file: the associated file with its pixels, a PNG; or ``TEST_PATTERN``.
        expected: the best classes, highest score first.

    Raises:
        ContractError: the file is no name of a golden image, or nothing is expected.
    """

    file: str
    expected: tuple[ExpectedScore, ...]

    def __post_init__(self) -> None:
        if self.file != TEST_PATTERN and not re.fullmatch(_FILE, self.file):
            raise ContractError(f"file {self.file!r} is no golden image")
        if not self.expected:
            raise ContractError(f"file {self.file!r}: no score is expected")


@dataclass(frozen=True, slots=True)
class GoldenSet(Versioned):
    """The content of ``edge_golden.json``.

    Attributes:
        images: a few.
        tolerance: by how much a score may differ, 0..1: other kernels round differently.
        made_with: the interpreter that gave the scores.

    Raises:
        ContractError: there are none or too many images, or the tolerance tolerates everything.
    """

    images: tuple[GoldenImage, ...]
    tolerance: float
    made_with: str
    schema: int = GOLDEN_SCHEMA

    def __post_init__(self) -> None:
        if not 1 <= len(self.images) <= MAX_IMAGES:
            raise ContractError(f"images: {len(self.images)}; 1 to {MAX_IMAGES} are possible")
        if not 0 < self.tolerance < 1:
            raise ContractError(f"tolerance {self.tolerance} is not within 0..1")

    def to_json(self) -> str:
        """The set as JSON text."""
        return json.dumps(encode(self), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, content: bytes | str, where: str = GOLDEN_NAME) -> GoldenSet:
        """Reads what :meth:`to_json` wrote.

        Raises:
            ContractError: it breaks the contract.
        """
        return decode(cls, parse_json(content, where), where)
