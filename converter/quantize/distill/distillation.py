"""A quantized file and its float file go in; the same quantized file with better integers comes out.

First layer by layer (``reconstruct``), then all biases together (``tune``). Some images are held back: what does
best on them is taken, and nothing where that is the file as it was.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import islice
from math import prod

import numpy as np
from numpy.typing import NDArray

from converter.errors import NotApplicableError, library_failures
from converter.quantize.conversion import Inputs
from converter.quantize.distill.network import Chosen, TensorFlowNetwork, read_network, write_network
from converter.quantize.distill.reconstruct import reconstruct
from converter.quantize.distill.store import Progress, Store
from converter.quantize.distill.tune import EVERY, STEPS, Tuning
from edge_runtime.console.native import end_if_interrupted
from edge_runtime.console.progress import progress_bar
from edge_runtime.contracts.manifest import Activation

FEWEST_IMAGES = 10
_HELD = 5
"""Every fifth image is held back."""
_BATCH = 8
_MOST_NUMBERS = 1 << 27
"""Of the largest activation, over all images: what lies in memory."""


@dataclass(frozen=True)
class Settings:
    """How a network is distilled.

    Attributes:
        minutes: how long that may take.
        activation: what makes probabilities of the file's outputs, where the file does not.
        seed: of the views of images.
    """

    minutes: float
    activation: Activation = "none"
    seed: int = 0


@dataclass(frozen=True)
class Distilled:
    """What came of it.

    Attributes:
        content: the file.
        before: how far its answers were from the float network's, on images held back.
        after: how far they are now.
    """

    content: bytes
    before: float
    after: float


def distilled(quantized: bytes, float32: bytes, inputs: Inputs, settings: Settings) -> Distilled:
    """The quantized file with other weights and biases; all else, scales and size too, stays.

    What was reached is kept on disk: a run that was interrupted goes on from there.

    Args:
        quantized: an int8 file.
        float32: the float file of the same model.
        inputs: gives the calibration inputs.
        settings: see there.

    Raises:
        NotApplicableError: an operator of it is not known here, there are too few images or is too little time, or
            nothing better was found; the message says which.
        ImageError: an image cannot be decoded.
    """
    with library_failures("the file cannot be distilled", NotApplicableError):
        network, teacher = read_network(quantized), read_network(float32)
        if not network.free:
            raise NotApplicableError("it has no layer in int8 with weights of its own")
        images = _images(network, inputs)
        return _Run(network, teacher, images, settings, Store.of(quantized, float32, images, repr(settings.seed))).run()


class _Run:
    """One distillation."""

    def __init__(
        self,
        network: TensorFlowNetwork,
        teacher: TensorFlowNetwork,
        images: NDArray[np.float32],
        settings: Settings,
        store: Store,
    ) -> None:
        self._network, self._teacher, self._settings, self._store = network, teacher, settings, store
        is_held = np.arange(len(images)) % _HELD == _HELD - 1
        held = images[is_held]
        self._learned, self._held = images[~is_held], np.concatenate([held, held[:, :, ::-1]])
        self._began = time.monotonic()

    def run(self) -> Distilled:
        unchanged = {place: (layer.weights, layer.bias) for place, layer in self._network.layers.items()}
        before = self._tuning(unchanged).distance(unchanged, self._held)
        with progress_bar("distill", len(self._network.free) + STEPS, "step") as bar:
            tuning = self._tuning(self._reconstructed(bar))
            state = self._store.load_state() or tuning.begin(self._held)
            bar.update(state.step)

            def goes_on() -> bool:
                bar.update(EVERY)
                self._store.save_state(state)
                return self._has_time()

            if self._has_time():
                tuning.run(state, self._learned, self._held, goes_on)
        if not state.best_distance < before:
            raise NotApplicableError(
                f"nothing better was found: on images held back, its answers were {before:.2g} from the float model's "
                f"before, {state.best_distance:.2g} at best"
            )
        return Distilled(write_network(self._network, tuning.parameters(state.best)), before, state.best_distance)

    def _tuning(self, start: Chosen) -> Tuning:
        return Tuning(self._network, self._teacher, self._settings.activation, start, self._settings.seed)

    def _reconstructed(self, bar: Progress) -> Chosen:
        """Weights and biases after the layers have had their turn; from the store where that was done before."""
        stored = self._store.load_layers(self._network)
        if stored is not None:
            bar.update(len(self._network.free))
            return stored

        def done(count: int) -> None:
            bar.update(count)
            end_if_interrupted()
            if not self._has_time():
                raise NotApplicableError(
                    f"{self._settings.minutes:g} minutes were not enough to go through its layers (--distill-minutes)"
                )

        batches = [self._learned[first : first + _BATCH] for first in range(0, len(self._learned), _BATCH)]
        made = reconstruct(self._network, self._teacher, batches, done)
        self._store.save_layers(made)
        return made

    def _has_time(self) -> bool:
        end_if_interrupted()
        return time.monotonic() - self._began < 60 * self._settings.minutes


def _images(network: TensorFlowNetwork, inputs: Inputs) -> NDArray[np.float32]:
    largest = max((prod(node.shape) for node in network.nodes), default=1)
    images = list(islice(inputs(), max(FEWEST_IMAGES, _MOST_NUMBERS // largest)))
    if len(images) < FEWEST_IMAGES:
        raise NotApplicableError(f"it takes {FEWEST_IMAGES} calibration images or more, and there are {len(images)}")
    return np.concatenate(images)
