"""A loop in a model may crash TensorFlow's calibration: that is one line, and no end of the process."""

from pathlib import Path

import pytest
from small_run import SIDE, write_color_images
from stranger_models import write_labels

from converter.cli import main

pytestmark = pytest.mark.tensorflow


@pytest.mark.slow  # waits for a child that crashes, several times
def test_a_model_that_crashes_the_calibration_is_refused_in_one_line_and_auto_goes_on(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    import keras

    image = keras.Input((SIDE, SIDE, 3))
    rows = keras.layers.GRU(4)(keras.layers.Reshape((SIDE, SIDE * 3))(image))
    keras.Model(image, keras.layers.Dense(3, activation="softmax")(rows)).save(tmp_path / "m.keras")
    images = write_color_images(tmp_path / "calibration", 2, seed=1), write_color_images(tmp_path / "eval", 2, seed=2)
    write_labels(tmp_path / "labels.txt")
    out = tmp_path / "o.tflite"
    arguments = [
        str(tmp_path / "m.keras"), "--out", str(out), "--labels", str(tmp_path / "labels.txt"), "--allow-chance",
        "--normalization=-1..1", "--calibration-data", str(images[0]), "--eval-data", str(images[1]),
    ]  # fmt: skip
    assert main([*arguments, "--quantize", "int8"]) == 1
    line = capfd.readouterr().err.splitlines()[-1]
    assert f"{out}: not written: TensorFlow cannot calibrate the model: it crashes (Segmentation fault)" in line
    assert "float16, dynamic and int8-weights need no calibration (--quantize)" in line
    assert out.with_name("o.report.json").is_file()
    assert main([*arguments, "--quantize", "auto"]) == 0
    assert "int8: TensorFlow cannot calibrate the model: it crashes" in capfd.readouterr().err
    assert out.is_file()
