"""Without its extra, edge-eval says in one line what to install; for a .tflite it needs no TensorFlow."""

from pathlib import Path

import pytest
from blocked_modules import run_without
from packaged import write_packaged
from small_run import write_color_images


def code_for(folder: Path) -> str:
    model = write_packaged(folder / "model.tflite")
    arguments = [str(model), str(write_color_images(folder / "data", 1, seed=0)), "--out", str(folder / "r.json")]
    return f"import sys; from converter.evaluate.cli import main; sys.exit(main({arguments!r}))"


@pytest.mark.parametrize("blocked", ["jinja2", "tqdm", "scipy", "ai_edge_litert"])
def test_a_missing_package_is_one_line_with_the_fix(tmp_path: Path, blocked: str) -> None:
    done = run_without((blocked,), code_for(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"edge-eval: No module named '{blocked}")
    assert done.stderr.endswith("; run: pip install 'edge-deploy-kit[convert]'\n")
    assert not (tmp_path / "r.json").exists()


def test_a_tflite_needs_no_tensorflow(tmp_path: Path) -> None:
    done = run_without(("tensorflow", "keras", "litert_quantizer"), code_for(tmp_path))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "r.html").is_file()
