"""What must agree before a release: version, changelog, tag, and the metadata of the two distributions."""

import re
import sys
from pathlib import Path

import pytest

from tools.check_wheels import find_python
from tools.release.build import ROOT
from tools.release.version import current_version, problems_of_version, tags_here

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

RELEASED = "# Changelog\n\n## [1.2.0] - 2026-11-28\n\n### Added\n\n## [1.1.0] - 2026-10-01\n"


def project(path: str) -> dict[str, object]:
    return tomllib.loads((ROOT / path).read_text("utf-8"))["project"]


@pytest.mark.parametrize(
    ("version", "changelog", "tags", "problem"),
    [
        ("1.2.0", RELEASED, [], None),
        ("1.2.0", RELEASED, ["v1.2.0", "nightly"], None),
        ("1.3.0.dev0", f"## [Unreleased]\n\n{RELEASED}", [], None),
        ("1.2.1", RELEASED, [], r"its first section is \[1.2.0\], and edge_runtime/contracts/version.py says 1.2.1"),
        ("1.2.0", f"## [Unreleased]\n\n{RELEASED}", [], r"its first section is \[Unreleased\]"),
        ("1.3.0.dev0", RELEASED, [], "says 1.3.0.dev0"),
        ("1.2.0", RELEASED, ["v1.1.0"], "the commit's tag is v1.1.0, and the version is 1.2.0"),
        ("1.2.0", RELEASED, ["1.2.0"], "the commit's tag is 1.2.0"),
        ("1.2.0", RELEASED.replace(" - 2026-10-01", ""), [], r"\[1.1.0\] has no date"),
        ("1.2.0", RELEASED.replace("2026-10-01", "2026-13-01"), [], r"\[1.1.0\] has no date"),
        ("1.2.0", "# Changelog\n", [], "no heading"),
    ],
)
def test_version_changelog_and_tag(version: str, changelog: str, tags: list[str], problem: str | None) -> None:
    found = problems_of_version(version, changelog, tags)
    if problem is None:
        assert found == []
    else:
        (only,) = found
        assert re.search(problem, only)


def test_this_checkout_could_be_released() -> None:
    assert problems_of_version(current_version(), (ROOT / "CHANGELOG.md").read_text("utf-8"), tags_here()) == []


def test_what_both_distributions_say_is_the_same() -> None:
    kit, device = project("pyproject.toml"), project("device/pyproject.toml")
    for field in ("requires-python", "authors", "classifiers", "dependencies", "urls", "license"):
        assert device[field] == kit[field], field
    extras = kit["optional-dependencies"]
    assert {name: extras[name] for name in device["optional-dependencies"]} == device["optional-dependencies"]
    assert (ROOT / "device" / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_a_python_that_is_not_here_is_none() -> None:
    here = "{}.{}".format(*sys.version_info)
    found = find_python(here)
    assert found is not None
    assert Path(found).exists()
    assert find_python("3.99") is None
