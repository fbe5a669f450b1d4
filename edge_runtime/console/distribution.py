"""Which of this project's two distributions is installed here, and the command that adds an extra to it."""

from __future__ import annotations

from edge_runtime.contracts.version import DISTRIBUTION, RUNTIME_DISTRIBUTION

TFLITE_RUNTIME_BEFORE = (3, 12)
"""The first Python that tflite-runtime has no release for."""

NO_TFLITE_RUNTIME = "tflite-runtime has no release for Python 3.12 and later; use the extra litert"
"""Pip cannot say so: on these Pythons the extra tflite-runtime installs nothing."""


def install_command(extra: str) -> str:
    """The pip command that installs an ``extra`` of the runtime's: "litert", "camera" and so on.

    It names edge-deploy-kit where that is installed: in a clone it is the only one.
    """
    from importlib.metadata import PackageNotFoundError, distribution  # here, since it costs a device 4 MB and 14 ms

    try:
        distribution(DISTRIBUTION)
    except PackageNotFoundError:
        return f"pip install '{RUNTIME_DISTRIBUTION}[{extra}]'"
    return f"pip install '{DISTRIBUTION}[{extra}]'"
