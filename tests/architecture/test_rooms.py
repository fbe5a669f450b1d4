"""The house's rules on folders, imports and names, for the packages that ship; each rule is shown to fail, too."""

from pathlib import Path

import pytest
from house import House

ROOT = Path(__file__).parents[2]
PACKAGES = ("edge_runtime", "trainer", "converter", "benchmarks")
HOUSE = House(ROOT, PACKAGES)
MOST_MODULES = 12

LARGE = {"edge_runtime.contracts": "one file for each contract, and nothing else"}
"""Folders that may hold more modules, and why."""

FAMILIES = ("edge_runtime.contracts", "edge_runtime.console", "benchmarks.studies")
"""Rooms whose files are names of their own, and are imported as such."""

HEAVY = (
    "ai_edge_litert", "cv2", "flatbuffers", "jinja2", "keras", "matplotlib", "prometheus_client", "sklearn",
    "starlette", "tensorflow",
)  # fmt: skip
"""Libraries that cost: a room does not load them, so a file that does is imported by its own name."""

SHAPES = {
    "main": "what runs a command or a child process",
    "entry": "a console script",
    "resize": "the two implementations of resampling",
    "halve": "the two implementations of resampling",
    "render": "each format of a report",
    "add": "each subcommand's parser",
    "measure": "each study's measurement",
}
"""Names that a family's files share, and why."""


def test_no_folder_holds_more_than_a_dozen_modules() -> None:
    crowded = {name: count for name, count in HOUSE.modules_of_rooms().items() if count > MOST_MODULES}
    assert set(crowded) == set(LARGE), crowded


def test_every_folder_says_what_it_is_for() -> None:
    assert HOUSE.rooms_without_docstring() == []


@pytest.mark.parametrize("package", PACKAGES)
def test_other_rooms_are_imported_by_their_name(package: str) -> None:
    found = HOUSE.imports_of_files(FAMILIES, HEAVY)
    assert [str(each) for each in found if each.importer.partition(".")[0] == package] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_public_name_is_taken_twice(package: str) -> None:
    assert {name: where for name, where in HOUSE.names_taken_twice(package).items() if name not in SHAPES} == {}
