"""Whether CHANGELOG.md, the version in the code and the tag on the commit say the same."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from tools.release.build import ROOT, git

VERSION_FILE = ROOT / "edge_runtime" / "contracts" / "version.py"
_HEADING = re.compile(r"^## \[(?P<name>[^\]]+)\](?: - (?P<date>.+))?$", re.MULTILINE)


def current_version() -> str:
    """The version that both distributions take."""
    (found,) = re.finditer(r'^__version__ = "(.+)"$', VERSION_FILE.read_text("utf-8"), re.MULTILINE)
    return found[1]


def tags_here() -> list[str]:
    """The tags on the commit that is checked out."""
    return git("tag", "--points-at", "HEAD").split()


def problems_of_version(version: str, changelog: str, tags: list[str]) -> list[str]:
    """What does not fit, one line each.

    Args:
        version: of the code.
        changelog: the text of CHANGELOG.md. Its first section is named after the version and has a date, or is
            "Unreleased" while the version ends in .devN.
        tags: of the commit; where one is a version, it must be this one.
    """
    sections = [(found["name"], found["date"]) for found in _HEADING.finditer(changelog)]
    if not sections:
        return ["CHANGELOG.md: no heading like: ## [1.2.3] - 2026-01-31"]
    first = sections[0][0]
    is_development = ".dev" in version
    problems = [
        f"CHANGELOG.md: [{name}] has no date like 2026-01-31"
        for name, day in sections
        if name != "Unreleased" and not _is_date(day)
    ]
    if is_development != (first == "Unreleased") or (not is_development and first != version):
        problems.append(f"CHANGELOG.md: its first section is [{first}], and {_relative(VERSION_FILE)} says {version}")
    others = [tag for tag in tags if re.match(r"v?\d", tag) and tag != f"v{version}"]
    return problems + [f"the commit's tag is {tag}, and the version is {version}" for tag in others]


def _is_date(text: str | None) -> bool:
    try:
        return text is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
