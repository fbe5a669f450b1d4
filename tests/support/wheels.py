"""Wheels made by hand, and environments in which pip installs them without a network."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path

import numpy as np

from edge_runtime.console.ownership import DISTRIBUTIONS

ROOT = Path(__file__).resolve().parents[2]
_LIBRARIES = ("numpy", "numpy.libs", "PIL", "pillow.libs", "tomli")
_LEFT_OUT = {"__pycache__", "assets"}


def write_wheel(folder: Path, name: str, version: str, files: Mapping[str, bytes], scripts: str = "") -> Path:
    """A wheel of these files, by their paths in it.

    Args:
        folder: where it is written.
        name: of the distribution; likewise ``version``.
        files: what it installs.
        scripts: the lines of its section ``console_scripts``.
    """
    stem = f"{name.replace('-', '_')}-{version}"
    information = {
        "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        "WHEEL": "Wheel-Version: 1.0\nGenerator: by hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "entry_points.txt": f"[console_scripts]\n{scripts}",
    }
    content = {**files, **{f"{stem}.dist-info/{file}": text.encode() for file, text in information.items()}}
    record = f"{stem}.dist-info/RECORD"
    content[record] = "".join(f"{path},,\n" for path in (*content, record)).encode()
    wheel = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, data in content.items():
            archive.writestr(path, data)
    return wheel


def write_our_wheel(folder: Path) -> Path:
    """All our packages, without the trainer's assets, and the commands that are installed here."""
    there = [path for package in DISTRIBUTIONS for path in (ROOT / package).rglob("*") if path.is_file()]
    paths = [path.relative_to(ROOT) for path in there]
    files = {path.as_posix(): (ROOT / path).read_bytes() for path in paths if not {*path.parts} & _LEFT_OUT}
    ours = [one for one in entry_points(group="console_scripts") if one.name.startswith("edge-")]
    return write_wheel(
        folder, "edge-deploy-kit", "0.1.0", files, "".join(f"{one.name} = {one.value}\n" for one in ours)
    )


class Environment:
    """A virtual environment with what our runtime needs; what is more comes from wheels."""

    def __init__(self, folder: Path) -> None:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
        self.bin = folder / "bin"
        (self.site,) = folder.glob("lib/python*/site-packages")
        libraries = Path(np.__file__).parents[1]
        for library in (libraries / name for name in _LIBRARIES):
            if library.exists():
                (self.site / library.name).symlink_to(library)

    def pip(self, *words: str | Path) -> None:
        """Runs pip, from the environment of the tests, on this one; it must succeed."""
        command = [sys.executable, "-m", "pip", "--python", str(self.bin / "python"), *map(str, words)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    def install(self, *wheels: Path) -> None:
        """Installs wheels, in this order."""
        for wheel in wheels:
            self.pip("install", "--quiet", "--no-index", "--no-deps", "--no-compile", wheel)

    def run(self, command: str, *words: str, cwd: Path, path: str | None = None) -> subprocess.CompletedProcess[str]:
        """Runs one of our commands as its user does.

        Args:
            command: ``edge-train``, say; or the path of one in another environment, for this one's Python.
            words: its arguments.
            cwd: the working directory.
            path: PYTHONPATH.
        """
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        if path is not None:
            environment["PYTHONPATH"] = path
        return subprocess.run(
            [self.bin / "python", self.bin / command, *words],
            capture_output=True,
            text=True,
            cwd=cwd,
            env=environment,
            check=False,
        )
