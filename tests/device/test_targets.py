"""Files made for a target, in the target's own interpreter; and that the tables of operators are what these say."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from environments import ROOT, environment_python
from packaged import write_packaged

from converter.errors import TargetError
from converter.targets import TARGETS, prove
from converter.targets.operators import known_operators

SAMPLE_TEST = ROOT / "trainer" / "assets" / "sample" / "test"

pytestmark = pytest.mark.device


def sample_images() -> list[Path]:
    return sorted(SAMPLE_TEST.rglob("*.png"))[::8]


@pytest.mark.tensorflow
@pytest.mark.parametrize(("target", "environment"), [("tflite-runtime", "tflite-runtime"), ("micro", "tflite-micro")])
def test_the_samples_int8_file_gives_the_same_answers(sample_int8: Path, target: str, environment: str) -> None:
    proof = prove(sample_int8, TARGETS[target], sample_images(), Path(environment_python(environment)))
    assert proof is not None
    assert proof.interpreter.startswith(environment)
    assert proof.agreement is not None
    assert proof.agreement.images == 50
    assert proof.agreement.differing <= 1
    assert (proof.arena_bytes is not None) == (target == "micro")


def test_an_operator_that_the_interpreter_lacks_is_named(tmp_path: Path) -> None:
    model = write_packaged(tmp_path / "m.tflite")  # its pool of uint8 is none of TensorFlow Lite Micro's
    image = sample_images()[:1]
    with pytest.raises(TargetError, match=r"m\.tflite: target micro: its interpreter refuses the file: .*AVERAGE_POOL"):
        prove(model, TARGETS["micro"], image, Path(environment_python("tflite-micro")))


@pytest.mark.parametrize("interpreter", ["tflite-runtime", "tflite-micro"])
def test_the_table_of_operators_is_what_the_interpreter_says(interpreter: str) -> None:
    environment_python(interpreter)
    command = [sys.executable, str(ROOT / "tools" / "list_operators.py"), "--print", interpreter]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert json.loads(done.stdout)["operators"] == known_operators(interpreter)
