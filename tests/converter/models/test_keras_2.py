"""Files of Keras 2, which Keras 3 cannot load: tf_keras loads them in a child process, and no code of theirs runs."""

import json
import subprocess
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from blocked_modules import run_without
from keras_2_files import ANSWERS, TWO_OUTPUTS, images
from needs import missing
from once import made_once
from small_run import write_color_images
from stranger_models import write_labels

from converter.cli import main
from converter.errors import SourceError
from converter.models import load_source, open_source
from edge_runtime.console.child_process import child_command
from edge_runtime.model import UserSays

pytestmark = [pytest.mark.tensorflow, pytest.mark.slow]  # each file starts TensorFlow and tf_keras once more
SUPPORT = Path(__file__).parents[2] / "support"
FILES = (
    "plain.h5", "sequential.h5", "sequential_of_sequentials.h5", "nested_base.h5", "operators.h5", "more_operators.h5",
    "random_flip.h5", "augmentation.h5", "separable.h5", "slash_in_name.h5", "teachable_machine.h5", "operators.keras",
    "nested_base.keras", "augmentation.keras", "operators_folder", "augmentation_folder",
)  # fmt: skip


@pytest.fixture(scope="session")
def keras_2_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of files that Keras 2 wrote, with its answers."""
    if find_spec("tf_keras") is None:
        missing("tf-keras", "tf_keras, the last Keras 2, is not installed; run: pip install tf-keras")

    def run(folder: Path) -> None:
        command = child_command(str(SUPPORT / "keras_2_files.py"), str(folder))
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stderr

    return made_once(tmp_path_factory, "keras-2", run)


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_keras_2_gives_the_answers_of_keras_2(keras_2_files: Path, name: str) -> None:
    model = load_source(open_source(keras_2_files / name), None)
    expected = np.load(keras_2_files / ANSWERS)[name]
    np.testing.assert_allclose(model.predict(images(side=model.image_shape[0])), expected, atol=1e-5)


def test_the_scores_among_several_outputs_are_those_that_are_named(keras_2_files: Path) -> None:
    source = open_source(keras_2_files / TWO_OUTPUTS)
    with pytest.raises(SourceError, match="say which with --output"):
        load_source(source, None)
    expected = np.load(keras_2_files / ANSWERS)[TWO_OUTPUTS]
    np.testing.assert_allclose(load_source(source, UserSays(output="style")).predict(images()), expected, atol=1e-5)


def test_edge_convert_takes_what_teachable_machine_exports(
    keras_2_files: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "model.tflite"
    assert main([str(keras_2_files / "teachable_machine.h5"), "--out", str(out), *said(tmp_path)]) == 0
    assert "loaded by Keras 2 (tf_keras), and converted as a SavedModel" in capfd.readouterr().err
    assert out.is_file()


def said(folder: Path) -> list[str]:
    return [
        "--normalization=-1..1", "--quantize", "float32", "--labels", str(write_labels(folder / "labels.txt")),
        "--eval-data", str(write_color_images(folder / "eval", 2, seed=1)),
    ]  # fmt: skip


def edit_config(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Changes the configuration in an HDF5 file."""
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        change(config)
        file.attrs["model_config"] = json.dumps(config)


def layer(config: dict[str, Any], class_name: str) -> dict[str, Any]:
    return next(layer for layer in config["config"]["layers"] if layer["class_name"] == class_name)


def calls(function: str) -> Callable[[dict[str, Any]], None]:
    """A configuration whose operator is another function of TensorFlow."""
    return lambda config: layer(config, "TFOpLambda")["config"].update(function=function)


def is_now(class_name: str, **config: Any) -> Callable[[dict[str, Any]], None]:
    """A configuration whose operator is a layer of another class."""
    return lambda whole: layer(whole, "TFOpLambda").update(
        class_name=class_name, config={"name": "layer", "trainable": False, "dtype": "float32", **config}
    )


def activates(**function: Any) -> Callable[[dict[str, Any]], None]:
    """A configuration whose activation is something else."""
    entry = {"class_name": "function", "registered_name": None, **function}
    return lambda config: layer(config, "Dense")["config"].update(activation=entry)


