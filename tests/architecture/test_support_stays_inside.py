"""What tests are helped with is no part of the product or its tools: nothing outside tests/ imports it."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
SUPPORT = {path.stem for path in (ROOT / "tests" / "support").glob("*.py")}


def imported(path: Path) -> set[str]:
    """The top-level modules that a file imports."""
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return {name.partition(".")[0] for name in plain | {str(n.module) for n in nodes if isinstance(n, ast.ImportFrom)}}


def test_nothing_outside_tests_imports_from_their_support() -> None:
    files = [
        path for folder in ROOT.glob("[a-z]*") if folder.name not in ("tests", "build") for path in folder.rglob("*.py")
    ]
    assert len(files) > 150
    assert {path.relative_to(ROOT).as_posix(): found for path in files if (found := imported(path) & SUPPORT)} == {}
    assert imported(Path(__file__).with_name("test_programs.py")) & SUPPORT
