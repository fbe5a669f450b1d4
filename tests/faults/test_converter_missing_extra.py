"""Without its extra, edge-convert says in one line what to install; every Pi has the command, none has TensorFlow."""

import subprocess
import sys
from pathlib import Path

import pytest

BLOCKED = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocker())
from converter.cli import main
sys.exit(main({arguments!r}))
"""


@pytest.mark.tensorflow
@pytest.mark.parametrize("blocked", ["tensorflow", "keras", "jinja2", "tqdm", "flatbuffers", "ai_edge_litert"])
def test_a_missing_package_is_one_line_with_the_mend(small_run: Path, tmp_path: Path, blocked: str) -> None:
    arguments = [str(small_run), "--out", str(tmp_path / "model.tflite")]
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED.format(blocked=(blocked,), arguments=arguments)], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stdout == ""
    lines = [line for line in done.stderr.splitlines() if not line.startswith("edge-convert: images: ")]
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("edge-convert: No module named '" + blocked)
    assert lines[0].endswith("; run: pip install 'edge-deploy-kit[convert]'")
    assert not (tmp_path / "model.tflite").exists()