def holds(class_name: str, **config: Any) -> Callable[[dict[str, Any]], None]:
    """A configuration in which a layer holds another one."""
    inner = {"class_name": class_name, "config": {"name": "inner", **config}}
    return is_now("TimeDistributed", layer=inner)


HOSTILE: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "writes a file": (calls("io.write_file"), "'io.write_file'"),
    "writes a file by a raw operator": (calls("raw_ops.WriteFile"), "'raw_ops.WriteFile'"),
    "loads native code": (calls("load_op_library"), "'load_op_library'"),
    "fetches a file": (calls("keras.utils.get_file"), "'keras.utils.get_file'"),
    "calls Python": (calls("compat.v1.py_func"), "'compat.v1.py_func'"),
    "reads a vocabulary": (is_now("StringLookup", vocabulary="/etc/passwd"), "'StringLookup'"),
    "loads another model": (is_now("TFSMLayer", filepath="/tmp/other"), "'TFSMLayer'"),
    "a method of a class": (is_now("ClassMethod", cls_symbol="io.gfile.GFile", method_name="write"), "'ClassMethod'"),
    "a Lambda": (is_now("Lambda", function=["4wEAAAA=", None, None], function_type="lambda"), "a Lambda layer"),
    "a Lambda in a layer": (holds("Lambda", function=["4wEAAAA=", None, None]), "a Lambda layer"),
    "an operator": (is_now("TensorFlowOpLayer", node_def={"name": "w", "op": "WriteFile"}), "WriteFile"),
    "a function of a module": (activates(module="os", config="system"), "'system'"),
    "a function of Python": (activates(module="builtins", config="eval"), "'eval'"),
    "a module of somebody": (activates(module="antigravity", config="relu"), "'antigravity.function'"),
}


@pytest.mark.parametrize(("change", "named"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_file_of_keras_2_that_could_run_code_is_refused(
    keras_2_files: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    change: Callable[[dict[str, Any]], None],
    named: str,
) -> None:
    model = tmp_path / "model.h5"
    model.write_bytes((keras_2_files / "operators.h5").read_bytes())
    edit_config(model, change)
    assert main([str(model), "--out", str(tmp_path / "out.tflite"), *said(tmp_path)]) == 1
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith(f"edge-convert: {model}: ")
    assert named in line
    assert len(line.replace(str(tmp_path), "")) <= 300
    assert not (tmp_path / "out.tflite").exists()


def test_a_lambda_in_a_keras_file_is_refused(
    keras_2_files: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "model.keras"
    with zipfile.ZipFile(keras_2_files / "operators.keras") as old, zipfile.ZipFile(model, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content.replace(b'"TFOpLambda"', b'"Lambda"') if name == "config.json" else content)
    assert main([str(model), "--out", str(tmp_path / "out.tflite"), *said(tmp_path)]) == 1
    (line,) = capfd.readouterr().err.splitlines()
    assert "it holds Python code (a Lambda layer), which is not executed" in line


def test_what_keras_2_cannot_load_either_is_one_line(
    keras_2_files: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "model.h5"
    model.write_bytes((keras_2_files / "operators.h5").read_bytes())
    edit_config(model, lambda config: layer(config, "Conv2D")["config"].update(kernel_size=[5, 5]))
    assert main([str(model), "--out", str(tmp_path / "out.tflite"), *said(tmp_path)]) == 1
    line = capfd.readouterr().err.splitlines()[-1]
    assert "Keras 2 cannot load it either: ValueError: " in line
    assert len(line.replace(str(tmp_path), "")) <= 300


def test_without_its_extra_one_line_names_it(keras_2_files: Path, tmp_path: Path) -> None:
    arguments = [str(keras_2_files / "operators.h5"), "--out", str(tmp_path / "out.tflite"), *said(tmp_path)]
    done = run_without(("tf_keras",), f"import sys; from converter.cli import main; sys.exit(main({arguments!r}))")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "operators.h5: Keras 2 wrote it, and Keras 3 cannot load it: No module named 'tf_keras'; run: " in line
    assert line.endswith("pip install 'edge-deploy-kit[keras2]'")
