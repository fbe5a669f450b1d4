"""Both distributions from this checkout: the source distributions, and the wheels that come of those."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tools.make_env import make_environment

ROOT = Path(__file__).resolve().parents[2]
PROJECTS = {"edge_deploy_runtime": ROOT / "device", "edge_deploy_kit": ROOT}
"""Each distribution, as its files are named, and the folder of its pyproject.toml."""


class ReleaseError(Exception):
    """What forbids the release, a line for each reason."""


@dataclass(frozen=True)
class Wheels:
    """The two wheels.

    Attributes:
        runtime: for devices.
        kit: with trainer and converter; requires the other one.
    """

    runtime: Path
    kit: Path


def build_distributions(out: Path) -> Wheels:
    """Fills ``out`` with two source distributions and two wheels; the same commit gives the same bytes.

    Raises:
        ReleaseError: a build failed; what it said is on stderr.
    """
    python = make_environment("dist")
    out.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "SOURCE_DATE_EPOCH": _archive_time()}
    for folder in PROJECTS.values():
        # without isolation: the pinned hatchling of that environment, which writes its version into the wheel
        command: list[str | Path] = [python, "-m", "build", "--no-isolation", "--outdir", out, folder]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode:
            sys.stderr.buffer.write(done.stdout)
            raise ReleaseError(f"{folder}: the build failed; what it said is above")
    return find_wheels(out)


def find_wheels(folder: Path) -> Wheels:
    """The wheels in a folder that holds one of each."""
    (runtime,), (kit,) = (list(folder.glob(f"{name}-*.whl")) for name in PROJECTS)
    return Wheels(runtime, kit)


def git(*arguments: str) -> str:
    """What git says of this checkout; nothing where there is no git, or no repository."""
    if shutil.which("git") is None:
        return ""
    return subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, text=True, check=False).stdout.strip()


def _archive_time() -> str:
    """Seconds since 1970 for the files in the archives: SOURCE_DATE_EPOCH, else the commit's time, else 2020."""
    return os.environ.get("SOURCE_DATE_EPOCH") or git("log", "-1", "--format=%ct") or "1577836800"
