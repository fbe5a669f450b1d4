"""Models that give probabilities by another last operator than softmax or sigmoid: both commands read them alike."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from converter.cli import main
from edge_runtime import Classifier, read_image

pytestmark = pytest.mark.tensorflow

SIDE = 8
NAMES = ("red", "green", "blue")


def softmax(values: Any) -> Any:
    powers = np.exp(values)
    return powers / powers.sum()


def one_column(means: Any) -> Any:
    import tensorflow as tf

    return tf.nn.softmax(means)[:, :1]


def average(means: Any) -> Any:
    import tensorflow as tf

    return (tf.nn.softmax(means) + tf.nn.softmax(2 * means)) / 2


def squeezed(means: Any) -> Any:
    import tensorflow as tf

    return tf.nn.softmax(means)[:, None, None, :]


def clipped(means: Any) -> Any:
    import tensorflow as tf

    return tf.clip_by_value(tf.sigmoid(means), 0.01, 0.99)


HEADS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any], int]] = {
    "one column": (one_column, lambda means: np.array([1, 0]) + softmax(means)[0] * np.array([-1, 1]), 2),
    "an average of softmaxes": (average, lambda means: (softmax(means) + softmax(2 * means)) / 2, 3),
    "two dimensions more": (squeezed, softmax, 3),
    "clipped sigmoids": (clipped, lambda means: np.clip(1 / (1 + np.exp(-means)), 0.01, 0.99), 3),
}


def write_model(path: Path, head: Callable[[Any], Any]) -> Path:
    """A float .tflite: ``head`` of the mean of each channel, 0..4."""
    import tensorflow as tf

    class Model(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((1, SIDE, SIDE, 3), tf.float32)])
        def __call__(self, image: Any) -> Any:
            return {"scores": head(tf.reduce_mean(image, [1, 2]) * 4)}

    model = Model()
    function = model.__call__.get_concrete_function()
    path.write_bytes(tf.lite.TFLiteConverter.from_concrete_functions([function], model).convert())
    return path


@pytest.mark.parametrize("kind", HEADS)
def test_probabilities_stay_as_they_are_in_edge_run_and_behind_edge_convert(
    kind: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    head, expected, classes = HEADS[kind]
    model, labels, photo = write_model(tmp_path / "m.tflite", head), tmp_path / "labels.txt", tmp_path / "teal.png"
    labels.write_text("\n".join(NAMES[:classes]))
    Image.new("RGB", (SIDE, SIDE), (0, 128, 255)).save(photo)
    for number, name in enumerate(NAMES[:classes]):
        (tmp_path / "eval" / name).mkdir(parents=True)
        Image.new("RGB", (SIDE, SIDE), tuple(200 * (place == number) for place in range(3))).save(
            tmp_path / "eval" / name / "0.png"
        )
    right = expected(np.array([0, 128, 255]) / 255 * 4)
    with Classifier(model, normalization="0..1", labels=labels) as classifier:
        assert classifier.scores(read_image(photo)) == pytest.approx(right, abs=1e-5)
    out = tmp_path / "out.tflite"
    arguments = [str(model), "--out", str(out), "--labels", str(labels), "--eval-data", str(tmp_path / "eval")]
    assert main([*arguments, "--normalization", "0..1", "--quantize", "float32", "--allow-chance"]) == 0
    assert "--activation none (8 images gave" in capfd.readouterr().err
    with Classifier(out) as classifier:
        assert classifier.scores(read_image(photo)) == pytest.approx(right, abs=1e-5)
