"""A software bill of materials (CycloneDX, JSON) for a wheel, of an environment into which pip installed it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.make_env import make_environment, new_environment, pip_of
from tools.release.build import PROJECTS, ROOT

EXTRAS = {"edge_deploy_runtime": "litert", "edge_deploy_kit": "all"}
"""With which extras each distribution is installed for its list."""


def write_sboms(dist: Path) -> None:
    """Writes ``NAME-VERSION.cdx.json`` beside both wheels in ``dist``."""
    for name in EXTRAS:
        write_sbom(name, dist)


def write_sbom(name: str, dist: Path) -> Path:
    """Installs a distribution of the folder ``dist`` in an environment of its own, and lists what came with it.

    Returns the list's path. pip takes what ``constraints.txt`` pins.

    Raises:
        subprocess.CalledProcessError: pip or cyclonedx-py failed; what they said is on stderr.
    """
    version = next(dist.glob(f"{name}-*.whl")).name.split("-")[1]
    path = dist / f"{name}-{version}.cdx.json"
    tools = make_environment("dist").parent
    with tempfile.TemporaryDirectory(prefix="sbom-") as folder:
        new_environment(Path(folder))
        python = Path(folder, "bin", "python")
        pip = (*pip_of(python), "install", "-q", "-c", ROOT / "constraints.txt")
        # by name: the path of a file would stand in the list
        _run(*pip, "--find-links", dist, f"{name}[{EXTRAS[name]}]=={version}")
        described = ("--pyproject", PROJECTS[name] / "pyproject.toml", "--output-file", path)
        _run(tools / "cyclonedx-py", "environment", "--output-reproducible", *described, python)
    _add_version(path, version)
    return path


def _add_version(path: Path, version: str) -> None:
    """Says the version of what is listed, which no pyproject.toml of ours holds."""
    sbom = json.loads(path.read_text("utf-8"))
    sbom["metadata"]["component"]["version"] = version
    path.write_text(json.dumps(sbom, indent=2) + "\n", "utf-8")


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True, stdout=sys.stderr)
