"""A network with HARD_SWISH through edge-convert's door: replaced, said, and kept for micro."""

from pathlib import Path

import numpy as np
import pytest
from small_run import CLASSES, SIDE, write_record

from converter import ConvertConfig, convert
from converter.inspect.model import inspect_model
from edge_runtime.contracts.training import MODEL_NAME

pytestmark = pytest.mark.tensorflow
REPLACED = "1 HARD_SWISH became ADD, MUL, MUL"


def write_hard_swish_run(folder: Path) -> Path:
    """A RUN folder whose network finds the strongest channel behind a HARD_SWISH."""
    import keras

    image = keras.Input((SIDE, SIDE, 3))
    features = keras.layers.Conv2D(3, 1, activation="hard_silu", name="channels")(image)
    means = keras.layers.GlobalAveragePooling2D()(features)
    model = keras.Model(image, keras.layers.Dense(3, activation="softmax", name="classes")(means))
    model.get_layer("channels").set_weights([2 * np.eye(3)[None, None], np.zeros(3)])
    model.get_layer("classes").set_weights([8 * np.eye(3, len(CLASSES)), np.zeros(3)])
    run = folder / "run"
    run.mkdir()
    model.save(run / MODEL_NAME)
    write_record(run, folder / "data")
    return run


def test_hard_swish_is_replaced_and_kept_for_micro(tmp_path: Path) -> None:
    run, path = write_hard_swish_run(tmp_path), tmp_path / "m.tflite"
    report = convert(ConvertConfig(run), path)
    assert f"rewritten       {REPLACED}\n" in report.summary()
    assert report.chosen is not None
    assert report.chosen.parameters["rewritten"] == [REPLACED]
    found = inspect_model(path)
    assert found.manifest is not None
    assert found.manifest.quantization["rewritten"] == [REPLACED]
    assert not [cost for cost in found.outside if not cost.harmless]
    report = convert(ConvertConfig(run, target="micro"), tmp_path / "micro.tflite")
    assert "rewritten" not in report.summary()
    names = [operator.name for operator in inspect_model(tmp_path / "micro.tflite").graphs[0].operators]
    assert "HARD_SWISH" in names
