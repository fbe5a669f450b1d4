"""From prepared data to a trained model: which phases there are, and what each is fed with."""

from __future__ import annotations

from typing import Any

import keras

from edge_runtime.console.command import logger
from trainer.augmentation import read_augmentation
from trainer.augmentation.layers import Augmenter
from trainer.config import TrainConfig
from trainer.data.pixels import fits_in_memory, open_pixels
from trainer.errors import ConfigError
from trainer.features.extractor import FeatureExtractor
from trainer.fit.checkpoint import Checkpoints
from trainer.fit.distribution import ALONE, Workers
from trainer.fit.feeds import FeatureFeed, ImageFeed, Order
from trainer.fit.history import Phases
from trainer.fit.objective import Objective
from trainer.fit.phases import FINE_TUNING, HEAD, WHOLE, Fitting, attach_head
from trainer.fit.preparation import PreparedData
from trainer.fit.scale import Scale
from trainer.networks import KerasModel, with_levels

_VALIDATED_AT_ONCE = 1024
"""Features take so little memory that a step of validation may be long."""


def fit_model(
    config: TrainConfig,
    data: PreparedData,
    backbone: KerasModel,
    checkpoints: Checkpoints,
    phases: Phases,
    workers: Workers = ALONE,
) -> KerasModel:
    """Trains the backbone with a head; returns both as one model.

    Raises:
        DivergedError: the loss left the finite numbers.
        ImageError: an image has become unreadable since it was screened.
        ResumeError: the state of an interrupted training does not fit.
    """
    fit = _fit_whole if config.is_from_scratch else _fit_pretrained
    model = fit(config, data, backbone, checkpoints, phases, workers)
    return _in_float32(model, data.objective, config) if config.mixed_precision else model


def _fit_whole(
    config: TrainConfig,
    data: PreparedData,
    network: KerasModel,
    checkpoints: Checkpoints,
    phases: Phases,
    workers: Workers,
) -> KerasModel:
    with phases.timed("images"):
        feeds = _image_feeds(config, data, workers)
    model = attach_head(network, data.objective, config)
    with phases.timed(WHOLE):
        fitting = Fitting(config, data.objective, checkpoints, workers)
        phases.history[WHOLE] = fitting.train_whole(model, *feeds)
    return model


def _fit_pretrained(
    config: TrainConfig,
    data: PreparedData,
    backbone: KerasModel,
    checkpoints: Checkpoints,
    phases: Phases,
    workers: Workers,
) -> KerasModel:
    with phases.timed("features"):
        feeds = _feature_feeds(config, data, backbone, workers)
        scale = Scale.of(feeds[0]) if config.levels > 1 else None
    model = attach_head(backbone, data.objective, config)
    fitting = Fitting(config, data.objective, checkpoints, workers, scale)
    with phases.timed(HEAD):
        phases.history[HEAD] = fitting.train_head(model, *feeds)
    if config.fine_tune_epochs:
        with phases.timed(FINE_TUNING):
            phases.history[FINE_TUNING] = fitting.fine_tune(model, *_image_feeds(config, data, workers))
    fitting.finish(model)
    return model


def _in_float32(model: KerasModel, objective: Objective, config: TrainConfig) -> KerasModel:
    """The same model without the casts of mixed precision, which no device needs."""
    keras.mixed_precision.set_global_policy("float32")
    network = with_levels(config.network, config.network.create(config.shape, None), config.shape)
    plain = attach_head(network, objective, config)
    plain.set_weights(model.get_weights())
    for layer in plain.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()  # it computes with what it derives from its weights
    return plain


def _feature_feeds(
    config: TrainConfig, data: PreparedData, backbone: KerasModel, workers: Workers
) -> tuple[FeatureFeed, FeatureFeed]:
    """Features to train on, varied views included, and to validate with."""
    cache_bytes = config.feature_cache_mb << 20 if config.feature_cache else 0
    extractor = FeatureExtractor(backbone, config.preprocessing, cache_bytes=cache_bytes)
    settings = read_augmentation(config.augment)

    def feed(part: str) -> FeatureFeed:
        images = data.part(part)
        views = [extractor.extract(images)]
        if part == "train" and not settings.is_none:
            views += extractor.extract_views(images, settings, config.views)
        order = _training_order(config, workers) if part == "train" else Order(_VALIDATED_AT_ONCE, None)
        return FeatureFeed(views, _targets(data, part), order)

    return feed("train"), feed("val")


def _image_feeds(config: TrainConfig, data: PreparedData, workers: Workers) -> tuple[ImageFeed, ImageFeed]:
    """Pixels to train on, varied anew each time, and to validate with."""
    settings = read_augmentation(config.augment)
    holds = fits_in_memory(len(data.split["train"]) + len(data.split["val"]), data.spec)
    if not holds:
        logger.info("images: too many to hold in memory, so they are read anew each epoch")

    def feed(part: str) -> ImageFeed:
        augment = None
        if part == "train" and not settings.is_none:
            spec = data.spec
            augment = Augmenter(settings, (spec.height, spec.width, spec.channels), config.seed)
        pixels = open_pixels(data.part(part), data.spec, holds=holds)
        order = _training_order(config, workers) if part == "train" else Order(config.batch_size, None)
        return ImageFeed(pixels, _targets(data, part), order, augment)

    return feed("train"), feed("val")


def _targets(data: PreparedData, part: str) -> Any:
    return data.objective.targets(data.part(part).labels)


def _training_order(config: TrainConfig, workers: Workers) -> Order:
    """Training images are shuffled and shared among the workers; of the others each worker sees all."""
    shares = workers.workers * workers.devices
    if config.batch_size < shares:
        raise ConfigError(f"batch_size {config.batch_size} is below {shares}, the number of devices")
    return Order(config.batch_size, config.seed, workers.worker, workers.workers, smallest=shares)
