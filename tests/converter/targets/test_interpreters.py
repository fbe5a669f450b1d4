"""Files made for a target, in the target's own interpreter; and that the tables of operators are what these say."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from environments import ROOT, environment_python
from gpu import software_gpu
from image_folders import write_image_folder
from packaged import write_packaged

from converter.cli import main
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


@pytest.mark.slow  # makes an environment
def test_an_operator_that_the_interpreter_lacks_is_named(tmp_path: Path) -> None:
    model = write_packaged(tmp_path / "m.tflite")  # its pool of uint8 is none of TensorFlow Lite Micro's
    image = sample_images()[:1]
    with pytest.raises(TargetError, match=r"target micro: its interpreter refuses the file: .*AVERAGE_POOL"):
        prove(model, TARGETS["micro"], image, Path(environment_python("tflite-micro")))


@pytest.mark.slow  # its versions are pinned
@pytest.mark.parametrize("interpreter", ["tflite-runtime", "tflite-micro"])
def test_the_table_of_operators_is_what_the_interpreter_says(interpreter: str) -> None:
    environment_python(interpreter)
    command = [sys.executable, str(ROOT / "tools" / "list_operators.py"), "--print", interpreter]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert json.loads(done.stdout)["operators"] == known_operators(interpreter)


def facts_of(model: Path) -> dict[str, Any]:
    return json.loads(model.with_name(f"{model.stem}.report.json").read_text())["delivery"]


@pytest.mark.tensorflow
def test_a_file_for_microcontrollers_is_proven_and_its_arena_stands_in_the_c_array(
    small_run: Path, tmp_path: Path
) -> None:
    model = tmp_path / "m.tflite"
    python = environment_python("tflite-micro")
    arguments = ["--target", "micro", "--target-python", python, "--export", "c-array"]
    assert main([str(small_run), "--out", str(model), *arguments]) == 0
    proof = facts_of(model)["proof"]
    assert proof["interpreter"].startswith("tflite-micro ")
    assert proof["agreement"]["same_top1"] == proof["agreement"]["images"] == 15
    assert f"#define EDGE_ARENA_BYTES {proof['arena_bytes']}\n" in (tmp_path / "m-c" / "edge_model.h").read_text()


@pytest.mark.tensorflow
def test_a_small_file_with_large_images_is_proven_in_an_arena_that_is_large_enough(tmp_path: Path) -> None:
    import keras

    image = keras.Input((64, 64, 3))
    values = keras.layers.Conv2D(8, 3, padding="same", activation="relu")(image)
    scores = keras.layers.Dense(2, "softmax")(keras.layers.GlobalAveragePooling2D()(values))
    keras.Model(image, scores).save(tmp_path / "m.keras")
    images, model = write_image_folder(tmp_path / "images", {"a": 2, "b": 2}), tmp_path / "m.tflite"
    (tmp_path / "labels.txt").write_text("a\nb\n")
    others = write_image_folder(tmp_path / "others", {"a": 2, "b": 2}, first_seed=50)
    arguments = ["--labels", str(tmp_path / "labels.txt"), "--normalization", "-1..1", "--max-drop", "100"]
    data = ["--eval-data", str(images), "--calibration-data", str(others), "--allow-chance"]
    target = ["--target", "micro", "--quantize", "int8", "--target-python", environment_python("tflite-micro")]
    assert main([str(tmp_path / "m.keras"), "--out", str(model), *arguments, *data, *target]) == 0
    proof = facts_of(model)["proof"]
    assert proof["arena_bytes"] > 10 * model.stat().st_size


@pytest.mark.tensorflow
def test_a_dynamic_file_for_tflite_runtime_loads_there(small_run: Path, tmp_path: Path) -> None:
    model = tmp_path / "m.tflite"
    python = environment_python("tflite-runtime")
    arguments = ["--quantize", "dynamic", "--target", "tflite-runtime", "--target-python", python]
    assert main([str(small_run), "--out", str(model), *arguments]) == 0
    proof = facts_of(model)["proof"]
    assert proof["interpreter"] == "tflite-runtime 2.14.0"
    assert proof["agreement"]["same_top1"] == 15


@pytest.mark.tensorflow
def test_a_file_for_gpus_runs_on_one_as_a_whole(
    small_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VK_DRIVER_FILES", software_gpu()["VK_DRIVER_FILES"])
    model = tmp_path / "m.tflite"
    assert main([str(small_run), "--out", str(model), "--target", "gpu"]) == 0
    proof = facts_of(model)["proof"]
    assert "SwiftShader" in proof["interpreter"]
    assert proof["agreement"]["same_top1"] == 15
