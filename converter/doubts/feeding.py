"""Other ways to feed a model: normalisation, order of the channels, resampling; decoded images serve all of them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from converter.frames import Frames, decode_frames, resized
from converter.judge import METRICS, Answers, answers_of, metric_of, probabilities, truth_of
from converter.models import FloatModel
from edge_runtime.contracts.preprocessing import NORMALIZATIONS, ColorOrder, PreprocessSpec, each_resampling
from edge_runtime.contracts.tensors import TensorSpec
from edge_runtime.model import ModelContract
from edge_runtime.preprocess import Preprocessor

SCREENED = 64
"""So many images are enough to see that a way is no better."""
_BATCH = 32


@dataclass(frozen=True, eq=False)
class Way:
    """One way to feed the model: what the user would say of it, and what the model answers."""

    said: tuple[str, ...]
    answers: Answers


class Feeder:
    """Feeds the model in other ways with images that were decoded and resized once.

    Attributes:
        truth: the right answers.
        now: the model's, fed as its contract says.
    """

    def __init__(self, model: FloatModel, contract: ModelContract, frames: Frames) -> None:
        self._model, self._contract, self._spec = model, contract, contract.preprocessing
        self._frames = {self._spec.resampling: frames.pixels}
        self._images = frames.images
        self.truth = truth_of(frames.images.labels, len(contract.labels))
        self.now = self._answers(self._spec)

    def other_ways(self, *, screened: bool) -> Iterator[Way]:
        """Each other way; with ``screened`` only those that do better on the first images."""
        metric = METRICS[self._contract.task]
        first = slice(SCREENED)
        least = metric_of(self.truth[first], self.now[first], metric)
        for said, spec in _other_specs(self._spec):
            if not screened or metric_of(self.truth[first], self._answers(spec, SCREENED), metric) > least:
                yield Way(said, self._answers(spec))

    def _answers(self, spec: PreprocessSpec, count: int | None = None) -> Answers:
        tensor = TensorSpec((1, spec.height, spec.width, spec.channels), "float32")
        preprocess = Preprocessor(resized(spec), tensor)
        frames = self._resampled(spec)[:count]
        outputs = []
        for start in range(0, len(frames), _BATCH):
            batch = frames[start : start + _BATCH]
            pixels = np.empty((len(batch), *tensor.shape[1:]), np.float32)
            for frame, row in zip(batch, pixels, strict=True):
                preprocess(frame, row[None])
            outputs.append(self._model.outputs_of(pixels))
        scores = probabilities(np.concatenate(outputs), self._contract)
        return answers_of(scores, self._contract.task, self._contract.thresholds)

    def _resampled(self, spec: PreprocessSpec) -> NDArray[np.uint8]:
        """The images as ``spec`` resamples them; those of another resampling than the contract's are decoded anew."""
        if spec.resampling not in self._frames:
            with tempfile.TemporaryDirectory(prefix="edge-frames-") as folder:
                decoded = decode_frames(self._images, spec, spec.resampling, Path(folder))
            self._frames[spec.resampling] = decoded.pixels
        return self._frames[spec.resampling]


def _other_specs(spec: PreprocessSpec) -> Iterator[tuple[tuple[str, ...], PreprocessSpec]]:
    """Every other normalisation, order of the channels and resampling, with the options that ask for it."""
    orders: tuple[ColorOrder, ...] = ("GRAY",) if spec.color == "GRAY" else ("RGB", "BGR")
    named = {(spec.mean, spec.std): "", **{values: name for name, values in NORMALIZATIONS.items()}}
    for (mean, std), color, other in product(named, orders, each_resampling(spec)):
        if len(mean) > spec.channels:
            continue
        said = []
        if (mean, std) != (spec.mean, spec.std):
            said.append(f"--normalization {named[mean, std]}")
        if color != spec.color:
            said.append(f"--color {color.lower()}")
        if other.resampling != spec.resampling:
            said.append(f"--resize {spec.resize}:{other.resampling}")
        if said:
            yield tuple(said), replace(other, mean=mean, std=std, color=color)
