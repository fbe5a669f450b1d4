"""The Pythons of other environments, made by tools/make_env.py where they are missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def environment_python(name: str) -> str:
    """The path of that environment's Python."""
    if name == "tflite-runtime" and sys.version_info >= (3, 12):
        pytest.skip("tflite-runtime has no wheel for Python 3.12 or later")
    command = [sys.executable, str(ROOT / "tools" / "make_env.py"), name]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
