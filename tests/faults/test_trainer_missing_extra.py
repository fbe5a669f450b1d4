"""Without its extra, edge-train says in one line what to install; every Pi has the command, none has TensorFlow."""

import subprocess
import sys
from pathlib import Path

import pytest
from image_folders import write_image_folder

BLOCKED = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocker())
from trainer.cli import main
sys.exit(main({arguments!r}))
"""


@pytest.mark.tensorflow
@pytest.mark.parametrize("blocked", ["tensorflow", "keras", "jinja2", "tqdm", "sklearn", "matplotlib"])
def test_a_missing_package_is_one_line_with_the_mend(tmp_path: Path, blocked: str) -> None:
    data = write_image_folder(tmp_path / "data", {"cat": 4, "dog": 4})
    arguments = [str(data), "--out", str(tmp_path / "run"), "--weights", "none", "--image-size", "32"]
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED.format(blocked=(blocked,), arguments=arguments)], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("edge-train: No module named '" + blocked)
    assert lines[0].endswith("; run: pip install 'edge-deploy-kit[train]'")
    assert not (tmp_path / "run").exists()
