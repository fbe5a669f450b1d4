"""From prepared data to a trained model: which phases there are, and what each is fed with."""

from __future__ import annotations

from typing import Any

import keras

from edge_runtime.contracts.preprocessing import PreprocessSpec
from trainer.augmentation.layers import Augmenter
from trainer.augmentation.settings import read_augmentation
from trainer.backbones import KerasModel
from trainer.checkpoint import Checkpoints
from trainer.config import TrainConfig
from trainer.data.source import DataSource
from trainer.distribution import ALONE, Workers
from trainer.errors import ConfigError
from trainer.features import FeatureExtractor
from trainer.feeds import FeatureFeed, ImageFeed, Order
from trainer.fitting import FINE_TUNING, HEAD, WHOLE, Fitting, attach_head
from trainer.objective import Objective
from trainer.pixels import PixelSource, open_pixels
from trainer.preparation import prepare_features, prepare_pixels
from trainer.record import Phases, PreparedData


def fit_model(
    config: TrainConfig,
    source: DataSource,
    backbone: KerasModel,
    checkpoints: Checkpoints,
    phases: Phases,
    workers: Workers = ALONE,
) -> tuple[KerasModel, PreparedData]:
    """Trains the backbone with a head; returns both as one model, and the data as it was split.

    Raises:
        DataError: the images cannot be trained on.
        DivergedError: the loss left the finite numbers.
        ResumeError: the state of an interrupted training does not fit.
    """
    fit = _fit_whole if config.is_from_scratch else _fit_pretrained
    model, data = fit(config, source, backbone, checkpoints, phases, workers)
    return _in_float32(model, data.objective, config) if config.mixed_precision else model, data


def _fit_whole(
    config: TrainConfig,
    source: DataSource,
    network: KerasModel,
    checkpoints: Checkpoints,
    phases: Phases,
    workers: Workers,
) -> tuple[KerasModel, PreparedData]:
    with phases.timed("images"):
        data, pixels = prepare_pixels(config, source)
    model = attach_head(network, data.objective, config)
    with phases.timed(WHOLE):
        train, val = (
            _image_feed(config, data, part, workers, pixels.subset(data.split[part])) for part in ("train", "val")
        )
        fitting = Fitting(config, data.objective, checkpoints, workers)
        phases.history[WHOLE] = fitting.train_whole(model, train, val)
    return model, data


def _fit_pretrained(
    config: TrainConfig,
    source: DataSource,
    backbone: KerasModel,
    checkpoints: Checkpoints,
    phases: Phases,
    workers: Workers,
) -> tuple[KerasModel, PreparedData]:
    cache_bytes = config.feature_cache_mb << 20 if config.feature_cache else 0
    extractor = FeatureExtractor(backbone, config.preprocessing, cache_bytes=cache_bytes)
    with phases.timed("features"):
        data, features = prepare_features(config, source, extractor)
        views = _augmented_views(config, data, extractor)
    model = attach_head(backbone, data.objective, config)
    fitting = Fitting(config, data.objective, checkpoints, workers)
    with phases.timed(HEAD):
        train, val = (
            FeatureFeed(
                (features.subset(data.split[part]), *extra), _targets(data, part), _order(config, part, workers)
            )
            for part, extra in (("train", views), ("val", []))
        )
        phases.history[HEAD] = fitting.train_head(model, train, val)
    if config.fine_tune_epochs:
        with phases.timed(FINE_TUNING):
            images = [_image_feed(config, data, part, workers, _open(data, part)) for part in ("train", "val")]
            phases.history[FINE_TUNING] = fitting.fine_tune(model, *images)
    return model, data


def _in_float32(model: KerasModel, objective: Objective, config: TrainConfig) -> KerasModel:
    """The same model without the casts of mixed precision, which no device needs."""
    keras.mixed_precision.set_global_policy("float32")
    plain = attach_head(config.network.create(config.shape, None), objective, config)
    plain.set_weights(model.get_weights())
    for layer in plain.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()  # it computes with what it derives from its weights
    return plain


def _augmented_views(config: TrainConfig, data: PreparedData, extractor: FeatureExtractor) -> list[Any]:
    settings = read_augmentation(config.augment)
    if settings.is_none:
        return []
    return extractor.extract_views(data.part("train"), settings, config.views)


def _image_feed(config: TrainConfig, data: PreparedData, part: str, workers: Workers, pixels: PixelSource) -> ImageFeed:
    settings = read_augmentation(config.augment)
    augment = None
    if part == "train" and not settings.is_none:
        augment = Augmenter(settings, _image_shape(data.spec), config.seed)
    return ImageFeed(pixels, _targets(data, part), _order(config, part, workers), augment)


def _open(data: PreparedData, part: str) -> PixelSource:
    return open_pixels(data.part(part), data.spec)[0]


def _targets(data: PreparedData, part: str) -> Any:
    return data.objective.targets(data.part(part).labels)


def _order(config: TrainConfig, part: str, workers: Workers) -> Order:
    """Training images are shuffled and shared among the workers; each of them sees all validation images."""
    if part == "train":
        shares = workers.workers * workers.devices
        if config.batch_size < shares:
            raise ConfigError(f"batch_size {config.batch_size} is below {shares}, the number of devices")
        return Order(config.batch_size, config.seed, workers.worker, workers.workers, smallest=shares)
    return Order(config.batch_size, None)


def _image_shape(spec: PreprocessSpec) -> tuple[int, int, int]:
    return spec.height, spec.width, spec.channels
