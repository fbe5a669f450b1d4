"""One signature of a SavedModel, frozen, as a float model."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converter.errors import SourceError, first_line, library_failures
from converter.models.base import (
    FloatModel,
    Shape,
    Size,
    channels_last,
    check_image_input,
    check_scores_output,
    refuse_words,
)
from converter.models.flat import is_channels_first
from converter.models.saved_model.allowed import refuse_what_does_more
from converter.models.saved_model.folder import read_meta_graph
from converter.models.saved_model.freeze import Frozen, freeze
from converter.models.saved_model.names import printable
from converter.models.saved_model.signature import Signature, read_signature
from converter.quantize import TensorFlowConversion, failures_named
from edge_runtime.console.native import native_output_as_debug
from edge_runtime.model import UserSays

_SAME = 1e-4
"""How far a score may be from that of a batch where a graph made for batches is given one image."""


class SavedModelFloatModel(FloatModel):
    """A signature of a SavedModel."""

    def __init__(self, path: Path, signature: Signature, frozen: Frozen, image_size: Size | None) -> None:
        """Takes a signature of ``path`` and the graph that computes it.

        Raises:
            SourceError: it is no image classifier, or takes several images at a time only.
            Exception: TensorFlow raises nearly anything where a graph does not fit together.
        """
        self.path = path
        self.takes_bytes = signature.takes_bytes
        self._frozen = frozen
        self._shape = signature.image_shape
        self.image_shape = check_image_input(path, [channels_last(self._shape)], image_size)
        self._batch = self._shape[0]
        if self._batch not in (None, 1):
            self._check_takes_one_image()
        row = np.asarray(self._call_one(np.zeros((1, *self.image_shape), np.float32)))
        check_scores_output(path, printable(signature.output), _without_ones(row.shape))
        self.output_shape = (None, row.size)

    @classmethod
    def load(cls, path: Path, said: UserSays, signature: str | None) -> SavedModelFloatModel:
        """See :class:`FloatModel`."""
        refuse_words(path, said, "layout")
        return cls.load_folder(path, path, said.size, signature, said.output)

    @classmethod
    def load_folder(
        cls,
        folder: Path,
        path: Path,
        image_size: Size | None,
        signature: str | None = None,
        output: str | None = None,
    ) -> SavedModelFloatModel:
        """Loads ``folder``, which was made of ``path``, or is it; errors name ``path``.

        Raises:
            SourceError: it is damaged, could do more than compute, or is no image classifier.
        """
        meta = read_meta_graph(folder)
        refuse_what_does_more(path, meta.graph_def, meta.saver_def)
        with library_failures(f"{path}: TensorFlow cannot load it", SourceError), native_output_as_debug():
            chosen = read_signature(path, meta, signature, output)
            return cls(path, chosen, freeze(folder, meta, chosen.image, chosen.scores), image_size)

    def predict(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """See :class:`FloatModel`."""
        if self._batch is None:
            return np.asarray(self._call_any(pixels), np.float32).reshape(len(pixels), -1)
        return np.concatenate([np.asarray(self._call_one(row[None]), np.float32).reshape(1, -1) for row in pixels])

    def start_conversion(self, folder: Path) -> TensorFlowConversion:
        """See :class:`FloatModel`."""
        import tensorflow as tf

        with failures_named("export the model"):
            call = tf.function(lambda image: {"scores": tf.reshape(self._call_one(image), (1, -1))})
            image = tf.TensorSpec((1, *self.image_shape), tf.float32, name="image")
            tf.saved_model.save(tf.Module(), str(folder), signatures=call.get_concrete_function(image))
        return TensorFlowConversion(folder)

    @cached_property
    def _call_one(self) -> Callable[[Any], Any]:
        return self._function(1)

    @cached_property
    def _call_any(self) -> Callable[[Any], Any]:
        return self._function(None)

    def _function(self, batch: int | None) -> Callable[[Any], Any]:
        """The graph for ``batch`` images (height, width, channels), whichever way its own input lies."""
        import tensorflow as tf

        height, width, channels = self.image_shape
        if len(self._shape) == 3:
            own = self._frozen.import_function((batch, height, width))
            return lambda images: own(tf.squeeze(tf.cast(images, tf.float32), 3))
        if is_channels_first(self._shape[1:]):
            own = self._frozen.import_function((batch, channels, height, width))
            return lambda images: own(tf.transpose(tf.cast(images, tf.float32), (0, 3, 1, 2)))
        own = self._frozen.import_function((batch, height, width, channels))
        return lambda images: own(tf.cast(images, tf.float32))

    def _check_takes_one_image(self) -> None:
        """Raises SourceError where the graph computes something else for one image than for its batch."""
        batch = self._batch
        assert batch is not None
        pixels = np.random.default_rng(0).uniform(-1, 1, (batch, *self.image_shape)).astype(np.float32)
        expected = np.asarray(self._function(batch)(pixels))
        try:
            found = np.asarray(self._call_one(pixels[:1]))
        except Exception as error:  # TensorFlow raises nearly anything
            raise self._needs_its_batch(first_line(error)[:80]) from error
        if found.shape != (1, *expected.shape[1:]) or not np.allclose(found, expected[:1], rtol=_SAME, atol=_SAME):
            raise self._needs_its_batch("it answers otherwise then")

    def _needs_its_batch(self, why: str) -> SourceError:
        return SourceError(
            f"{self.path}: it takes {self._batch} images at a time, and its graph cannot take one ({why}); export it "
            "with an open batch, or a batch of 1"
        )


def _without_ones(shape: tuple[int, ...]) -> Shape:
    """The shape of a row of scores, for (1, 1, 1, classes) too."""
    sides = [side for side in shape[1:] if side != 1]
    return (None, *(sides or shape[-1:])) if len(sides) <= 1 else shape
