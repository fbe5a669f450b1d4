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
from trainer.errors import DivergedError
from trainer.features.rows import FeatureRows
from trainer.fit.checkpoint import Checkpoints
from trainer.fit.objective import Objective

pytestmark = pytest.mark.tensorflow

SPEC = PreprocessSpec(8, 8)
OBJECTIVE = Objective("single-label", 3)


@pytest.fixture
def images(tmp_path: Path) -> LabelledImages:
    return read_image_folder(write_image_folder(tmp_path / "data", {"red": 12, "green": 12, "blue": 12}))


def _model(seed: int = 0, inner: tuple[str, ...] = (), **head: Any) -> Any:
    import keras

    from trainer.networks.head import attach_head
    from trainer.networks.levels import join_levels

    keras.utils.set_random_seed(seed)
    pixels = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(8, 3, name="low")(pixels)
    x = keras.layers.BatchNormalization(name="low_norm")(x)
    x = keras.layers.Conv2D(8, 3, activation="relu", name="high")(x)
    x = keras.layers.BatchNormalization(name="high_norm")(x)
    backbone = keras.Model(pixels, keras.layers.GlobalAveragePooling2D()(x))
    if inner:
        backbone = join_levels(backbone, inner, "avg")
    return attach_head(backbone, _config(0.1, **head).head(OBJECTIVE.outputs, OBJECTIVE.activation))


def _config(learning_rate: float, **changes: Any) -> TrainConfig:
    options = {"weights": "imagenet", "dropout": 0.1, "batch_size": 8, "fine_tune_rate": 0.05, **changes}
    return TrainConfig("data", learning_rate=learning_rate, **options)  # type: ignore[arg-type]


def _phases(run: Path, config: TrainConfig, *, resume: bool = False, scale: Any = None) -> Any:
    from trainer.fit.phases import Phases

    checkpoints = Checkpoints(run)
    checkpoints.start({"seed": config.seed}, resume=resume)
    return Phases(config, OBJECTIVE, checkpoints, scale=scale)


def _feed(images: LabelledImages, seed: int | None) -> Any:
    from trainer.data.pixels.source import open_pixels
    from trainer.fit.feeds import ImageFeed
    from trainer.fit.feeds.order import Order

    return ImageFeed(open_pixels(images, SPEC, holds=True), OBJECTIVE.targets(images.labels), Order(8, seed))


def _fine_tune(
    model: Any, images: LabelledImages, run: Path, learning_rate: float, val: LabelledImages | None = None, **more: Any
) -> Any:
    config = _config(learning_rate, fine_tune_epochs=3, fine_tune_layers=3, **more)
    return _phases(run, config).fine_tune(model, _feed(images, 1), _feed(val or images, None))


def _weights(model: Any) -> dict[str, list[np.ndarray]]:
    return {layer.name: [array.copy() for array in layer.get_weights()] for layer in model.layers if layer.weights}


def _changed(before: dict[str, list[np.ndarray]], model: Any) -> set[str]:
    return {name for name, arrays in _weights(model).items() if not all(map(np.array_equal, arrays, before[name]))}


@pytest.mark.parametrize("inner", [pytest.param((), marks=pytest.mark.slow), ("low_norm", "high")])
def test_fine_tuning_changes_the_top_and_the_head_and_no_batch_norm(
    images: LabelledImages, tmp_path: Path, inner: tuple[str, ...]
) -> None:
    model = _model(inner=inner)
    before = _weights(model)
    _fine_tune(model, images, tmp_path, learning_rate=0.1)
    assert _changed(before, model) == {"high", "head_dense"}


@pytest.mark.slow  # a resumed phase is compared to the bit, too
def test_fine_tuning_repeats_to_the_bit(images: LabelledImages, tmp_path: Path) -> None:
    from trainer.run.tensorflow import start_tensorflow

    runs = []
    for _ in range(2):
        start_tensorflow(_config(0.1, seed=5))
        model = _model(5)
        runs.append((_fine_tune(model, images, tmp_path, learning_rate=0.1), _weights(model)))
    assert runs[0][0] == runs[1][0]
    np.testing.assert_equal(runs[0][1], runs[1][1])


