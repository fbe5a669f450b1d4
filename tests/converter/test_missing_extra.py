"""Without its extra, edge-convert says in one line what to install; every Pi has the command, none has TensorFlow."""

from pathlib import Path

import pytest
from blocked_modules import run_without


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    "blocked", ["tensorflow", "keras", "jinja2", "tqdm", "scipy", "litert_quantizer", "flatbuffers", "ai_edge_litert"]
)
def test_a_missing_package_is_one_line_with_the_fix(small_run: Path, tmp_path: Path, blocked: str) -> None:
    arguments = [str(small_run), "--out", str(tmp_path / "model.tflite")]
    code = f"import sys; from converter.cli import main; sys.exit(main({arguments!r}))"
    done = run_without((blocked,), code)
    assert done.returncode == 1
    assert done.stdout == ""
    lines = [line for line in done.stderr.splitlines() if not line.startswith("edge-convert: images: ")]
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("edge-convert: No module named '" + blocked)
    assert lines[0].endswith("; run: pip install 'edge-deploy-kit[convert]'")
    assert not (tmp_path / "model.tflite").exists()
