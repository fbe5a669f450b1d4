"""Is a package ours? Other distributions install a top-level ``trainer`` or ``benchmarks`` too.

pip lets two distributions write into one folder, and a folder early on Python's path hides those behind it. Nothing is
imported to find out: what strangers wrote may take seconds, or fail.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from edge_runtime.contracts.version import DISTRIBUTION, RUNTIME_DISTRIBUTION

if TYPE_CHECKING:
    from importlib.metadata import Distribution

DISTRIBUTIONS = {
    "edge_runtime": RUNTIME_DISTRIBUTION,
    "benchmarks": RUNTIME_DISTRIBUTION,
    "trainer": DISTRIBUTION,
    "converter": DISTRIBUTION,
}
"""Each of our packages and the distribution that installs it, unless the whole kit does."""

_OURS = {*DISTRIBUTIONS.values(), DISTRIBUTION}
_MARK = b"a package of edge-deploy-kit"
"""Stands in the ``__init__`` of each of our packages, in its source and in its bytecode."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a package is not ours, or not ours alone.

    Attributes:
        detail: what was seen, one line.
        fix: the command or step that fixes it.
        absent: there is no package of that name.
    """

    detail: str
    fix: str
    absent: bool = False


def find_obstacle(package: str) -> Obstacle | None:
    """Looks at what Python would import as ``package``, a key of ``DISTRIBUTIONS``; None where it is ours alone.

    It reads what each distribution in its folder installs, which takes some 15 ms and more.
    """
    spec = find_spec(package)
    if spec is None:
        return _absent(package)
    folders = _folders(spec)
    installers = _installers(package, folders)
    others = {name: version for name, version in installers.items() if name not in _OURS}
    beside_ours = len(others) < len(installers)
    if others:
        return _foreign(package, folders[0], others, beside_ours=beside_ours)
    if _is_marked(spec):
        return None
    if beside_ours:
        return Obstacle(f"the package {package!r} lacks files, or they were replaced", _reinstall(package))
    if spec.origin is None:  # a folder without __init__, which hides nothing
        return _absent(package)
    detail = f"{spec.origin} hides our package {package!r}, and belongs to no distribution"
    return Obstacle(detail, _off_the_path(folders[0]) or "rename it")


def our_distribution(package: str) -> tuple[str, str]:
    """Name and version of what installed ``package``; the version is empty where it was not installed."""
    from importlib.metadata import distributions  # here, since it costs a device 4 MB and 14 ms

    for name in (DISTRIBUTIONS[package], DISTRIBUTION):
        for one in distributions(name=name):
            return name, one.version
    return DISTRIBUTION, ""


def _absent(package: str) -> Obstacle:
    name, _ = our_distribution(package)
    return Obstacle(f"the package {package!r} is not installed", f"pip install {name}", absent=True)


def _foreign(package: str, folder: Path, others: Mapping[str, str], *, beside_ours: bool) -> Obstacle:
    names = ", ".join(f"{name} {version}" for name, version in others.items())
    ours, _ = our_distribution(package)
    uninstall = f"pip uninstall -y {' '.join(others)}"
    detail = f"the package {package!r} in {folder} belongs to the distribution {names}"
    if beside_ours:
        return Obstacle(f"{detail} as well as to {ours}", f"{uninstall} && {_reinstall(package)}")
    return Obstacle(f"{detail}, not to {ours}", _off_the_path(folder) or uninstall)


def _reinstall(package: str) -> str:
    name, _ = our_distribution(package)
    return f"pip install --force-reinstall --no-deps {name}"


def _off_the_path(folder: Path) -> str:
    """What to do about a folder on PYTHONPATH, where pip uninstalls nothing; empty for any other."""
    path = os.environ.get("PYTHONPATH", "")
    entries = path.split(os.pathsep) if path else []
    on_it = folder in {Path(entry).absolute() for entry in entries}  # an empty entry is the working directory
    return f"take {folder} off PYTHONPATH" if on_it else ""


def _is_marked(spec: ModuleSpec) -> bool:
    try:
        return _MARK in spec.loader.get_data(spec.origin)  # type: ignore[union-attr]
    except (AttributeError, OSError, TypeError):  # a folder without __init__ has no origin, and its loader no data
        return False


def _folders(spec: ModuleSpec) -> list[Path]:
    """Where Python found the package; several folders where none of them has an ``__init__``."""
    return [Path(location).parent for location in spec.submodule_search_locations or [str(spec.origin)]]


def _installers(package: str, folders: Iterable[Path]) -> dict[str, str]:
    """The distributions that install ``package`` into the folders: normalized name to version."""
    from importlib.metadata import distributions

    found = [one for one in distributions(path=list(map(str, folders))) if _installs(one, package)]
    return {re.sub(r"[-_.]+", "-", one.name).lower(): one.version for one in found}


def _installs(one: Distribution, package: str) -> bool:
    try:
        if listed := one.read_text("RECORD"):
            is_listed = re.search(rf"^{package}(/|\.py,)", listed, re.MULTILINE) is not None
            return is_listed and bool(one.read_text("METADATA"))  # else it has no name, and pip does not see it
        return package in (one.read_text("top_level.txt") or "").split()  # an egg-info lists no files
    except (OSError, UnicodeDecodeError):
        return False
