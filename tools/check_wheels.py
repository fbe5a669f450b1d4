"""Installs the built wheels in fresh environments of other Pythons, and tries them there.

    python -m tools.check_wheels                     on Python 3.10 and 3.13
    python -m tools.check_wheels --pythons 3.12

On each Python it imports every module of the device wheel in an environment of its own, then every module of both
wheels with all extras. There it runs the tests that need neither TensorFlow nor another environment, from a copy
outside this checkout: they must see what is installed. On the last Python it runs the demo's commands, too. A Python
that is not on this machine is named and left out. Exit code 1 where something failed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tools.release.build import ROOT, ReleaseError, Wheels, build_distributions

PYTHONS = ("3.10", "3.13")
TEST_TOOLS = ("pytest>=8.2", "pytest-xdist>=3.6", "hypothesis>=6.100", "gpiozero>=2.0")
TOLD = ("numpy", "pillow", "ai-edge-litert", "tensorflow", "keras")
COPIED = ("tests", "tools", "examples", "docs", "pyproject.toml")
"""What the tests need of the checkout; the four packages are not among it."""
OF_THE_CHECKOUT = (
    "tests/architecture",
    "tests/benchmarks/cli/test_running.py",
    "tests/benchmarks/stats/test_summary.py",
    "tests/benchmarks/studies",
    "tests/tools",
    "tests/whole_chain/test_package_names.py",
    "tests/whole_chain/test_readme.py",
)
"""Tests of what is in no wheel: the release, tools with environments of their own, this repository's own studies."""

DEVICE_LACKS = ("cv2", "jinja2", "matplotlib", "prometheus_client", "starlette", "uvicorn")
"""What a module of the device wheel may miss there: each belongs to an extra."""

_IMPORT_ALL = """
import importlib, pkgutil, sys
site, lacks, *packages = sys.argv[1:]
for package in map(importlib.import_module, packages):
    assert package.__file__.startswith(site), f"{package.__name__} comes from {package.__file__}"
    names = [module.name for module in pkgutil.walk_packages(package.__path__, package.__name__ + ".")]
    left_out = []
    for name in names:
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name not in lacks.split(","):
                raise
            left_out.append(f"{name} (needs {error.name})")
    print(f"  {package.__name__}: {len(names) - len(left_out)} modules imported", *left_out, sep=", not ")
"""

_TELL = """
import importlib.metadata, sys
print("  " + ", ".join(f"{name} {importlib.metadata.version(name)}" for name in sys.argv[1:]))
"""


class Environment:
    """A fresh virtual environment below ``folder``."""

    def __init__(self, folder: Path, python: str) -> None:
        self.folder = folder
        run([python, "-m", "venv", folder])

    def install(self, *what: str | Path) -> None:
        """Has its own pip install something."""
        run([self.folder / "bin" / "python", "-m", "pip", "install", "-q", *what])

    def run(self, command: str, *arguments: str | Path, cwd: Path | None = None) -> None:
        """Runs one of its commands."""
        run([self.folder / "bin" / command, *arguments], cwd=cwd or self.folder)

    def import_all(self, *packages: str, lacks: Sequence[str] = ()) -> None:
        """Imports every module of ``packages``, which must be the installed ones; ``lacks`` may be missing."""
        self.run("python", "-c", _IMPORT_ALL, self.folder, ",".join(lacks), *packages)


def find_python(version: str) -> str | None:
    """A Python of that version, on the PATH or among pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for candidate in _candidates(version, pyenv):
        ask = [candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        done = subprocess.run(ask, capture_output=True, text=True, check=False)
        if done.stdout.strip() == version:  # pyenv's shims are there for versions that are not chosen, too
            return candidate
    return None


def _candidates(version: str, pyenv: Path) -> Iterator[str]:
    yield sys.executable
    found = shutil.which(f"python{version}")
    if found:
        yield found
    yield from map(str, sorted(pyenv.glob(f"versions/{version}.*/bin/python{version}")))


def check(version: str, python: str, wheels: Wheels, folder: Path, *, demo: bool) -> None:
    """Tries both wheels on one Python.

    Raises:
        subprocess.CalledProcessError: something failed; what it said is on stdout and stderr.
    """
    print(f"Python {version}: the device wheel, then both wheels", flush=True)
    device = Environment(folder / "device", python)
    device.install(f"{wheels.runtime}[litert]")
    device.import_all("edge_runtime", "benchmarks", lacks=DEVICE_LACKS)
    for command in ("edge-run", "edge-doctor", "edge-bench"):
        device.run(command, "--version")
    kit = Environment(folder / "kit", python)
    kit.install(wheels.runtime, f"{wheels.kit}[all]", *TEST_TOOLS)
    kit.run("python", "-c", _TELL, *TOLD)
    kit.import_all("edge_runtime", "benchmarks", "trainer", "converter")
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    left_out = [f"--ignore={path}" for path in OF_THE_CHECKOUT]
    chosen = ("-n", "2", "--dist", "loadfile", "-m", "not tensorflow and not device", *left_out)
    run([kit.folder / "bin" / "python", "-m", "pytest", "-q", *chosen], cwd=folder, plain=True)
    if demo:
        kit.run("python", folder / "tools" / "demo.py", cwd=folder)


def run(command: Sequence[str | Path], cwd: Path | None = None, *, plain: bool = False) -> None:
    """Runs a command that sees nothing of this checkout; TensorFlow keeps its chatter to itself.

    With ``plain`` it finds no program on its PATH: tests that need one are skipped, whatever this machine has.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"TF_CPP_MIN_LOG_LEVEL": "3"}
    if plain:
        environment.pop("CI", None)
        environment["PATH"] = str(Path(command[0]).parent)
    subprocess.run(command, cwd=cwd, env=environment, check=True)


def main() -> int:
    """Runs the command; returns its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pythons", default=",".join(PYTHONS), metavar="LIST", help="versions, with commas between")
    versions = parser.parse_args().pythons.split(",")
    found = {version: python for version in versions if (python := find_python(version))}
    for version in versions:
        print(f"Python {version}: {found.get(version, 'skipped, it is not on this machine')}", flush=True)
    with tempfile.TemporaryDirectory(prefix="check-wheels-") as name:
        wheels = build_distributions(Path(name, "dist"))
        if (ROOT.parent / "shared").is_dir():
            Path(name, "shared").symlink_to(ROOT.parent / "shared")  # third-party data, where the tests look for it
        for version, python in found.items():
            start = time.monotonic()
            check(version, python, wheels, Path(name, version), demo=version == list(found)[-1])
            shutil.rmtree(Path(name, version))
            print(f"Python {version}: passed after {time.monotonic() - start:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (ReleaseError, subprocess.CalledProcessError) as error:
        sys.exit(f"check_wheels: {error}")
