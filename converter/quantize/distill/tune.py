"""Moves all biases of a quantized network together, so that its answers come closer to the float network's.

Errors flow back through the rounding of activations as if it were not there. Without labels: the float network answers
flipped and cropped views of the images, and the quantized one learns to answer alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converter.quantize.distill.goal import distance, find_goal
from converter.quantize.distill.network import Chosen, TensorFlowLayer, TensorFlowNetwork
from edge_runtime.contracts.manifest import Activation

BATCH = 16
STEPS = 200
EVERY = 20
"""After so many steps the held images are asked."""
PATIENCE = 60
"""It ends where so many steps brought nothing."""
_RATE = 0.005
"""In steps of the integers of a layer's output."""
_SMALLEST_CROP = 0.8
_MOMENTS = (0.9, 0.999)


@dataclass
class State:
    """Where the tuning stands.

    Attributes:
        step: how many are done.
        shift: of all biases, in steps of the integers of the layers' outputs.
        mean: of the gradients (Adam).
        square: of the same.
        best: the shift that did best on the held images.
        best_distance: how far its answers are from the float network's there.
        best_step: after how many steps that was.
    """

    step: int
    shift: NDArray[np.float32]
    mean: NDArray[np.float32]
    square: NDArray[np.float32]
    best: NDArray[np.float32]
    best_distance: float
    best_step: int


class Tuning:
    """The tuning of one network."""

    def __init__(
        self, network: TensorFlowNetwork, teacher: TensorFlowNetwork, appended: Activation, start: Chosen, seed: int
    ) -> None:
        """Takes both networks, and the weights and biases to begin with."""
        self._network, self._teacher, self._start, self._seed = network, teacher, start, seed
        self._goal, self._teachers_goal = find_goal(network, appended), find_goal(teacher, appended)
        self._layers = [network.layers[place] for place in sorted(start) if network.layers[place].has_bias]
        self._units = np.concatenate([_unit(network, layer) for layer in self._layers]) if self._layers else np.empty(0)
        self._compiled: Any = None

    def begin(self, held: NDArray[np.float32]) -> State:
        """The state before the first step."""
        zeros = np.zeros(len(self._units), np.float32)
        return State(0, zeros, zeros, zeros, zeros, self.distance(self.parameters(zeros), held), 0)

    def run(
        self, state: State, images: NDArray[np.float32], held: NDArray[np.float32], goes_on: Callable[[], bool]
    ) -> None:
        """Goes on from ``state``, and keeps it up to date; after :data:`EVERY` steps asks whether to go on.

        Args:
            state: changes.
            images: to learn from.
            held: to choose by.
            goes_on: is asked with each state that may be kept.
        """
        while state.step < min(STEPS, state.best_step + PATIENCE) and len(self._units):
            self._step(state, images)
            if state.step % EVERY == 0:
                found = self.distance(self.parameters(state.shift), held)
                if found < state.best_distance:
                    state.best, state.best_distance, state.best_step = state.shift.copy(), found, state.step
                if not goes_on():
                    return

    def parameters(self, shift: Any) -> dict[int, tuple[Any, Any]]:
        """Weights and biases with ``shift``, an array or a ``tf.Tensor``."""
        chosen: dict[int, tuple[Any, Any]] = dict(self._start)
        first = 0
        for layer in self._layers:
            last = first + len(layer.bias)
            weights, bias = self._start[layer.node.place]
            unit = self._units[first:last].astype(np.float32)
            chosen[layer.node.place] = (weights, bias + shift[first:last] * unit)
            first = last
        return chosen

    def distance(self, parameters: dict[int, tuple[Any, Any]], images: NDArray[np.float32]) -> float:
        """How far the answers are from the float network's, on average."""
        import tensorflow as tf

        total = 0.0
        for first in range(0, len(images), BATCH):
            batch = tf.constant(images[first : first + BATCH])
            total += float(tf.reduce_sum(self._distances(parameters, batch)))
        return total / len(images)

    def _distances(self, parameters: dict[int, tuple[Any, Any]], images: Any) -> Any:
        given = self._network.run(images, parameters)[self._goal.logits]
        wanted = self._teacher.run(images, {})[self._teachers_goal.logits]
        return distance(self._goal.activation, wanted, given)

    def _step(self, state: State, images: NDArray[np.float32]) -> None:
        """One step of Adam, on views that follow from the number of the step."""
        views = _views(images, np.random.default_rng((self._seed, state.step)))
        gradient = self._gradient(state.shift, views).numpy()
        state.step += 1
        slow, slower = _MOMENTS
        state.mean = slow * state.mean + (1 - slow) * gradient
        state.square = slower * state.square + (1 - slower) * gradient**2
        mean, square = state.mean / (1 - slow**state.step), state.square / (1 - slower**state.step)
        rate = _RATE * (1 + cos(pi * state.step / STEPS)) / 2
        state.shift = (state.shift - rate * mean / (np.sqrt(square) + 1e-8)).astype(np.float32)

    def _gradient(self, shift: NDArray[np.float32], views: Any) -> Any:
        import tensorflow as tf

        def compute(shift: Any, views: Any) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(shift)
                loss = tf.reduce_mean(self._distances(self.parameters(shift), views))
            return tape.gradient(loss, shift)

        if self._compiled is None:
            self._compiled = tf.function(compute)
        return self._compiled(tf.constant(shift), views)


def _unit(network: TensorFlowNetwork, layer: TensorFlowLayer) -> NDArray[np.float64]:
    steps = network.steps[layer.node.output]
    return np.full(len(layer.bias), steps.scale)


def _views(images: NDArray[np.float32], generator: np.random.Generator) -> Any:
    """Views of some images: flipped or not, the whole or a part of at least :data:`_SMALLEST_CROP` of its sides."""
    import tensorflow as tf

    chosen = generator.choice(len(images), BATCH, replace=len(images) < BATCH)
    sides = generator.uniform(_SMALLEST_CROP, 1, (BATCH, 2))
    starts = generator.uniform(0, 1 - sides)
    boxes = np.concatenate([starts, starts + sides], axis=1).astype(np.float32)  # y1, x1, y2, x2
    flipped = generator.random(BATCH) < 0.5
    boxes[flipped] = boxes[flipped][:, [0, 3, 2, 1]]
    return tf.image.crop_and_resize(images[chosen], boxes, np.arange(BATCH), images.shape[1:3])
