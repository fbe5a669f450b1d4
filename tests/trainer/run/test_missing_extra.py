"""Without its extra, edge-train says in one line what to install; every Pi has the command, none has TensorFlow."""

from pathlib import Path

import pytest
from blocked_modules import run_without
from image_folders import write_image_folder


@pytest.mark.parametrize(
    "blocked", ["tensorflow", "keras", "jinja2", "tqdm", "sklearn", "matplotlib", "imagehash", "iterstrat"]
)
def test_a_missing_package_is_one_line_with_the_fix(tmp_path: Path, blocked: str) -> None:
    data = write_image_folder(tmp_path / "data", {"cat": 4, "dog": 4})
    arguments = [str(data), "--out", str(tmp_path / "run"), "--weights", "none", "--image-size", "32"]
    arguments += ["--log-level", "warning"]  # not the task that was read off the data
    code = f"import sys; from trainer.cli import main; sys.exit(main({arguments!r}))"
    done = run_without((blocked,), code)
    assert done.returncode == 1
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("edge-train: No module named '" + blocked)
    assert lines[0].endswith("; run: pip install 'edge-deploy-kit[train]'")
    assert not (tmp_path / "run").exists()
