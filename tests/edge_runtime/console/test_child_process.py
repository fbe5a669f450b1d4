"""Children of ours start by a path: what lies in the working directory is not imported."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hostile_folder import write_hostile_folder

from edge_runtime.console.child_process import child_command, console_script

CHILD = """
import json, sys, queue, copy, runpy, tokenize, numpy, edge_runtime, benchmarks.measure.child

def main():
    print(json.dumps({"arguments": sys.argv[1:], "path": sys.path}))
    return 3 if sys.argv[1:] == ["fail"] else None

if __name__ == "__main__":
    main()
"""


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a module, for the path; the working directory is another folder, and hostile."""
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "greeting.py").write_text(CHILD)
    monkeypatch.chdir(write_hostile_folder(tmp_path / "hostile"))
    return tmp_path / "library"


def run(command: list[str]) -> dict[str, list[str]]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_a_child_of_this_python_has_the_path_of_its_parent(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(library)
    monkeypatch.setattr(sys, "path", [*sys.path, "/a folder: with, 'signs'"])
    said = run(child_command("greeting:main", "--a", "", "b c"))
    assert said == {"arguments": ["--a", "", "b c"], "path": sys.path}


def test_a_child_of_another_python_has_its_own_path(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(library))
    said = run(child_command("greeting:main", "x", python=sys.executable))
    assert said["arguments"] == ["x"]
    assert said["path"][0] == str(library)
    assert str(Path.cwd()) not in said["path"]


@pytest.mark.parametrize("python", [None, sys.executable])
def test_a_file_does_not_see_what_lies_beside_it(library: Path, python: str | None) -> None:
    write_hostile_folder(library)
    said = run(child_command(str(library / "greeting.py"), "1", python=python))
    assert said["arguments"] == ["1"]
    assert str(library) not in said["path"]


def test_what_the_function_returns_is_the_exit_code(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(library)
    command = child_command("greeting:main", "fail")
    assert subprocess.run(command, capture_output=True, check=False).returncode == 3


def test_a_command_of_ours_is_found_beside_its_python() -> None:
    assert console_script("edge-run", "/env/bin/python") == ["/env/bin/python", "/env/bin/edge-run"]
    done = subprocess.run([*console_script("edge-run"), "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("edge-run ")
