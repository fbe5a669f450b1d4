"""SIGKILL at any moment leaves whole lines only: in a file, and in one that a second run appends to."""

import json
import random
import time
from pathlib import Path

import pytest
from children import running
from tiny_model import LABELS, write_tiny_model

from edge_runtime.console.child_process import console_script

ROUNDS = 4


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    (tmp_path / "labels.txt").write_text("\n".join(LABELS))
    model = write_tiny_model(tmp_path / "tiny.tflite", dtype="uint8")
    program = [*console_script("edge-run"), str(model), "synthetic:32x24:100000000"]
    return [*program, "--labels", str(tmp_path / "labels.txt"), "--events"]


@pytest.mark.parametrize("extra", [[], ["--workers", "2"]], ids=["reading ahead", "two workers"])
def test_every_line_is_whole_after_sigkill(command: list[str], tmp_path: Path, extra: list[str]) -> None:
    target, generator = tmp_path / "out.jsonl", random.Random(0)
    target.touch()
    for _ in range(ROUNDS):
        size, wanted = target.stat().st_size, generator.randrange(1, 60_000)
        with running([*command, *extra, "--sink", f"jsonl:{target}"]) as process:
            while target.stat().st_size < size + wanted:
                assert process.poll() is None
                time.sleep(0.002)
            process.kill()
        content = target.read_bytes()
        assert content.endswith(b"}\n")
        frames = [entry["frame"] for entry in map(json.loads, content[size:].splitlines()) if "event" not in entry]
        assert frames == list(range(len(frames)))
        assert frames
