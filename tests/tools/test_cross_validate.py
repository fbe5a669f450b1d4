"""Training once for each fold of a small data set, through the command."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
from image_folders import write_image_folder

from tools.cross_validate import iterate_folds
from trainer.data.leaks.screen import screen
from trainer.data.source import open_data

ROOT = Path(__file__).parents[2]


def test_every_image_is_held_out_once_with_its_class_in_each_fold(tmp_path: Path) -> None:
    source = screen(open_data(str(write_image_folder(tmp_path, {"red": 9, "green": 6}))))
    cuts = {}
    for seed in (0, 1):
        folds = [[part == "test" for part in fold.parts] for fold in iterate_folds(source, 3, seed)]
        assert [sum(held_out) for held_out in zip(*folds, strict=True)] == [1] * 15
        for fold in folds:
            classes = [label for held_out, (label,) in zip(fold, source.images.labels, strict=True) if held_out]
            assert sorted(classes) == [0, 0, 1, 1, 1], "green comes first in the alphabet"
        cuts[seed] = folds
    assert cuts[0] != cuts[1]


@pytest.mark.slow
@pytest.mark.tensorflow
def test_repeats_cut_the_folds_anew_and_all_figures_are_kept(tmp_path: Path) -> None:
    photos = write_image_folder(tmp_path / "photos", {"red": 12, "green": 12})
    options = ["--folds", "2", "--repeats", "2", "--seed", "3", "--json", tmp_path / "folds.json"]
    network = ["--backbone", "small-cnn", "--image-size", "12", "--epochs", "1", "--split", "80/10/10"]
    command = [sys.executable, str(ROOT / "tools" / "cross_validate.py"), photos, *options, *network]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    written = json.loads((tmp_path / "folds.json").read_text())
    assert [len(repeat) for repeat in written["figures"]] == [2, 2]
    figures = [figure for repeat in written["figures"] for figure in repeat]
    assert written["mean"] == pytest.approx(statistics.mean(figures))
    lines = done.stdout.splitlines()
    assert [line.split(":")[0] for line in lines if line.startswith("seed 4")] == [
        "seed 4, fold 1",
        "seed 4, fold 2",
        "seed 4",
    ]
    assert lines[-1].startswith(f"mean {written['mean']:.4f}, standard deviation {statistics.stdev(figures):.4f}")
