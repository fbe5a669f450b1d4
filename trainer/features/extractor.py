"""Runs the frozen backbone over images once, varied views included, and keeps the features for the next run."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from edge_runtime.console.command import logger
from edge_runtime.console.files import OutputError
from edge_runtime.console.native import end_if_interrupted
from edge_runtime.console.progress import progress_bar
from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.contracts.preprocessing import PreprocessSpec
from trainer.augmentation import Augmentation
from trainer.augmentation.layers import Augmenter
from trainer.data.pixels import Values, iterate_batches, normalized, without_normalization
from trainer.features.rows import FeatureRows, Rows
from trainer.features.store import SEGMENT_BYTES, FeatureStore, features_folder, trim_cache
from trainer.networks import KerasModel

_LAYOUT = 2
"""Of the cache and of how features are computed; a change of it lets old files be."""

Prepare = Callable[[Values, list[str]], Values]
"""From pixels in 0..255 and the digests of their images to what the network takes."""


class FeatureExtractor:
    """A frozen backbone with its preprocessing and its cache."""

    def __init__(self, model: KerasModel, spec: PreprocessSpec, *, cache_bytes: int) -> None:
        """Prepares it.

        Args:
            model: a ``keras.Model`` from images to features.
            spec: the preprocessing that ``model`` needs.
            cache_bytes: how much the cache may take; with 0 nothing is read or kept.
        """
        self._spec = spec
        self._cache_bytes = cache_bytes
        self._width: int = model.output_shape[-1]
        self._identity = _identity(model, spec) if cache_bytes else ""
        signature = tf.TensorSpec(model.input_shape, tf.float32)
        self._run = tf.function(lambda pixels: model(pixels, training=False), input_signature=[signature])

    def extract(self, images: LabelledImages) -> FeatureRows:
        """The features of all images, from the cache where they are there.

        Raises:
            ImageError: an image cannot be decoded.
        """
        return self._extract(images, "features", ("plain",), lambda pixels, _: normalized(pixels, self._spec))

    def extract_views(self, images: LabelledImages, settings: Augmentation, views: int) -> list[FeatureRows]:
        """The features of varied views of images.

        What a view shows depends on the image's content, the settings and the view's number alone.

        Raises:
            ImageError: an image cannot be decoded.
        """
        augment = Augmenter(settings, (self._spec.height, self._spec.width, self._spec.channels), seed=0)

        def see(view: int) -> FeatureRows:
            def vary(pixels: Values, digests: list[str]) -> Values:
                seeds = [(view, *bytes.fromhex(digest)) for digest in digests]
                varied = [augment(image[None], seed) for image, seed in zip(pixels, seeds, strict=True)]
                return normalized(np.concatenate(varied), self._spec)

            return self._extract(images, f"view {view + 1}", (settings, view), vary)

        return [see(view) for view in range(views)]

    def _extract(self, images: LabelledImages, what: str, key: tuple[Any, ...], prepare: Prepare) -> FeatureRows:
        """Takes features from the cache, computes the others, and puts them into the order of the images."""
        store = (
            FeatureStore(features_folder() / _sha256((self._identity, key)), self._width) if self._cache_bytes else None
        )
        digests = images.digests
        places = store.find(digests) if store else {}
        if places and store:
            logger.info("%s: %d taken from %s", what, sum(digest in places for digest in digests), store.folder)
        first = {digest: index for index, digest in reversed(list(enumerate(digests))) if digest not in places}
        missing = sorted(first.values())
        for keys, rows in self._compute(images.subset(missing), what, prepare):
            kept = _keep(store, keys, rows)
            places.update((digest, (kept, row)) for row, digest in enumerate(keys))
        if store:
            trim_cache(self._cache_bytes)
        return _in_order([places[digest] for digest in digests])

    def _compute(self, images: LabelledImages, what: str, prepare: Prepare) -> Iterator[tuple[list[str], Rows]]:
        """Digests and features of the images, as many at once as go into a file of the cache."""
        keys: list[str] = []
        rows: list[Rows] = []
        with progress_bar(what, len(images), "image") as bar:
            for batch in iterate_batches(images, without_normalization(self._spec)):
                end_if_interrupted()
                names = [images.digests[index] for index in batch.indices]
                rows.append(self._run(prepare(batch.pixels, names)).numpy())
                keys += names
                bar.update(len(batch.indices))
                if len(keys) * self._width * 4 >= SEGMENT_BYTES:
                    yield keys, np.concatenate(rows)
                    keys, rows = [], []
        if keys:
            yield keys, np.concatenate(rows)


def _keep(store: FeatureStore | None, keys: list[str], rows: Rows) -> Rows:
    """The rows, mapped from the cache's new file; as they are where there is no cache or it cannot be written."""
    if store is None:
        return rows
    try:
        return store.add(keys, rows)
    except OutputError as error:
        logger.warning("features are not kept for the next run: %s", error)
        return rows


def _in_order(places: list[tuple[Rows, int]]) -> FeatureRows:
    parts = {id(rows): rows for rows, _ in places}
    numbers = {identity: number for number, identity in enumerate(parts)}
    part = np.array([numbers[id(rows)] for rows, _ in places], np.int64)
    return FeatureRows(tuple(parts.values()), part, np.array([row for _, row in places], np.int64))


def _identity(model: KerasModel, spec: PreprocessSpec) -> str:
    """A SHA-256 over all that decides the features of given pixels: the network, its weights, the preprocessing."""
    kinds = [type(layer).__name__ for layer in model.layers]  # pooling, say, has no weights to tell it by
    digest = hashlib.sha256(repr((_LAYOUT, model.name, kinds, model.output_shape, spec)).encode())
    for array in model.get_weights():
        digest.update(repr(array.shape).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _sha256(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()[:32]
