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
from edge_runtime.preprocess import read_image, resize_frame
from trainer.evaluate import Evaluation

_DPI = 110
_COLUMNS = 5
_NUMBERED_CLASSES = 20
_LABELLED_CLASSES = 60
_WORST_CLASSES = 30
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


def plot_confusion_matrix(matrix: Any, classes: Sequence[str], path: Path) -> None:
    """True classes down, predicted ones across, coloured by the share of the true class.

    Of a multi-label task, whose matrix is (classes, 2, 2), the four cells of each class in one row.
    """
    counts = np.asarray(matrix)
    if counts.ndim == 3:
        _plot_decisions(counts, classes, path)
        return
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


def _plot_decisions(counts: NDArray[np.int64], classes: Sequence[str], path: Path) -> None:
    """A row a class: how many images with the label were found and missed, and without it left alone and accused."""
    columns = {"found": (1, 1), "missed": (1, 0), "rightly absent": (0, 0), "wrongly given": (0, 1)}
    cells = np.stack([counts[:, row, column] for row, column in columns.values()], axis=1)
    totals = np.repeat(np.stack([cells[:, :2].sum(axis=1), cells[:, 2:].sum(axis=1)], axis=1), 2, axis=1)
    shares = cells / np.maximum(totals, 1)
    figure = Figure(figsize=(7, min(14.0, 2.0 + 0.4 * len(classes))), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    figure.colorbar(image, ax=axes, label="share of the images with, without the label", shrink=0.8)
    axes.set(title="Decisions on each label, test part")
    axes.set_xticks(range(4), list(columns))
    if len(classes) <= _LABELLED_CLASSES:
        axes.set_yticks(range(len(classes)), [_shortened(name) for name in classes], parse_math=False)
        for row, column in np.ndindex(cells.shape):
            color = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, str(cells[row, column]), ha="center", va="center", color=color)
    _save(figure, path)


def plot_per_class(per_class: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Precision and recall of each class as bars, the class with the lowest F1 on top; of many classes the worst."""
    rows = sorted(per_class, key=lambda row: row["f1"])[:_WORST_CLASSES]
    figure = Figure(figsize=(8, 1.6 + 0.42 * len(rows)), layout="constrained")
    axes = figure.subplots()
    places = np.arange(len(rows))
    for offset, name, color in ((-0.2, "precision", "#1f6feb"), (0.2, "recall", "#e3872d")):
        bars = axes.barh(places + offset, [row[name] for row in rows], 0.38, label=name, color=color)
        axes.bar_label(bars, fmt="%.2f", padding=3, fontsize=8)
    axes.set_yticks(places, [_shortened(row["label"]) for row in rows], parse_math=False)
    axes.invert_yaxis()
    some = f"the {len(rows)} classes with the lowest F1" if len(rows) < len(per_class) else "lowest F1 on top"
    axes.set(title=f"Precision and recall, test part, {some}", xlim=(0, 1.1))
    figure.legend(loc="outside lower center", ncols=2)
    axes.xaxis.grid(alpha=0.3)
    axes.set_axisbelow(True)
    _save(figure, path)


def plot_samples(images: LabelledImages, path: Path) -> None:
    """One image of each of the first classes."""
    first = {label: index for index, labels in reversed(list(enumerate(images.labels))) for label in labels}
    chosen = list(dict.fromkeys(first[label] for label in sorted(first)))[: 4 * _COLUMNS]
    titles = ["\n".join(_shortened(images.classes[label]) for label in images.labels[index][:3]) for index in chosen]
    _save(_grid(images, chosen, titles), path)


def plot_mistakes(evaluation: Evaluation, path: Path) -> None:
    """The most confident mistakes on the test part."""
    chosen = evaluation.worst_mistakes(4 * _COLUMNS)
    _save(_grid(evaluation.images, chosen, [_mistake_title(evaluation, index) for index in chosen]), path)


def _mistake_title(evaluation: Evaluation, index: int) -> str:
    """What the model said and what is true; of several labels those that are wrong."""
    classes, scores = evaluation.images.classes, evaluation.scores[index]
    said, true = evaluation.decided[index], evaluation.shown[index]
    if evaluation.thresholds is None:
        best, right = int(said.argmax()), int(true.argmax())
        return f"{_shortened(classes[best])} {scores[best]:.0%}\ntrue: {_shortened(classes[right])}"
    lines = [
        f"{what} {_listed([f'{_shortened(classes[label])} {scores[label]:.0%}' for label in np.flatnonzero(wrong)])}"
        for what, wrong in (("given:", said & ~true), ("missed:", true & ~said))
        if wrong.any()
    ]
    return "\n".join(lines)


def _listed(names: Sequence[str]) -> str:
    """The first name, and how many more there are."""
    return f"{names[0]} +{len(names) - 1}" if len(names) > 1 else "".join(names) or "none"


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
