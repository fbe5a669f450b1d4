"""Settles what the outputs of a stranger's model are: the outputs themselves show whether they are probabilities.

The last operator of a graph does not tell: an average of softmaxes ends in a multiplication, and a softmax whose
background was cut off in a slice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_runtime.backends import Backend
from edge_runtime.console.command import logger
from edge_runtime.contracts.manifest import Activation, Task
from edge_runtime.contracts.preprocessing import PreprocessSpec
from edge_runtime.inference.postprocess import Scores, dequantize
from edge_runtime.model import ModelContract, ModelFile
from edge_runtime.preprocess import Preprocessor, quantization_table

TOLERANCE = 1e-3
_SIDE = 64
_PIXEL_VALUES = 256
_MOST = 0.75
"""Of the pixel values; statistics that differ between channels merge some 10 % of them."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What outputs are.

    Attributes:
        activation: that they still need.
        task: that they show; None where they do not.
        reason: in words.
    """

    activation: Activation
    task: Task | None
    reason: str


def read_meaning(outputs: Scores, task: Task, step: float = 0.0) -> Meaning:
    """What the outputs of some images are.

    Rows within 0..1 are probabilities, whatever the last operator is: of one class an image where they sum to 1, or to
    less where a class was cut off; of several labels where they sum to more.

    Args:
        outputs: as the model gives them, (images, outputs).
        task: what the model is taken for; it chooses between softmax and sigmoid.
        step: of a quantised output, which cannot be more exact.
    """
    lowest, highest, count = float(outputs.min()), float(outputs.max()), outputs.shape[1]
    shown = f"{len(outputs)} images gave {lowest:.3g} to {highest:.3g}"
    sums, tolerance = outputs.sum(axis=1), TOLERANCE + count * step / 2
    are_labels = count > 1 and sums.max() > 1 + tolerance
    if _leave_the_range(lowest, highest, ends_count=are_labels and not step):
        raw: Activation = "sigmoid" if task == "multi-label" or count == 1 else "softmax"
        return Meaning(raw, None, f"its outputs are logits: {shown}")
    if count == 1:
        return Meaning("none", None, f"{shown}: a probability already")
    if np.abs(sums - 1).max() <= tolerance:
        return Meaning("none", "single-label", f"{shown} that sum to 1: probabilities already")
    if not are_labels:
        return Meaning("none", "single-label", f"{shown} that sum to less than 1: probabilities, some class cut off")
    return Meaning("none", "multi-label", f"{shown} that sum to more than 1: a probability of each label already")


def _leave_the_range(lowest: float, highest: float, *, ends_count: bool) -> bool:
    """Whether these are no probabilities; a sigmoid reaches neither 0 nor 1, as a ReLU and plain averages do."""
    if ends_count:
        return lowest <= 0 or highest >= 1
    return lowest < -TOLERANCE or highest > 1 + TOLERANCE


def settle(
    contract: ModelContract, file: ModelFile, backend: Backend, preprocess: Preprocessor, batch: int = 1
) -> ModelContract:
    """The contract with what nobody said decided by what the model answers to some made-up images.

    Args:
        contract: of the file.
        file: the model.
        backend: that runs it.
        preprocess: as the contract says.
        batch: of the backend.

    Raises:
        BackendError: the interpreter failed.
    """
    if not contract.unsaid or backend.info.name == "null":
        return contract
    rows = []
    for frame in make_frames():

        def fill(tensor: NDArray[np.generic], frame: NDArray[np.uint8] = frame) -> None:
            preprocess(frame, tensor if batch == 1 else tensor[:1])

        backend.write(fill)
        backend.invoke()
        rows.append(dequantize(backend.read(), file.output)[: max(file.output.shape)].copy())
    return settled_by(contract, np.stack(rows), file.output.scale)[0]


def settled_by(contract: ModelContract, outputs: Scores, step: float = 0.0) -> tuple[ModelContract, Meaning | None]:
    """The contract with what nobody said decided by outputs, (images, outputs), and what these are.

    They are None where all is said, or where they are no numbers.
    """
    if not contract.unsaid or not np.isfinite(outputs).all():
        return replace(contract, unsaid=()), None
    meaning = read_meaning(outputs, contract.task, step)
    guesses = [*contract.guesses, f"--activation {meaning.activation} ({meaning.reason})"]
    task = contract.task
    if "task" in contract.unsaid:
        task = meaning.task or task
        guesses.append(f"--task {task}")
    settled = replace(contract, activation=meaning.activation, task=task, unsaid=(), guesses=tuple(guesses))
    return settled, meaning


def tell_guesses(path: Path, guesses: Sequence[str]) -> None:
    """Says once what was guessed about a model, and how to say otherwise."""
    if guesses:
        logger.info("%s: it does not say all, so taken for: %s; each option overrules", path, "; ".join(guesses))


def warn_of_merged_pixels(file: ModelFile, spec: PreprocessSpec) -> None:
    """Warns where a normalisation gives an 8-bit input far fewer numbers than there are pixel values."""
    if not file.input.is_quantized:
        return
    table = quantization_table(spec, file.input)
    distinct = min(len(np.unique(column)) for column in table.T)
    if distinct < _PIXEL_VALUES * _MOST:
        logger.warning(
            "%s: with this --normalization the 256 pixel values become %d numbers of its %s input; leave it out unless "
            "you know better: its scale and zero point turn pixels into what it was trained on",
            file.path, distinct, file.input.dtype,
        )  # fmt: skip


def make_frames() -> list[NDArray[np.uint8]]:
    """The same few frames everywhere: black, white, ramps, colours and noise."""
    ramp = np.broadcast_to(np.linspace(0, 255, _SIDE).astype(np.uint8)[:, None, None], (_SIDE, _SIDE, 3))
    plain = [np.full((_SIDE, _SIDE, 3), color, np.uint8) for color in (0, 255, (255, 0, 0), (0, 128, 255))]
    noise = np.random.default_rng(0).integers(0, 256, (2, _SIDE, _SIDE, 3), np.uint8)
    coarse = noise[1, ::8, ::8].repeat(8, axis=0).repeat(8, axis=1)
    return [*plain, np.ascontiguousarray(ramp), np.ascontiguousarray(ramp[::-1].transpose(1, 0, 2)), noise[0], coarse]
