"""The study of peers: contestants side by side, and what becomes of one that fails or answers wrongly."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from shared import needs_shared_data
from tiny_model import LABELS, solid_frame, write_tiny_model

from benchmarks.studies.peers import contest
from benchmarks.studies.peers.__main__ import main
from benchmarks.studies.peers.contest import Setting, hold

BRIEF = ["--loads", "1", "--blocks", "2", "--calls", "3", "--pairs", "2", "--runs", "5"]


@pytest.mark.slow  # a study, not a command
@needs_shared_data
def test_the_bare_loop_and_litert_benchmark_are_compared_with_ours(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "peers.json"
    assert main([*BRIEF, "--only", "bare loop", "--out", str(out)]) == 0
    record = json.loads(out.read_text())
    printed = capsys.readouterr().out
    for model in record["models"]:
        standings = {one["name"]: one for one in model["standings"]}
        assert list(standings) == ["ours", "bare loop", "ours, from a file"]
        bare = standings["bare loop"]
        assert (bare["base"], bare["note"]) == ("ours", "")
        ratio = bare["ratio"]
        assert ratio["ratio"] == pytest.approx(ratio["other_ms"] / ratio["base_ms"])
        lengths = {name: [len(start) for start in starts] for name, starts in model["samples_ns"].items()}
        assert lengths == {name: [6] for name in standings}
        assert ratio["low"] is None, "one start says nothing of the next"
        inference = model["litert_benchmark"]
        ratios = [ours / theirs for theirs, ours in inference["pairs_ms"]]
        assert len(ratios) == 2
        assert inference["ratio"] == pytest.approx((ratios[0] * ratios[1]) ** 0.5)
        assert inference["low"] <= inference["ratio"] <= inference["high"]
        assert f"### {model['model']}" in printed
        assert f"| {ratio['ratio']:.3f} |" in printed
    assert record["host"]["versions"]["ai-edge-litert"] in printed


@pytest.mark.slow  # whole_chain/test_mediapipe.py compares with MediaPipe, too
@pytest.mark.device
@needs_shared_data
def test_mediapipe_finds_what_we_find(tmp_path: Path) -> None:
    out = tmp_path / "peers.json"
    assert main([*BRIEF, "--only", "MediaPipe Tasks", "--out", str(out)]) == 0
    for model in json.loads(out.read_text())["models"]:
        (mediapipe,) = (one for one in model["standings"] if one["name"] == "MediaPipe Tasks")
        assert (mediapipe["version"], mediapipe["note"]) == ("1.2.2", "")


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    (tmp_path / "labels.txt").write_text("\n".join(LABELS))
    Image.fromarray(solid_frame((10, 250, 10))).save(tmp_path / "frame.png")
    model = write_tiny_model(tmp_path / "tiny.tflite", dtype="uint8")
    return Setting(model, tmp_path / "labels.txt", tmp_path / "frame.png", 1)


def fake(folder: Path, body: str) -> str:
    """A Python that is no Python: it says ``body``'s lines and then answers every request."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{body}\nwhile read n; do echo '[5000000, 5000000, 5000000]'; done\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("body", "note", "is_compared"),
    [
        ("echo 'no module named peer' >&2; exit 1", "did not run: no module named peer", False),
        ('echo \'{"version": "9", "answer": 2}\'', "wrong answer: class 2, not 1", True),
        ('echo \'{"version": "9", "answer": 1}\'', "", True),
    ],
    ids=["fails", "wrong", "right"],
)
def test_a_contestant_that_fails_or_is_wrong_is_said(
    body: str, note: str, is_compared: bool, setting: Setting, tmp_path: Path
) -> None:
    pythons = {"ours": sys.executable, "bare loop": fake(tmp_path, body)}
    standings, samples = hold(pythons, setting, loads=2, blocks=2, calls=3, generator=np.random.default_rng(0))
    ours, other = standings
    assert (ours.note, other.note) == ("", note)
    assert [len(start) for start in samples["ours"]] == [6, 6]
    assert (other.ratio is not None) == is_compared
    if other.ratio is not None:
        assert other.ratio.other_ms == 5.0


def test_blocks_of_all_come_in_turn(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[str] = []
    real: Callable[..., np.ndarray] = contest.Contestant.time

    def time(self: contest.Contestant, calls: int) -> np.ndarray:
        turns.append(self.name)
        return real(self, calls)

    monkeypatch.setattr(contest.Contestant, "time", time)
    pythons = {"ours": sys.executable, "ours, from a file": sys.executable}
    hold(pythons, setting, loads=1, blocks=6, calls=1, generator=np.random.default_rng(0))
    pairs = [tuple(turns[start : start + 2]) for start in range(0, 12, 2)]
    assert {frozenset(pair) for pair in pairs} == {frozenset(pythons)}
    assert len(set(pairs)) == 2  # in both orders


def test_nonsense_and_missing_data_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--loads", "0"]) == 2
    assert main(["--data-dir", str(tmp_path)]) == 1
    assert "--data-dir" in capsys.readouterr().err
