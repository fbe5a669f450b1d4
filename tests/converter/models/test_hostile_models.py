"""SavedModels that would do more than compute are refused in one line, and nothing of them has run."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hostile_models import HOSTILE
from small_run import write_color_images
from stranger_models import write_labels

from converter.cli import main

pytestmark = pytest.mark.tensorflow


@pytest.mark.parametrize(("write", "named"), HOSTILE.values(), ids=HOSTILE.keys())
def test_what_does_more_than_compute_is_refused_and_nothing_of_it_runs(
    write: Callable[[Path, Path], None], named: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model, mark = tmp_path / "model", tmp_path / "mark"
    write(model, mark)
    for trace in tmp_path.glob("mark*"):
        trace.unlink()
    capfd.readouterr()
    arguments = [
        str(model), "--out", str(tmp_path / "out.tflite"), "--normalization=-1..1", "--quantize", "float32",
        "--labels", str(write_labels(tmp_path / "labels.txt")),
        "--eval-data", str(write_color_images(tmp_path / "eval", 1, seed=1)),
    ]  # fmt: skip
    assert main(arguments) == 1
    (line,) = capfd.readouterr().err.splitlines()
    assert "refused" in line
    assert named in line
    assert len(line.replace(str(tmp_path), "")) <= 300
    assert not list(tmp_path.glob("mark*"))
    assert not (tmp_path / "out.tflite").exists()