def test_fine_tuning_that_does_not_help_is_undone(
    images: LabelledImages, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Validation labels that contradict the training ones: what was there before must come out."""
    caplog.set_level("INFO", logger="edge-deploy-kit")
    wrong = tuple(((label + 1) % 3,) for (label,) in images.labels)
    model = _model()
    before = _weights(model)
    _fine_tune(model, images, tmp_path, learning_rate=1.0, val=replace(images, labels=wrong))
    assert "fine-tuning did not lower the validation loss" in caplog.text
    assert _changed(before, model) == set()


def _features(count: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Features that tell three classes apart, and the classes."""
    labels = np.arange(count) % 3
    noise = np.random.default_rng(0).normal(0, 0.1, (count, 8))
    return (np.eye(8)[labels] + noise).astype(np.float32), labels


def _feature_feed(features: np.ndarray, labels: np.ndarray, seed: int | None, *more_views: np.ndarray) -> Any:
    from trainer.fit.feeds import FeatureFeed
    from trainer.fit.feeds.order import Order

    rows = [
        FeatureRows((view,), np.zeros(len(view), np.int64), np.arange(len(view))) for view in (features, *more_views)
    ]
    return FeatureFeed(rows, np.eye(3, dtype=np.float32)[labels], Order(8, seed))


def test_the_head_keeps_the_epoch_with_the_lowest_validation_loss(tmp_path: Path) -> None:
    """Validation labels that contradict the training ones: every epoch makes it worse, so the first must stay."""
    model = _model()
    features, labels = _features()
    before = _weights(model)
    val = _feature_feed(features, (labels + 1) % 3, None)
    history = _phases(tmp_path, _config(0.05, epochs=6)).train_head(model, _feature_feed(features, labels, 0), val)
    assert history["val_loss"] == tuple(sorted(history["val_loss"]))
    scores = _head(model, features)
    kept = -np.log(scores[np.arange(60), (labels + 1) % 3]).mean()
    assert kept == pytest.approx(history["val_loss"][0], rel=1e-4)
    assert _changed(before, model) == {"head_dense"}


def test_fine_tuning_follows_a_schedule_with_a_warm_up(images: LabelledImages, tmp_path: Path) -> None:
    model = _model()
    before = _weights(model)
    history = _fine_tune(model, images, tmp_path, 0.05, schedule="cosine", warmup_epochs=2, keep="last")
    assert len(history["loss"]) == 3
    assert _changed(before, model)


@pytest.mark.slow  # trains twice
def test_keep_last_keeps_the_last_epoch_however_bad(images: LabelledImages, tmp_path: Path) -> None:
    """Validation labels that contradict the training ones: neither the first epoch nor the state before may stay."""
    model = _model()
    features, labels = _features()
    wrong = (labels + 1) % 3
    feeds = _feature_feed(features, labels, 0), _feature_feed(features, wrong, None)
    history = _phases(tmp_path, _config(0.05, epochs=6, keep="last")).train_head(model, *feeds)
    kept = -np.log(_head(model, features)[np.arange(60), wrong]).mean()
    assert kept == pytest.approx(history["val_loss"][-1], rel=1e-4)
    assert kept > history["val_loss"][0]

    before = _weights(model)
    contradicting = replace(images, labels=tuple(((label + 1) % 3,) for (label,) in images.labels))
    _fine_tune(model, images, tmp_path, learning_rate=1.0, val=contradicting, keep="last")
    assert _changed(before, model)


def test_a_feature_that_no_training_image_has_does_not_count(tmp_path: Path) -> None:
    model = _model()
    features, labels = _features()
    features[:, 7] = 0
    feeds = _feature_feed(features, labels, 0), _feature_feed(features, labels, None)
    _phases(tmp_path, _config(0.05, epochs=3)).train_head(model, *feeds)
    strange = features.copy()
    strange[:, 7] = 100
    np.testing.assert_array_equal(_head(model, strange), _head(model, features))
    assert (_head(model, features).argmax(axis=1) == labels).all()


def test_features_of_several_levels_are_scaled_for_the_head_and_it_takes_them_plain(tmp_path: Path) -> None:
    from trainer.features.scale import Scale

    features, labels = _features()
    shrunk = features * 1e-4 + np.arange(features.shape[1], dtype=np.float32)
    feeds = _feature_feed(shrunk, labels, 0), _feature_feed(shrunk, labels, None)
    histories = {}
    for levels in (1, 2):
        model = _model()
        scale = Scale.of(feeds[0].views) if levels > 1 else None
        phases = _phases(tmp_path, _config(0.05, epochs=3), scale=scale)
        histories[levels] = phases.train_head(model, *feeds)
        phases.finish(model)
    assert histories[1]["val_accuracy"][-1] < 0.9, "else this shows nothing"
    assert histories[2]["val_accuracy"][-1] == 1.0
    assert (_head(model, shrunk).argmax(axis=1) == labels).all()


@pytest.mark.slow  # trains twice
def test_fine_tuning_drops_out_features_in_the_scale_in_which_the_head_learned(
    images: LabelledImages, tmp_path: Path
) -> None:
    """Dropout's zero is then a feature's mean; of plain features, far from zero, it would be noise nobody learned."""
    import keras

    from trainer.features.scale import Scale

    model = _model(inner=("low_norm",), dropout=0.5)
    norm = model.get_layer("high_norm")
    gamma, _, *statistics = norm.get_weights()
    norm.set_weights([gamma, np.full_like(gamma, 100), *statistics])
    train = _feed(images, 1)
    backbone = keras.Model(model.input, model.get_layer("head_dropout").input)
    batches = list(train.dataset(range(1)))
    features = np.concatenate([backbone(pixels).numpy() for pixels, _ in batches])
    labels = np.concatenate([targets.numpy().argmax(axis=1) for _, targets in batches])
    feeds = _feature_feed(features, labels, 0), _feature_feed(features, labels, None)

    config = _config(0.05, epochs=20, fine_tune_epochs=1, fine_tune_rate=1e-6, dropout=0.5, keep="last")
    phases = _phases(tmp_path, config, scale=Scale.of(feeds[0].views))
    head = phases.train_head(model, *feeds)
    tuned = phases.fine_tune(model, train, _feed(images, None))
    phases.finish(model)
    assert tuned["loss"][0] < 2 * head["loss"][-1]
    assert tuned["val_loss"][0] == pytest.approx(head["val_loss"][-1], rel=0.01)
    scores = np.concatenate([model(pixels, training=False).numpy() for pixels, _ in batches])
    assert (scores.argmax(axis=1) == labels).all()


def test_a_scale_folds_into_the_first_dense_layer() -> None:
    import keras

    from trainer.features.scale import Scale

    rng = np.random.default_rng(0)
    views = [rng.normal([3, -2, 0, 5], [10, 0.1, 0, 1], (50, 4)).astype(np.float32) for _ in range(2)]
    scale = Scale.of(_feature_feed(views[0], np.zeros(50, int), 0, views[1]).views)
    together = np.concatenate(views).astype(np.float64)
    np.testing.assert_allclose(scale.mean, together.mean(axis=0), rtol=1e-6)
    assert scale.variance[0] == pytest.approx(together.var(axis=0)[0], rel=0.04)
    assert scale.variance[2] > 0, "of what does not vary"

    dense = keras.layers.Dense(3)
    scaled = (together - scale.mean) / np.sqrt(scale.variance)
    wanted = np.asarray(dense(scaled.astype(np.float32)))
    scale.fold_into(dense)
    np.testing.assert_allclose(np.asarray(dense(together.astype(np.float32))), wanted, atol=1e-4)


def test_the_head_ends_when_the_validation_loss_is_stuck(tmp_path: Path) -> None:
    model = _model()
    features, labels = _features()
    val = _feature_feed(features, (labels + 1) % 3, None)
    config = _config(0.05, epochs=50, patience=3)
    history = _phases(tmp_path, config).train_head(model, _feature_feed(features, labels, 0), val)
    assert len(history["val_loss"]) == 1 + 3, "the first epoch was the best one"


@pytest.mark.parametrize(
    ("optimizer", "schedule"),
    [
        ("adam", "plateau"),
        ("adamw", "cosine"),
        *(pytest.param(*pair, marks=pytest.mark.slow) for pair in (("sgd", "step"), ("rmsprop", "constant"))),
    ],
)
def test_every_optimizer_and_schedule_learns(tmp_path: Path, optimizer: str, schedule: str) -> None:
    features, labels = _features()
    model = _model(dense_units=8, l2=1e-4)
    warmup_epochs = 2 if schedule == "cosine" else 0
    config = _config(
        0.05, epochs=6, optimizer=optimizer, schedule=schedule, warmup_epochs=warmup_epochs, label_smoothing=0.1
    )
    feeds = _feature_feed(features, labels, 0), _feature_feed(features, labels, None)
    history = _phases(tmp_path, config).train_head(model, *feeds)
    assert history["val_accuracy"][-1] == 1.0
    assert history["val_loss"][-1] < history["val_loss"][0]


def test_a_loss_that_leaves_the_finite_numbers_is_an_error(tmp_path: Path) -> None:
    features, labels = _features()
    feeds = _feature_feed(np.full_like(features, np.nan), labels, 0), _feature_feed(features, labels, None)
    with pytest.raises(DivergedError, match="head: the loss is no finite number any more; use a lower --learning-rate"):
        _phases(tmp_path, _config(0.1)).train_head(_model(), *feeds)


def test_an_epoch_shows_each_image_once_in_one_of_its_views() -> None:
    features = np.arange(40, dtype=np.float32)[:, None]
    feed = _feature_feed(features, np.zeros(40, int), 5, features + 100)
    epochs = [np.concatenate([x.numpy()[:, 0] for x, _ in feed.dataset(range(e, e + 1))]) for e in range(2)]
    for shown in epochs:
        assert sorted(shown % 100) == list(range(40))
        assert 5 < (shown >= 100).sum() < 35
    assert (epochs[0] != epochs[1]).any()
    both = np.concatenate([x.numpy()[:, 0] for x, _ in feed.dataset(range(2))])
    np.testing.assert_array_equal(both, np.concatenate(epochs))


def _interrupted(feed: Any, epoch: int) -> Any:
    """The feed, which breaks off in an epoch as Ctrl-C does."""

    class Broken(type(feed)):  # type: ignore[misc]
        def dataset(self, epochs: range) -> Any:
            if len(epochs) == 1:  # validation
                return super().dataset(epochs)
            return super().dataset(epochs).take(int(self.steps * (epoch + 0.5))).concatenate(_failing(super()))

    def _failing(parent: Any) -> Any:
        import tensorflow as tf

        def stop(*batch: Any) -> Any:
            with tf.control_dependencies([tf.debugging.Assert(False, ["interrupted"])]):
                return tuple(map(tf.identity, batch))

        return parent.dataset(range(1)).map(stop)

    return Broken(**vars(feed))


@pytest.mark.parametrize("schedule", ["cosine", pytest.param("plateau", marks=pytest.mark.slow)])
def test_a_resumed_phase_ends_as_one_that_was_never_interrupted(
    images: LabelledImages, tmp_path: Path, schedule: str
) -> None:
    import tensorflow as tf

    from trainer.run.tensorflow import start_tensorflow

    config = _config(0.05, epochs=5, schedule=schedule, seed=3)
    runs = []
    for name in ("whole", "broken"):
        start_tensorflow(config)
        model = _model(3)
        train, val = _feed(images, 3), _feed(images, None)
        if name == "broken":
            with pytest.raises(tf.errors.InvalidArgumentError):
                _phases(tmp_path / name, config).train_whole(model, _interrupted(train, epoch=2), val)
            model = _model(99)  # whatever it begins with, the state on disk decides
        phases = _phases(tmp_path / name, config, resume=name == "broken")
        runs.append((phases.train_whole(model, train, val), _weights(model)))
    assert runs[0][0] == runs[1][0]
    np.testing.assert_equal(runs[0][1], runs[1][1])


def _head(model: Any, features: np.ndarray) -> np.ndarray:
    kernel, bias = model.get_layer("head_dense").get_weights()
    logits = features @ kernel + bias
    exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponents / exponents.sum(axis=1, keepdims=True)
