"""Chooses a layer's weights so that its output on calibration images is what the float network's is there.

Least squares first, drawn towards the float weights. Then each weight becomes a whole number, one input after the
other; what that changes is made good by the inputs that follow, as far as they go with it (Frantar et al. 2022,
https://arxiv.org/abs/2210.17323).

All arrays begin with a side for groups of channels that do not mix: a depthwise layer has one for each channel, any
other layer a single one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

PULLS = (0.1, 0.3, 1.0, 3.0, 10.0, 100.0)
"""How strongly least squares are drawn towards the float weights, against the mean square of an input."""
_DAMPING = 0.01
_LARGEST = 127


@dataclass
class Moments:
    """Sums over places of images: what least squares need to know of them.

    Attributes:
        count: of places.
        inputs: their sum, (groups, inputs).
        outputs: that of the outputs wanted, (groups, outputs).
        products: of inputs with inputs, (groups, inputs, inputs).
        cross: of outputs with inputs, (groups, outputs, inputs).
    """

    count: int
    inputs: Matrix
    outputs: Matrix
    products: Matrix
    cross: Matrix

    @classmethod
    def of(cls, inputs: NDArray[np.float32], outputs: NDArray[np.float32]) -> Moments:
        """Of (groups, places, inputs) and (groups, places, outputs)."""
        turned = np.ascontiguousarray(np.swapaxes(inputs, 1, 2))
        return cls(
            inputs.shape[1],
            inputs.sum(axis=1, dtype=np.float64),
            outputs.sum(axis=1, dtype=np.float64),
            (turned @ inputs).astype(np.float64),
            np.swapaxes(turned @ outputs, 1, 2).astype(np.float64),
        )

    def __add__(self, other: Moments) -> Moments:
        """Of the places of both."""
        return Moments(
            self.count + other.count,
            self.inputs + other.inputs,
            self.outputs + other.outputs,
            self.products + other.products,
            self.cross + other.cross,
        )

    def centred(self, *, shifts: bool) -> tuple[Matrix, Matrix]:
        """The means of the products and of the cross products; around the means where the layer has a bias."""
        products, cross = self.products / self.count, self.cross / self.count
        if shifts:
            mean = self.inputs / self.count
            products = products - mean[:, :, None] * mean[:, None, :]
            cross = cross - (self.outputs / self.count)[:, :, None] * mean[:, None, :]
        return products, cross

    def bias(self, weights: Matrix) -> Matrix:
        """The bias that takes the mean output to where it is wanted, (groups, outputs)."""
        return (self.outputs - np.einsum("goi,gi->go", weights, self.inputs)) / self.count


def choose_weights(halves: tuple[Moments, Moments], weights: Matrix, scales: Matrix, *, shifts: bool) -> Matrix:
    """The weights as the integers stand for them, (groups, outputs, inputs).

    Args:
        halves: of all places; one half tells how far the other is to be trusted.
        weights: the float network's.
        scales: of the integers, (groups, outputs, 1).
        shifts: whether the layer has a bias.
    """
    first, second = (half.centred(shifts=shifts) for half in halves)
    pull = min(
        PULLS,
        key=lambda pull: sum(_error(*judge, _fit(*learn, weights, pull)) for learn, judge in ((first, second),
                                                                                             (second, first))),
    )  # fmt: skip
    products, cross = (halves[0] + halves[1]).centred(shifts=shifts)
    return _round_in_turn(products, _fit(products, cross, weights, pull) / scales) * scales


def _error(products: Matrix, cross: Matrix, weights: Matrix) -> float:
    """The mean square error that ``weights`` leave, less what all have in common."""
    return float(np.sum((weights @ products) * weights) - 2 * np.sum(weights * cross))


def _fit(products: Matrix, cross: Matrix, weights: Matrix, pull: float) -> Matrix:
    drawn = _damping(products, pull)
    solved = np.linalg.solve(products + drawn, np.swapaxes(cross + weights @ drawn, 1, 2))
    return np.swapaxes(solved, 1, 2)


def _round_in_turn(products: Matrix, weights: Matrix) -> Matrix:
    """Whole numbers for ``weights``, which are in units of their scales; the liveliest inputs first."""
    damped = products + _damping(products, _DAMPING)
    order = np.argsort(-np.diagonal(damped, axis1=1, axis2=2), axis=1, kind="stable")
    damped = np.take_along_axis(np.take_along_axis(damped, order[:, :, None], 1), order[:, None, :], 2)
    places = np.broadcast_to(order[:, None, :], weights.shape)
    left = np.take_along_axis(weights, places, 2)
    upper = np.swapaxes(np.linalg.cholesky(np.linalg.inv(damped)), 1, 2)
    whole = np.empty_like(left)
    for place in range(left.shape[2]):
        whole[:, :, place] = np.clip(np.rint(left[:, :, place]), -_LARGEST, _LARGEST)
        error = (left[:, :, place] - whole[:, :, place]) / upper[:, place, place, None]
        left[:, :, place + 1 :] -= error[:, :, None] * upper[:, None, place, place + 1 :]
    result = np.empty_like(whole)
    np.put_along_axis(result, places, whole, 2)
    return result


def _damping(products: Matrix, share: float) -> Matrix:
    inputs = products.shape[-1]
    mean = np.trace(products, axis1=1, axis2=2) / inputs
    return np.eye(inputs) * (share * mean + 1e-9)[:, None, None]
