"""What a test needs of this machine beyond Python: where it is missing, the test is skipped with a reason.

Where the environment variable CI is set, the test fails instead. A CI machine that lacks something on purpose says so
in CI_LACKS, by name, with commas between: ``CI_LACKS=shared-data,small-disk``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import pytest

FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")
INSTALL = "run: tools/install-debian-packages"


def missing(name: str, what: str) -> NoReturn:
    """Ends the test: this machine lacks ``name``; ``what`` says it in words, and what to do."""
    declared = os.environ.get("CI_LACKS", "").split(",")
    if os.environ.get("CI") and name not in declared:
        pytest.fail(f"{what} (under CI a failure; CI_LACKS={name} allows it)", pytrace=False)
    pytest.skip(what)


def fashion_mnist() -> Path:
    """The folder with the official files of Fashion-MNIST."""
    if not FASHION_MNIST.is_dir():
        missing("fashion-mnist", f"Debian's package dataset-fashion-mnist is not installed; {INSTALL}")
    return FASHION_MNIST
