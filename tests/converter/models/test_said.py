"""What a stranger's model must be told goes into the file that is delivered: it needs no words any more."""

from pathlib import Path

import numpy as np
import pytest
from odd_models import OPEN, write_mean_model
from small_run import write_color_images
from stranger_models import write_labels
from tiny_model import solid_frame

from converter.cli import main
from edge_runtime import Classifier
from edge_runtime.model import read_model_file

FRAME = solid_frame((200, 30, 90), (20, 30))
MEANS = np.array([200, 30, 90]) / 255

pytestmark = pytest.mark.tensorflow


def softmax(values: np.ndarray) -> np.ndarray:
    powers = np.exp(values)
    return np.asarray(powers / powers.sum())


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("said")
    return ["--labels", str(write_labels(folder / "labels.txt")),
            "--eval-data", str(write_color_images(folder / "eval", 5, seed=300))]  # fmt: skip


def convert(model: Path, *options: str) -> Path:
    out = model.with_name("out.tflite")
    assert main([str(model), "--out", str(out), "--quantize", "float32", "--normalization=0..1", *options]) == 0
    file = read_model_file(out)
    assert (file.input.shape, file.is_open) == ((1, *file.image_shape), False)
    return out


@pytest.mark.parametrize(
    ("shape", "axes", "options"),
    [
        ((1, 3, 12, 12), (2, 3), []),
        ((1, 3, 12, 3), (2, 3), ["--layout", "nchw"]),
        ((1, OPEN, OPEN, 3), (1, 2), ["--image-size", "10x14"]),
        ((OPEN, 3, OPEN, OPEN), (2, 3), ["--image-size", "12"]),
    ],
)
def test_the_delivered_file_takes_one_plain_image(
    tmp_path: Path, images: list[str], shape: tuple[int, ...], axes: tuple[int, ...], options: list[str]
) -> None:
    out = convert(write_mean_model(tmp_path / "m.tflite", shape, axes), "--activation", "softmax", *options, *images)
    with Classifier(out) as classifier:
        assert classifier.scores(FRAME) == pytest.approx(softmax(MEANS), abs=1e-5)


@pytest.mark.parametrize(("output", "right"), [("1", MEANS), ("scores_out", softmax(MEANS))])
def test_the_delivered_file_has_the_one_output_that_was_named(
    tmp_path: Path, images: list[str], output: str, right: np.ndarray
) -> None:
    outputs = ("image", "means", "scores")
    model = write_mean_model(tmp_path / "m.tflite", (1, 12, 12, 3), (1, 2), activation=True, outputs=outputs)
    out = convert(model, "--output", output, "--activation", "none", "--task", "single-label", *images)
    with Classifier(out) as classifier:
        assert classifier.scores(FRAME) == pytest.approx(right, abs=1e-5)


def test_bgr_is_in_the_manifest(tmp_path: Path, images: list[str]) -> None:
    model = write_mean_model(tmp_path / "m.tflite", (1, 12, 12, 3), (1, 2))
    (tmp_path / "labels.txt").write_text("blue\ngreen\nred\n")
    out = convert(
        model, "--color", "bgr", "--activation", "softmax", *images[2:], "--labels", str(tmp_path / "labels.txt")
    )
    manifest = read_model_file(out).manifest
    assert manifest is not None
    assert manifest.preprocessing.color == "BGR"
    with Classifier(out) as classifier:
        assert classifier.scores(FRAME) == pytest.approx(softmax(MEANS[::-1]), abs=1e-5)


def test_probabilities_behind_another_operator_get_no_second_softmax(
    tmp_path: Path, images: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    model = write_mean_model(tmp_path / "m.tflite", (1, 12, 12, 3), (1, 2), activation=True, after="relu")
    out = convert(model, *images)
    assert (
        "--activation none (8 images gave 0.186 to 0.576 that sum to 1: probabilities already)"
        in capfd.readouterr().err
    )
    with Classifier(out) as classifier:
        assert classifier.scores(FRAME) == pytest.approx(softmax(MEANS), abs=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "it takes images of any size, [1, any, any, 3]; say the size it was trained with: --image-size"),
        (["--image-size", "0"], "image-size '0' is neither S nor HEIGHTxWIDTH"),
        (["--image-size", "8", "--output", "7"], "no output '7'; it has: 0 means_out [1, 3], 1 scores_out [1, 3]"),
        (["--image-size", "8"], "it has 2 outputs; say which holds the scores with --output NAME or its number"),
        (["--image-size", "8", "--output", "0", "--signature", "x"], "only a SavedModel has signatures"),
    ],
)
def test_what_must_be_said_is_asked_for(
    tmp_path: Path, images: list[str], options: list[str], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    model = write_mean_model(tmp_path / "m.tflite", (1, OPEN, OPEN, 3), (1, 2), outputs=("means", "scores"))
    try:
        code = main([str(model), "--out", str(tmp_path / "out.tflite"), "--normalization=0..1", *options, *images])
    except SystemExit as error:
        code = int(error.code or 0)
    assert code in (1, 2)
    assert message in capfd.readouterr().err.splitlines()[-1]
