"""A sink or an interpreter whose extra is not installed says which command installs it."""

from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from blocked_modules import run_without
from packaged import write_packaged
from tiny_model import LABELS, write_tiny_model

from edge_runtime.console.distribution import install_command

UNSAID = ("--color", "rgb", "--resize", "squash")


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
    arguments = [str(model), "synthetic:8x8:1", "--labels", str(tmp_path / "labels.txt"), "--sink", sink, *UNSAID]
    done = run_without((package,), f"from edge_runtime.run.cli import main; raise SystemExit(main({arguments!r}))")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.endswith(f"run: pip install 'edge-deploy-kit[{extra}]'\n")


@pytest.mark.parametrize(("ended", "extra"), [(False, "tflite-runtime"), (True, "litert")])
def test_tflite_runtime_where_it_has_a_release_and_where_not(tmp_path: Path, ended: bool, extra: str) -> None:
    model = write_packaged(tmp_path / "tiny.tflite")
    arguments = [str(model), "synthetic:8x8:1", "--backend", "tflite-runtime"]
    code = f"""
import sys
from edge_runtime.backends import tflite_runtime
from edge_runtime.run.cli import main
tflite_runtime.TFLITE_RUNTIME_BEFORE = sys.version_info if {ended} else (4,)
raise SystemExit(main({arguments!r}))
"""
    done = run_without(("tflite_runtime",), code)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"pip install 'edge-deploy-kit[{extra}]'" in done.stderr
    assert ("no release for Python 3.12 and later; use the extra litert" in done.stderr) == ended


@pytest.mark.parametrize(("installed", "named"), [(True, "edge-deploy-kit"), (False, "edge-deploy-runtime")])
def test_the_install_command_names_the_distribution_that_is_here(
    installed: bool, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def distribution(name: str) -> str:
        if not installed:
            raise PackageNotFoundError(name)
        return name

    monkeypatch.setattr("importlib.metadata.distribution", distribution)
    assert install_command("mqtt") == f"pip install '{named}[mqtt]'"
