"""The pictures of a training run, as PNG files."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.contracts.preprocessing import PreprocessSpec
from edge_runtime.preprocess import read_image
from edge_runtime.preprocess.resize import resize_frame
from trainer.evaluation import Evaluation

_DPI = 110
_COLUMNS = 5
_NUMBERED_CLASSES = 20
_LABELLED_CLASSES = 60
_NAME_LENGTH = 18
_THUMBNAIL = 256
"""The longer side of a picture in a grid, in pixels; it covers about 200 of the PNG."""


def plot_history(history: Mapping[str, Mapping[str, tuple[float, ...]]], path: Path) -> None:
    """Loss and accuracy over the epochs of all phases, one after the other."""
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    joined = {name: [v for phase in history.values() for v in phase[name]] for name in next(iter(history.values()))}
    epochs = np.arange(1, len(joined["loss"]) + 1)
    starts = np.cumsum([len(phase["loss"]) for phase in history.values()])[:-1]
    for axes, name, title in zip(
        figure.subplots(1, 2), ("loss", "accuracy"), ("Loss (cross-entropy)", "Accuracy"), strict=True
    ):
        axes.plot(epochs, joined[name], marker=".", label="train")
        axes.plot(epochs, joined[f"val_{name}"], marker=".", label="val")
        for start in starts:
            axes.axvline(start + 0.5, color="grey", linestyle="--", label="fine-tuning starts")
        axes.set(title=title, xlabel="epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        axes.legend()
    _save(figure, path)


def plot_confusion_matrix(matrix: list[list[int]], classes: Sequence[str], path: Path) -> None:
    """True classes down, predicted ones across, coloured by the share of the true class."""
    counts = np.asarray(matrix)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = min(14.0, 3.0 + 0.55 * len(classes))
    figure = Figure(figsize=(side + 0.8, side), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(image, ax=axes, label="share of the true class", shrink=0.8)
    axes.set(title="Confusion matrix, test part", xlabel="predicted", ylabel="true")
    if len(classes) <= _LABELLED_CLASSES:
        names = [_shortened(name) for name in classes]
        axes.set_xticks(range(len(names)), names, rotation=60, ha="right", rotation_mode="anchor", parse_math=False)
        axes.set_yticks(range(len(names)), names, parse_math=False)
    if len(classes) <= _NUMBERED_CLASSES:
        for row, column in np.argwhere(counts):
            color = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=color)
    _save(figure, path)


def plot_samples(images: LabelledImages, path: Path) -> None:
    """One image of each of the first classes."""
    first = {labels[0]: index for index, labels in reversed(list(enumerate(images.labels)))}
    chosen = [first[label] for label in sorted(first)][: 4 * _COLUMNS]
    titles = [_shortened(images.classes[images.labels[index][0]]) for index in chosen]
    _save(_grid(images, chosen, titles), path)


def plot_mistakes(evaluation: Evaluation, path: Path) -> None:
    """The most confident mistakes on the test part."""
    images, predicted = evaluation.images, evaluation.predicted
    chosen = evaluation.worst_mistakes(4 * _COLUMNS)
    titles = [
        f"{_shortened(images.classes[predicted[index]])} {evaluation.scores[index].max():.0%}\n"
        f"true: {_shortened(images.classes[evaluation.truth[index]])}"
        for index in chosen
    ]
    _save(_grid(images, chosen, titles), path)


def _grid(images: LabelledImages, chosen: list[int], titles: list[str]) -> Figure:
    rows = max(1, -(-len(chosen) // _COLUMNS))
    figure = Figure(figsize=(1.9 * _COLUMNS, 2.2 * rows), layout="constrained")
    grid: Any = figure.subplots(rows, _COLUMNS, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, index, title in zip(grid.flat, chosen, titles, strict=False):
        _show(axes, _thumbnail(images.path(index)), title)
    if not chosen:
        figure.text(0.5, 0.5, "none: every image was classified rightly", ha="center", va="center")
    return figure


def _thumbnail(path: Path) -> NDArray[np.uint8]:
    """The image, uint8 (height, width, 3), shrunk where it is large: a figure holds all pixels until it is saved."""
    pixels = read_image(path)
    scale = _THUMBNAIL / max(pixels.shape)
    if scale >= 1:
        return pixels
    height, width = (max(1, round(scale * side)) for side in pixels.shape[:2])
    small = np.empty((height, width, 3), np.uint8)
    resize_frame(pixels, PreprocessSpec(height, width), small)
    return small


def _show(axes: Axes, pixels: Any, title: str) -> None:
    axes.imshow(pixels)
    axes.set_title(title, fontsize=9, parse_math=False)


def _shortened(name: str) -> str:
    return name if len(name) <= _NAME_LENGTH else name[: _NAME_LENGTH - 1] + "…"


def _save(figure: Figure, path: Path) -> None:
    with warnings.catch_warnings():
        # A class name in a script the font lacks shows as boxes here; the report's tables have it as text.
        warnings.filterwarnings("ignore", message="Glyph")
        figure.savefig(path, dpi=_DPI, facecolor="white")
