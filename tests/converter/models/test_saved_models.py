"""SavedModels of TF1 and TF2, through edge-convert's door: the right answers, or one line that says what to do."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from saved_models import (
    averaged_over_the_batch,
    channels_first,
    fixed_reshape,
    looped,
    of_bytes,
    plain,
    resized_bytes,
    write_tf1,
    write_tf2,
)
from small_run import SIDE, write_color_images
from stranger_models import color_model, write_labels

from converter.cli import main
from edge_runtime.model.file import read_model_file

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("said")
    return [
        "--labels", str(write_labels(folder / "labels.txt")),
        "--eval-data", str(write_color_images(folder / "eval", 3, seed=300)),
        "--calibration-data", str(write_color_images(folder / "calibration", 3, seed=301)),
    ]  # fmt: skip


def top1(out: Path) -> tuple[float, float]:
    """The shares of right answers: of the float model, and of the file."""
    gate = json.loads(out.with_name(out.stem + ".report.json").read_text())["chosen"]["gate"]
    return gate["reference"], gate["candidate"]


def two_signatures(path: Path) -> Path:
    def upside_down(images: Any, weight: Any) -> dict[str, Any]:
        return plain(images, -weight)

    return write_tf2(path, {"first": plain, "second": upside_down})


def with_two_outputs(images: Any, weight: Any) -> dict[str, Any]:
    return plain(images, weight) | {"logits": plain(images, -weight)["scores"]}


def write_trained(path: Path) -> Path:
    """A model of Keras 3 with an optimizer, saved as an object: its saver restores copies of the variables."""
    import tensorflow as tf

    model = color_model()
    model.compile("sgd", "categorical_crossentropy")
    tf.saved_model.save(model, str(path))
    return path


def write_mixed(path: Path) -> Path:
    """A model of mixed precision, which computes in float16."""
    import keras

    keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        color_model().export(path, format="tf_saved_model", verbose=False)
    finally:
        keras.mixed_precision.set_global_policy("float32")
    return path


RIGHT: dict[str, tuple[Callable[[Path], Path], tuple[str, ...]]] = {
    "TF2": (lambda path: write_tf2(path, {"serving_default": plain}), ("--normalization=-1..1",)),
    "its one signature": (lambda path: write_tf2(path, {"scores": plain}), ("--normalization=-1..1",)),
    "one of two signatures": (two_signatures, ("--normalization=-1..1", "--signature", "first")),
    "mixed precision": (write_mixed, ("--normalization=-1..1",)),
    "a loop and a branch": (lambda path: write_tf2(path, {"serving_default": looped}), ("--normalization=-1..1",)),
    "a batch of 1": (
        lambda path: write_tf2(path, {"serving_default": plain}, (1, SIDE, SIDE, 3)), ("--normalization=-1..1",)
    ),
    "a batch of 8": (
        lambda path: write_tf2(path, {"serving_default": plain}, (8, SIDE, SIDE, 3)), ("--normalization=-1..1",)
    ),
    "any size": (
        lambda path: write_tf2(path, {"serving_default": plain}, (None, None, None, 3)),
        ("--normalization=-1..1", "--image-size", str(SIDE)),
    ),
    "channels first": (
        lambda path: write_tf2(path, {"serving_default": channels_first}, (None, 3, SIDE, SIDE)),
        ("--normalization=-1..1",),
    ),
    "bytes": (lambda path: write_tf2(path, {"serving_default": of_bytes}, dtype="uint8"), ()),
    "bytes, and it is said": (
        lambda path: write_tf2(path, {"serving_default": of_bytes}, dtype="uint8"), ("--normalization=0..255",)
    ),
    "bytes that are resized": (lambda path: write_tf2(path, {"serving_default": resized_bytes}, dtype="uint8"), ()),
    "int32": (lambda path: write_tf2(path, {"serving_default": of_bytes}, dtype="int32"), ()),
    "half precision": (
        lambda path: write_tf2(path, {"serving_default": plain}, dtype="float16"), ("--normalization=-1..1",)
    ),
    "one of two outputs": (
        lambda path: write_tf2(path, {"serving_default": with_two_outputs}),
        ("--normalization=-1..1", "--output", "scores"),
    ),
    "one of two outputs by its number": (
        lambda path: write_tf2(path, {"serving_default": with_two_outputs}), ("--normalization=-1..1", "--output", "1"),
    ),
    "Keras 3, by tf.saved_model.save": (write_trained, ("--normalization=-1..1",)),
    "TF1": (lambda path: write_tf1(path, resource=False), ("--normalization=-1..1", "--signature", "predict")),
    "TF1 with resources": (
        lambda path: write_tf1(path, resource=True), ("--normalization=-1..1", "--signature", "predict")
    ),
    "TF1 with labels as another output": (
        lambda path: write_tf1(path, resource=False), ("--normalization=-1..1", "--signature", "classify")
    ),
    "TF1 with a variable in parts": (
        lambda path: write_tf1(path, resource=False, parts=3), ("--normalization=-1..1", "--signature", "predict")
    ),
    "TF1 with a batch of 4": (
        lambda path: write_tf1(path, resource=False, shape=(4, SIDE, SIDE, 3)),
        ("--normalization=-1..1", "--signature", "predict"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("recipe", ["float32", pytest.param("int8", marks=pytest.mark.slow)])
@pytest.mark.parametrize(("write", "options"), RIGHT.values(), ids=RIGHT.keys())
def test_a_saved_model_is_converted_with_its_answers(
    write: Callable[[Path], Path], options: tuple[str, ...], recipe: str, said: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "model.tflite"
    assert main([str(write(tmp_path / "saved")), "--out", str(out), *said, *options, "--quantize", recipe]) == 0
    assert top1(out) == (1.0, 1.0)


def test_a_signature_is_what_its_name_says(said: list[str], tmp_path: Path) -> None:
    model, out = two_signatures(tmp_path / "saved"), tmp_path / "model.tflite"
    arguments = [str(model), "--out", str(out), *said, "--normalization=-1..1", "--quantize", "float32"]
    assert main([*arguments, "--signature", "second", "--allow-chance"]) == 0
    assert top1(out) == (0.0, 0.0)


def test_bytes_go_in_as_they_are(said: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    model = write_tf2(tmp_path / "saved", {"serving_default": of_bytes}, dtype="uint8")
    out = tmp_path / "model.tflite"
    assert main([str(model), "--out", str(out), *said, "--quantize", "float32"]) == 0
    assert f"{model}: its input is of integers, so pixels go in as they are (0..255)" in capfd.readouterr().err
    manifest = read_model_file(out).manifest
    assert manifest is not None
    assert (manifest.preprocessing.mean, manifest.preprocessing.std) == ((0.0,), (1.0,))


def of_files(path: Path) -> Path:
    def call(files: Any, weight: Any) -> dict[str, Any]:
        import tensorflow as tf

        image = tf.image.decode_jpeg(files[0], channels=3)
        return of_bytes(tf.image.resize(image, (SIDE, SIDE))[None], weight)

    return write_tf2(path, {"serving_default": call}, (None,), "string")


def of_class_numbers(images: Any, weight: Any) -> dict[str, Any]:
    import tensorflow as tf

    return {"class": tf.argmax(plain(images, weight)["scores"], 1)}


def without_variables(path: Path) -> Path:
    write_tf2(path, {"serving_default": plain})
    for file in (path / "variables").iterdir():
        file.unlink()
    return path


def truncated(path: Path) -> Path:
    write_tf2(path, {"serving_default": plain})
    (data,) = (path / "variables").glob("*.data*")
    data.write_bytes(b"")
    return path


def still_augmenting(path: Path) -> Path:
    import keras

    layers = [keras.Input((SIDE, SIDE, 3)), keras.layers.RandomFlip(), keras.layers.GlobalAveragePooling2D()]
    keras.Sequential([*layers, keras.layers.Dense(3)]).export(path, format="tf_saved_model", verbose=False)
    return path


REFUSED: dict[str, tuple[Callable[[Path], Path], tuple[str, ...], str]] = {
    "which signature": (two_signatures, (), "it has several signatures; say which with --signature: first, second"),
    "no such signature": (two_signatures, ("--signature", "third"), "it has no signature 'third'; --signature na"),
    "two outputs": (
        lambda path: write_tf2(path, {"serving_default": with_two_outputs}), (),
        "it has 2 outputs that may be the scores (logits, scores); of a SavedModel, say which with --output",
    ),
    "no such output": (
        lambda path: write_tf2(path, {"serving_default": with_two_outputs}), ("--output", "2"),
        "it has no output '2' of scores; --output is one of: logits, scores",
    ),
    "files": (of_files, (), "its input images takes files or text, not pixels; export it with an"),
    "class numbers": (
        lambda path: write_tf2(path, {"serving_default": of_class_numbers}), (), "none of its outputs is of floating-"
    ),
    "a batch of 4 inside": (
        lambda path: write_tf2(path, {"serving_default": fixed_reshape}, (4, SIDE, SIDE, 3)), (),
        "it takes 4 images at a time, and its graph cannot take one (",
    ),
    "a batch that belongs together": (
        lambda path: write_tf2(path, {"serving_default": averaged_over_the_batch}, (4, SIDE, SIDE, 3)), (),
        "it takes 4 images at a time, and its graph cannot take one (it answers otherwise then); export it with",
    ),
    "no variables": (without_variables, (), "variables: damaged or incomplete: "),
    "augmentation as in training": (
        still_augmenting, (),
        "its answers are random (StatelessRandomGetKeyCounter, StatelessRandomUniformV2): layers of augmentation or",
    ),
    "truncated variables": (truncated, (), "variables: damaged or incomplete: "),
}  # fmt: skip


@pytest.mark.parametrize(("write", "options", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_converted_is_one_clear_line(
    write: Callable[[Path], Path],
    options: tuple[str, ...],
    message: str,
    said: list[str],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    model = write(tmp_path / "saved")
    capfd.readouterr()
    arguments = [str(model), "--out", str(tmp_path / "o.tflite"), *said, "--normalization=-1..1", *options]
    assert main(arguments) == 1
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith(f"edge-convert: {model}")
    assert message in line
    assert len(line.replace(str(tmp_path), "")) <= 300


def test_bytes_leave_no_choice_of_a_normalisation(
    said: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = write_tf2(tmp_path / "saved", {"serving_default": of_bytes}, dtype="uint8")
    assert main([str(model), "--out", str(tmp_path / "o.tflite"), *said, "--normalization=-1..1"]) == 1
    assert "its input is of integers, so it scales pixels itself; leave --norm" in capfd.readouterr().err


def test_only_a_saved_model_has_signatures(small_run: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([str(small_run), "--out", str(tmp_path / "o.tflite"), "--signature", "serving_default"]) == 1
    assert "only a SavedModel has signatures; leave --signature out" in capfd.readouterr().err
