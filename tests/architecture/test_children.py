"""A child process ends with its test, whatever happens. ``with Popen`` alone waits for one that does not end."""

from __future__ import annotations

import ast
import signal
import subprocess
import sys
from pathlib import Path

import children
import pytest
from children import running

ROOT = Path(__file__).parents[2]
HELPER = "children.py"
OWNERS = {"browser.py", "fuzzing.py", "mosquitto.py", "rtsp_camera.py", "soak.py", "soak_rtsp.py"}
"""Of tests/support: each keeps a child over several calls and ends it itself in a ``finally``."""
ENDLESS = [sys.executable, "-c", "import time; print('on', flush=True); time.sleep(3600)"]


def popens(source: str) -> list[int]:
    """The lines that use Popen, except as a type."""
    tree = ast.parse(source)
    types = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Subscript)}
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Name | ast.Attribute) and id(node) not in types]
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.alias) and node.name == "Popen"]
    used = [node for node in found if getattr(node, "attr", getattr(node, "id", "")) == "Popen"]
    return sorted(node.lineno for node in (*used, *imported))


def test_no_test_starts_a_child_that_outlives_it() -> None:
    files = {path: popens(path.read_text()) for path in (ROOT / "tests").rglob("*.py")}
    found = {path for path, lines in files.items() if lines}
    allowed = {ROOT / "tests" / "support" / name for name in (HELPER, *OWNERS)}
    assert found == allowed


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("import subprocess\nwith subprocess.Popen(command) as process: ...", [2]),
        ("from subprocess import Popen as start", [1]),
        ("import subprocess as s\nchildren = [s.Popen(command)]", [2]),
        ("import subprocess\ndef f(process: subprocess.Popen[str]) -> None: ...", []),
        ("import subprocess\nsubprocess.run(['Popen'])", []),
    ],
)
def test_another_way_is_found(source: str, lines: list[int]) -> None:
    assert popens(source) == lines


def test_a_child_ends_with_its_block_also_where_the_test_fails() -> None:
    def fail() -> None:
        with running(ENDLESS, stdout=subprocess.PIPE) as process:
            seen.append(process)
            assert process.stdout.readline() == b"off"

    seen: list[subprocess.Popen[bytes]] = []
    with pytest.raises(AssertionError, match="off"):
        fail()
    assert seen[0].returncode == -signal.SIGKILL
    with running(ENDLESS, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
    assert process.returncode == -signal.SIGKILL


def test_a_child_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "PATIENCE_SECONDS", 0.1)
    with running(ENDLESS, stdout=subprocess.PIPE) as process:
        process.stdout.read()
        assert process.wait() == -signal.SIGKILL


def test_a_child_that_has_ended_keeps_its_exit_code() -> None:
    with running([sys.executable, "-c", "raise SystemExit(7)"]) as process:
        assert process.wait() == 7
    assert process.returncode == 7
