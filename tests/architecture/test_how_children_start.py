"""Processes of ours start by a path: ``-m`` and ``-c`` have Python look in the working directory first."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path

from edge_runtime.console import child_process
from edge_runtime.console.ownership import DISTRIBUTIONS

ROOT = Path(__file__).parents[2]
HELPER = Path(child_process.__file__)
PRODUCT = sorted(path for package in DISTRIBUTIONS for path in (ROOT / package).rglob("*.py") if path != HELPER)
BESIDE = sorted(path for folder in ("tests", "tools", "examples") for path in (ROOT / folder).rglob("*.py"))


def word_lists(source: str) -> Iterator[list[str]]:
    """The words of each list, tuple and call; what is no literal is its source."""
    for node in ast.walk(ast.parse(source)):
        items = node.args if isinstance(node, ast.Call) else getattr(node, "elts", [])
        yield [item.value if isinstance(item, ast.Constant) else ast.unparse(item) for item in items]


def named_starts(source: str) -> list[str]:
    """Where one of our modules is started by its name."""
    pairs = [pair for words in word_lists(source) for pair in pairwise(words)]
    return [name for flag, name in pairs if flag == "-m" and str(name).partition(".")[0] in (*DISTRIBUTIONS, "tools")]


def own_starts(source: str) -> list[str]:
    """Where Python is started in another way than with the helper; ``-I -c`` does not look in the working directory."""
    found = ["multiprocessing"] * ("import multiprocessing" in source or "from multiprocessing" in source)
    for words in word_lists(source):
        isolated = "-I" in words
        found += [str(word) for word in words if word == "sys.executable" or (word in ("-m", "-c") and not isolated)]
    return found


def offenders(find: Callable[[str], list[str]], paths: Iterable[Path]) -> dict[str, list[str]]:
    found = {str(path.relative_to(ROOT)): find(path.read_text("utf-8")) for path in paths}
    return {path: starts for path, starts in found.items() if starts}


def test_nothing_starts_our_modules_by_name() -> None:
    assert offenders(named_starts, (*PRODUCT, *BESIDE, HELPER)) == {}


def test_our_packages_start_python_with_the_helper() -> None:
    assert len(PRODUCT) > 200
    assert offenders(own_starts, PRODUCT) == {}


def test_what_must_not_be_is_found() -> None:
    assert named_starts('run([python, "-m", "benchmarks.measure.worker", name])') == ["benchmarks.measure.worker"]
    assert named_starts('run(sys.executable, "-X", "dev", "-m", "trainer")') == ["trainer"]
    assert not named_starts('run([sys.executable, "-m", "pip", "trainer"])')
    assert own_starts('run([sys.executable, "-c", code])') == ["sys.executable", "-c"]
    assert own_starts("from multiprocessing import Process") == ["multiprocessing"]
    assert not own_starts('run([python, "-I", "-c", code])')
    assert not own_starts("parser.add_argument(name, default=sys.executable)")


def test_nothing_but_the_script_lies_where_a_child_starts() -> None:
    beside = {path.name for path in (HELPER.with_name("start")).iterdir()} - {"__pycache__"}
    assert beside == {"__init__.py", "child.py"}


def test_each_of_our_packages_carries_the_mark() -> None:
    for package in DISTRIBUTIONS:
        assert 'a package of edge-deploy-kit"\n' in (ROOT / package / "__init__.py").read_text("utf-8")
