"""A software bill of materials (CycloneDX, JSON) for a wheel, of an environment into which pip installed it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from make_env import make_environment

from release.build import ROOT, Wheels

EXTRAS = {"runtime": "litert", "kit": "all"}
"""With which extras each wheel is installed for its list."""


def write_sboms(wheels: Wheels, out: Path) -> list[Path]:
    """Writes ``NAME-VERSION.cdx.json`` for both wheels into ``out``; takes what ``constraints.txt`` pins."""
    return [
        write_sbom([f"{wheels.runtime}[{EXTRAS['runtime']}]"], out / _name(wheels.runtime)),
        write_sbom([str(wheels.runtime), f"{wheels.kit}[{EXTRAS['kit']}]"], out / _name(wheels.kit)),
    ]


def write_sbom(requirements: list[str], path: Path) -> Path:
    """Installs ``requirements`` in an environment of their own and lists what came; returns ``path``.

    Raises:
        subprocess.CalledProcessError: pip or cyclonedx-py failed; what they said is on stderr.
    """
    tools = make_environment("dist").parent
    with tempfile.TemporaryDirectory(prefix="sbom-") as folder:
        _run(sys.executable, "-m", "venv", "--without-pip", folder)  # pip is no part of what is installed
        python = Path(folder, "bin", "python")
        pip = (tools / "python", "-m", "pip", "--python", python, "install", "-q", "-c", ROOT / "constraints.txt")
        _run(*pip, *requirements)
        _run(tools / "cyclonedx-py", "environment", "--output-reproducible", "--output-file", path, python)
    return path


def _name(wheel: Path) -> str:
    return "-".join(wheel.name.split("-")[:2]) + ".cdx.json"


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True, stdout=sys.stderr)
