"""make demo: five commands, one table, one page, and the figures that the demo promises."""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.tensorflow


@dataclass(frozen=True)
class Demo:
    """What one run of the demo printed and wrote."""

    folder: Path
    stdout: str
    int8: dict[str, Any]
    float32: dict[str, Any]
    rows: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def demo(demo_folder: Path) -> Demo:
    int8, float32 = (figures_of(read(demo_folder / f"{name}.report.json")) for name in ("model", "model-float32"))
    rows = {row["model"]: row for row in read(demo_folder / "latency.json")["rows"]}
    return Demo(demo_folder, demo_folder.with_name("stdout.txt").read_text(), int8, float32, rows)


def figures_of(report: dict[str, Any]) -> dict[str, Any]:
    """Those of the chosen file, with its whole size: the images that prove a device travel in it."""
    chosen = report["chosen"]
    return {**chosen, "file_bytes": chosen["size_bytes"] + report["delivery"]["golden_bytes"]}


def read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def test_the_five_commands_are_printed(demo: Demo) -> None:
    commands = [line.split()[1:] for line in demo.stdout.splitlines() if line.startswith("$ ")]
    assert [command[0] for command in commands] == [
        "edge-train",
        "edge-convert",
        "edge-convert",
        "edge-run",
        "edge-bench",
    ]
    assert all(any(str(demo.folder) in word for word in command) for command in commands)


def test_the_table_at_the_end_has_the_figures_of_the_files(demo: Demo) -> None:
    header, _, figures = (re.split(r"  +", line.strip()) for line in demo.stdout.splitlines()[-3:])
    shown = dict(zip(header, figures, strict=True))
    training = read(demo.folder / "run" / "training.json")
    size_int8, size_float = demo.int8["file_bytes"], demo.float32["file_bytes"]
    assert shown == {
        "model": training["config"]["backbone"],
        "size float": f"{size_float / 1e3:.0f} kB",
        "size int8": f"{size_int8 / 1e3:.0f} kB ({size_int8 / size_float:.0%})",
        "top-1 float": f"{training['metrics']['accuracy']:.2%}",
        "top-1 int8": f"{demo.int8['gate']['candidate']:.2%}",
        "drop": f"{demo.int8['gate']['drop_pp']:.2f} pp",
        "p50 float": f"{demo.rows['model-float32.tflite']['latency_ms']['p50']:.3f} ms",
        "p50 int8": f"{demo.rows['model.tflite']['latency_ms']['p50']:.3f} ms",
    }


def test_the_demo_keeps_its_promises(demo: Demo) -> None:
    gate = demo.int8["gate"]
    assert gate["images"] == 400
    assert gate["candidate"] >= 0.88
    assert gate["drop_pp"] <= 1.0
    assert gate["drop_pp"] == pytest.approx(100 * (gate["reference"] - gate["candidate"]))
    assert demo.int8["size_bytes"] <= 0.35 * demo.float32["size_bytes"]
    assert demo.int8["recipe"] == "int8"
    assert [row["status"] for row in demo.rows.values()] == ["VALID", "VALID"]


def test_the_reports_speak_of_the_files_that_lie_there(demo: Demo) -> None:
    assert (demo.folder / "model.tflite").stat().st_size == demo.int8["file_bytes"]
    assert (demo.folder / "model-float32.tflite").stat().st_size == demo.float32["file_bytes"]
    assert len((demo.folder / "predictions.jsonl").read_text("utf-8").splitlines()) == 400


def test_the_page_needs_nothing_beside_itself(demo: Demo) -> None:
    html = (demo.folder / "report.html").read_text("utf-8")
    fetched = re.findall(r"""(?:src|href|srcset|data)\s*=\s*["']?([^"'\s>]+)""", html)
    assert len(fetched) == 42  # two plots, and every tenth of 400 test images
    assert all(address.startswith("data:image/png;base64,") for address in fetched)
    assert re.findall(r"https?:|@import|url\(|<script|<link|<iframe", html) == []


def test_a_folder_that_is_no_demos_is_not_deleted(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("mine")
    command = [sys.executable, str(ROOT / "tools" / "demo.py"), "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert f"{tmp_path}: holds something else than a demo; name another folder" in done.stderr
    assert (tmp_path / "letters.txt").read_text() == "mine"
