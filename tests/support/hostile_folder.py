"""A working directory that harms every process which looks for modules in it."""

from __future__ import annotations

import sys
from pathlib import Path

PACKAGES = ("edge_runtime", "benchmarks", "trainer", "converter")


def write_hostile_folder(folder: Path) -> Path:
    """Writes a module for each of the standard library's, numpy's and Pillow's names, and a folder for each of ours."""
    folder.mkdir(exist_ok=True)
    for name in (*sys.stdlib_module_names, "numpy", "PIL", "cv2", "ai_edge_litert", "sitecustomize"):
        _write(folder / f"{name}.py")
    for name in PACKAGES:
        (folder / name).mkdir(exist_ok=True)
        _write(folder / name / "__init__.py")
    return folder


def _write(path: Path) -> None:
    path.write_text(f"import os\nos.write(2, b'imported {path}\\n')\nos._exit(99)\n")
