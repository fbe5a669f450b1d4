"""The documents name files that are there, and the page on the architecture names all rooms."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("benchmarks", "converter", "edge_runtime", "trainer")
DOCUMENTS = (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "examples" / "README.md")
HISTORY = "CHANGELOG.md"
PATH = re.compile(rf"(?<![\w/.-])(?:{'|'.join(PACKAGES)}|docs|tests|tools|examples)/[\w/.-]*\w")
NAMED = sorted(
    {
        (str(document.relative_to(ROOT)), path)
        for document in DOCUMENTS
        if document.name != HISTORY
        for path in PATH.findall(document.read_text("utf-8"))
    }
)
ARCHITECTURE = "docs/architecture.md"
ROOMS = sorted(str(file.parent.relative_to(ROOT)) for name in PACKAGES for file in ROOT.glob(f"{name}/*/__init__.py"))


def test_there_is_something_to_check() -> None:
    assert sum(document == ARCHITECTURE for document, _ in NAMED) > 50
    assert len(ROOMS) > 30


@pytest.mark.parametrize(("document", "path"), NAMED)
def test_what_a_document_names_is_there(document: str, path: str) -> None:
    assert (ROOT / path).exists(), f"{document} names {path}"


@pytest.mark.parametrize("room", ROOMS)
def test_each_room_stands_in_the_floor_plan(room: str) -> None:
    assert f"| `{room}` |" in (ROOT / ARCHITECTURE).read_text("utf-8")
