"""Head and fine-tuning on a tiny network: what they change, keep and undo, and that they repeat."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from image_folders import write_image_folder

from edge_runtime.contracts.dataset import LabelledImages, read_image_folder
from edge_runtime.contracts.preprocessing import PreprocessSpec
from trainer import TrainConfig
from trainer.objective import Objective

pytestmark = pytest.mark.tensorflow

SPEC = PreprocessSpec(8, 8)
OBJECTIVE = Objective("single-label", 3)


@pytest.fixture
def images(tmp_path: Path) -> LabelledImages:
    return read_image_folder(write_image_folder(tmp_path / "data", {"red": 12, "green": 12, "blue": 12}))


def _model(seed: int = 0) -> Any:
    import keras

    from trainer.fitting import attach_head

    keras.utils.set_random_seed(seed)
    pixels = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(8, 3, name="low")(pixels)
    x = keras.layers.BatchNormalization(name="low_norm")(x)
    x = keras.layers.Conv2D(8, 3, activation="relu", name="high")(x)
    x = keras.layers.BatchNormalization(name="high_norm")(x)
    return attach_head(keras.Model(pixels, keras.layers.GlobalAveragePooling2D()(x)), OBJECTIVE, dropout=0.1)


def _config(learning_rate: float, **changes: Any) -> TrainConfig:
    return TrainConfig("data", weights="none", learning_rate=learning_rate, batch_size=8, **changes)


def _fine_tune(model: Any, images: LabelledImages, learning_rate: float, val: LabelledImages | None = None) -> Any:
    from trainer.data.sequence import ImageSequence
    from trainer.fitting import fine_tune

    shuffled = ImageSequence(images, SPEC, OBJECTIVE, 8, shuffle_seed=1)
    in_order = ImageSequence(val or images, SPEC, OBJECTIVE, 8, shuffle_seed=None)
    config = _config(learning_rate, fine_tune_epochs=3, fine_tune_layers=3)
    return fine_tune(model, shuffled, in_order, OBJECTIVE, config)


def _weights(model: Any) -> dict[str, list[np.ndarray]]:
    return {layer.name: [array.copy() for array in layer.get_weights()] for layer in model.layers if layer.weights}


def _changed(before: dict[str, list[np.ndarray]], model: Any) -> set[str]:
    return {name for name, arrays in _weights(model).items() if not all(map(np.array_equal, arrays, before[name]))}


def test_fine_tuning_changes_the_top_and_the_head_and_no_batch_norm(images: LabelledImages) -> None:
    model = _model()
    before = _weights(model)
    _fine_tune(model, images, learning_rate=0.1)
    assert _changed(before, model) == {"high", "head_dense"}


def test_fine_tuning_repeats_to_the_bit(images: LabelledImages) -> None:
    from trainer import _tensorflow

    runs = []
    for _ in range(2):
        _tensorflow.start(5)
        model = _model(5)
        runs.append((_fine_tune(model, images, learning_rate=0.1), _weights(model)))
    assert runs[0][0] == runs[1][0]
    np.testing.assert_equal(runs[0][1], runs[1][1])


def test_fine_tuning_that_does_not_help_is_undone(images: LabelledImages, caplog: pytest.LogCaptureFixture) -> None:
    """Validation labels that contradict the training ones: what was there before must come out."""
    caplog.set_level("INFO", logger="edge-deploy-kit")
    wrong = tuple(((label + 1) % 3,) for (label,) in images.labels)
    model = _model()
    before = _weights(model)
    _fine_tune(model, images, learning_rate=1.0, val=replace(images, labels=wrong))
    assert "fine-tuning did not lower the validation loss" in caplog.text
    assert _changed(before, model) == set()


def test_the_head_keeps_the_epoch_with_the_lowest_validation_loss() -> None:
    """Validation labels that contradict the training ones: every epoch makes it worse, so the first must stay."""
    from trainer.fitting import train_head

    model = _model()
    generator = np.random.default_rng(0)
    labels = np.arange(60) % 3
    features = np.eye(8, dtype=np.float32)[labels] + generator.normal(0, 0.1, (60, 8)).astype(np.float32)
    right, wrong = np.eye(3, dtype=np.float32)[labels], np.eye(3, dtype=np.float32)[(labels + 1) % 3]
    before = _weights(model)
    history = train_head(model, (features, right), (features, wrong), OBJECTIVE, _config(0.05, epochs=6))
    assert history["val_loss"] == tuple(sorted(history["val_loss"]))
    scores = _head(model, features)
    kept = -np.log(scores[np.arange(60), (labels + 1) % 3]).mean()
    assert kept == pytest.approx(history["val_loss"][0], rel=1e-4)
    assert _changed(before, model) == {"head_dense"}


def _head(model: Any, features: np.ndarray) -> np.ndarray:
    kernel, bias = model.get_layer("head_dense").get_weights()
    logits = features @ kernel + bias
    exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponents / exponents.sum(axis=1, keepdims=True)
