"""The scripts that measure edge-run at work: files a second, and the age of live results."""

import json
import subprocess
from pathlib import Path

import pytest
from PIL import Image
from shared import needs_shared_data
from tiny_model import LABELS, write_tiny_model

from benchmarks.studies import throughput
from edge_runtime.console.child_process import child_command

ROOT = Path(__file__).parents[3]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(6):
        Image.new("RGB", (64, 48), (number * 40, 0, 0)).save(folder / f"{number}.jpg")
    return folder


def test_files_a_second_of_all_ways_are_kept(tmp_path: Path, photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "labels.txt").write_text("\n".join(LABELS))
    model = write_tiny_model(tmp_path / "tiny.tflite", dtype="uint8")
    out = tmp_path / "throughput.json"
    arguments = ["--model", str(model), "--labels", str(tmp_path / "labels.txt"), "--folder", str(photos)]
    assert throughput.main([*arguments, "--rounds", "2", "--out", str(out)]) == 0
    record = json.loads(out.read_text())
    rates = record["files_per_second"]
    assert set(rates) == {"one worker", "two workers", "reading ahead", "decoding alone", "inference alone"}
    assert all(len(values) == 2 and min(values) > 0 for values in rates.values())
    pairs = list(zip(rates["one worker"], rates["two workers"], strict=True))
    assert record["two_workers_to_one"] == pytest.approx(sum(two / one for one, two in pairs) / 2)
    assert f"two workers {record['two_workers_to_one']:.3f} times one" in capsys.readouterr().out
    assert throughput.main([*arguments, "--rounds", "1", "--two-at-least", "1000"]) == 1
    assert "is below --two-at-least 1000" in capsys.readouterr().err


def test_a_file_that_cannot_be_read_is_no_measurement(
    tmp_path: Path, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (photos / "3.jpg").write_text("no picture")
    model = write_tiny_model(tmp_path / "tiny.tflite", dtype="uint8")
    assert throughput.main(["--model", str(model), "--folder", str(photos), "--rounds", "1"]) == 1
    assert "3.jpg: cannot decode" in capsys.readouterr().err


@needs_shared_data
def test_ages_and_drops_of_a_live_source_are_kept(tmp_path: Path) -> None:
    out = tmp_path / "age.json"
    command = child_command("benchmarks.studies.live_age:main", "--seconds", "1.5", "--out", str(out))
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    record = json.loads(out.read_text())
    counts = record["counts"]
    assert counts["produced"] == counts["delivered"] + counts["dropped"] + counts["failed"]
    assert counts["dropped"] > 0
    assert min(record["ages_ns"]) >= record["slow_seconds"] * 1e9
    assert "oldest" in done.stdout
