"""Commands that start child processes, in a folder with a ``benchmarks/``, a ``numpy.py`` and the like: no change."""

import json
import subprocess
from pathlib import Path

import pytest
from hostile_folder import write_hostile_folder
from tiny_model import LABELS, write_tiny_model

from edge_runtime.console.child_process import console_script


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder, with a model in it."""
    folder = write_hostile_folder(tmp_path_factory.mktemp("hostile"))
    write_tiny_model(folder / "m.tflite", dtype="uint8", input_quantization=(1 / 32, 0))
    (folder / "labels.txt").write_text("\n".join(LABELS))
    return folder


def run(command: str, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*console_script(command), *words], capture_output=True, text=True, cwd=cwd, check=False)


@pytest.mark.parametrize("command", ["edge-train", "edge-convert", "edge-run", "edge-bench", "edge-doctor"])
def test_each_command_starts(command: str, hostile: Path) -> None:
    done = run(command, "--help", cwd=hostile)
    assert (done.returncode, done.stderr) == (0, "")


def test_edge_bench_measures_in_its_children(hostile: Path) -> None:
    brief = ("--min-seconds", "0.01", "--min-count", "3", "--rounds", "1", "--labels", "labels.txt")
    done = run("edge-bench", "run", "m.tflite", *brief, "--backends", "litert,null", "--out", "r.json", cwd=hostile)
    assert done.returncode == 0, done.stderr
    assert {row["status"] for row in json.loads((hostile / "r.json").read_text())["rows"]} <= {"VALID", "INVALID"}


def test_edge_run_tries_a_model_in_its_child(hostile: Path) -> None:
    done = run("edge-run", "m.tflite", "synthetic:8x8:2", "--labels", "labels.txt", "--check", cwd=hostile)
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 2), done.stderr


def test_edge_convert_inspects_in_its_child(hostile: Path, tmp_path: Path) -> None:
    here, elsewhere = (
        run("edge-convert", "inspect", str(hostile / "m.tflite"), "--json", cwd=folder)
        for folder in (hostile, tmp_path)
    )
    assert here.returncode == 0, here.stderr
    assert here.stdout == elsewhere.stdout
    assert json.loads(here.stdout)["delegates"]["problem"] == ""


def test_edge_doctor_finds_what_it_finds_elsewhere(hostile: Path, tmp_path: Path) -> None:
    here, elsewhere = (
        {
            (each["name"], each["status"])
            for each in json.loads(run("edge-doctor", "--json", cwd=folder).stdout)["findings"]
        }
        for folder in (hostile, tmp_path)
    )
    assert here == elsewhere
