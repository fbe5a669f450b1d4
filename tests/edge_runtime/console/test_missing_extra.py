"""A sink whose extra is not installed says which command installs it."""

from pathlib import Path

import pytest
from blocked_modules import run_without
from tiny_model import LABELS, write_tiny_model


@pytest.mark.parametrize(
    ("package", "sink", "extra"),
    [
        ("paho", "mqtt://127.0.0.1/bin", "mqtt"),
        ("cv2", "video:clip.avi", "camera"),
        ("starlette", "preview:0", "preview"),
        ("uvicorn", "preview:0", "preview"),
        ("prometheus_client", "preview:0", "preview"),
    ],
)
def test_a_missing_extra_is_one_line_with_the_command(tmp_path: Path, package: str, sink: str, extra: str) -> None:
    (tmp_path / "labels.txt").write_text("\n".join(LABELS))
    model = write_tiny_model(tmp_path / "tiny.tflite", dtype="uint8")
    arguments = [str(model), "synthetic:8x8:1", "--labels", str(tmp_path / "labels.txt"), "--sink", sink]
    done = run_without((package,), f"from edge_runtime.run.cli import main; raise SystemExit(main({arguments!r}))")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.endswith(f"run: pip install 'edge-deploy-kit[{extra}]'\n")
