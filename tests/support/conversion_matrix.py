"""The kinds of classifier that people have, made by hand, and edge-convert on every one of them.

    python tests/support/conversion_matrix.py [FOLDER]

runs every cell and prints a table: how many cells of a kind converted with the float model's answers, and each other
cell with the line that edge-convert said. ``tests/converter/test_matrix.py`` runs cells that cover every pair.
"""

from __future__ import annotations

import itertools
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

SIDE = 12
GAIN = 6.0
CLASSES = ("dark", "light")
_LEVELS = (70, 190)
_MAX_LINE = 330  # some 300 characters beside the command's name


class Cell(NamedTuple):
    """One kind of file, and what is asked of it."""

    built: str
    saved: str
    ending: str
    trait: str
    recipe: str


AXES = {
    "built": ("functional", "sequential", "nested"),
    "saved": (".keras", ".h5", "SavedModel", ".tflite"),
    "ending": ("softmax", "sigmoid", "logits"),
    "trait": (
        "plain", "augmentation inside", "Rescaling inside", "BatchNorm", "shared layer", "any size", "grey",
        "mixed_float16",
    ),
    "recipe": ("float32", "int8", "auto"),
}  # fmt: skip


class Outcome(NamedTuple):
    """What edge-convert made of a cell.

    Attributes:
        kind: "converted", "refused" (one clear line), "no such file" (TensorFlow cannot write it), or "wrong".
        line: what it said last.
    """

    kind: str
    line: str = ""


def all_cells() -> Iterator[Cell]:
    """Every cell."""
    return itertools.starmap(Cell, itertools.product(*AXES.values()))


def covering_cells(seed: int = 0) -> list[Cell]:
    """Few cells in which every pair of two axes' values occurs: each next one has the most that are still missing."""
    everything = list(all_cells())
    np.random.default_rng(seed).shuffle(everything)
    cells = [Cell(*map(str, cell)) for cell in everything]
    missing = {pair for cell in cells for pair in _pairs(cell)}
    chosen = []
    while missing:
        best = max(cells, key=lambda cell: len(missing & _pairs(cell)))
        chosen.append(best)
        missing -= _pairs(best)
    return chosen


def _pairs(cell: Cell) -> set[tuple[tuple[int, str], ...]]:
    return set(itertools.combinations(enumerate(cell), 2))


def write_images(root: Path, count: int, seed: int) -> Path:
    """Writes ``count`` noisy pictures, dark ones and light ones; returns ``root``."""
    generator = np.random.default_rng(seed)
    for name, level in zip(CLASSES, _LEVELS, strict=True):
        (root / name).mkdir(parents=True)
        for number in range(count):
            pixels = level + generator.integers(-15, 15, (SIDE, SIDE, 3))
            Image.fromarray(pixels.astype(np.uint8)).save(root / name / f"{number}.png")
    return root


def build(cell: Cell) -> Any:
    """The ``keras.Model`` of ``cell``; it tells dark from light untrained."""
    import keras

    mixed = cell.trait == "mixed_float16"
    keras.mixed_precision.set_global_policy("mixed_float16" if mixed else "float32")
    try:
        model = _assemble(cell)
    finally:
        keras.mixed_precision.set_global_policy("float32")
    return model


def _assemble(cell: Cell) -> Any:
    import keras

    channels = 1 if cell.trait == "grey" else 3
    side = None if cell.trait == "any size" else SIDE
    image = keras.Input((side, side, channels), name="image")
    body, head = _body(cell.trait, channels), _head(cell.ending)
    if cell.built == "sequential":
        model = keras.Sequential([image, *body, *head])
    elif cell.built == "nested":
        inner = keras.Sequential([keras.Input((side, side, channels)), *body], name="backbone")
        model = keras.Model(image, keras.Sequential(head, name="head")(inner(image)))
    else:
        values = image
        for layer in (*body, *head):
            values = layer(values)
        model = keras.Model(image, values)
    _set_weights(body, head, channels)
    return model


def _body(trait: str, channels: int) -> list[Any]:
    import keras

    layers = keras.layers

    def convolution(**settings: Any) -> Any:
        return layers.Conv2D(channels, 3, padding="same", **settings)

    if trait == "augmentation inside":
        first = [layers.RandomFlip("horizontal"), layers.RandomRotation(0.1), layers.RandomContrast(0.2)]
        return [*first, convolution(), layers.Dropout(0.2)]
    if trait == "Rescaling inside":
        return [layers.Rescaling(1 / 127.5, offset=-1.0), convolution()]
    if trait == "BatchNorm":
        return [convolution(use_bias=False), layers.BatchNormalization()]
    if trait == "shared layer":
        image = keras.Input((SIDE, SIDE, channels))
        shared = convolution()
        return [keras.Model(image, shared(shared(image)), name="twice")]
    return [convolution()]


def _head(ending: str) -> list[Any]:
    import keras

    activation = None if ending == "logits" else ending
    dense = keras.layers.Dense(len(CLASSES), name="classes")
    return [keras.layers.GlobalAveragePooling2D(), dense, keras.layers.Activation(activation, dtype="float32")]


def _set_weights(body: list[Any], head: list[Any], channels: int) -> None:
    """The body passes on; each score is the mean brightness, one of them the other way round."""
    import keras

    kernel = np.zeros((3, 3, channels, channels))
    kernel[1, 1] = np.eye(channels)
    for layer in body:
        inner = layer.layers[-1] if isinstance(layer, keras.Model) else layer
        if isinstance(inner, keras.layers.Conv2D):
            inner.set_weights([kernel, *([np.zeros(channels)] if inner.use_bias else [])])
        elif isinstance(inner, keras.layers.BatchNormalization):
            one = np.ones(channels)  # (x - 0.2) / 2 * 2 + 0.2
            inner.set_weights([2 * one, 0.2 * one, 0.2 * one, 4 * one - inner.epsilon])
    head[1].set_weights([GAIN / channels * np.array([[-1.0, 1.0]] * channels), np.zeros(2)])


def write(cell: Cell, folder: Path) -> Path:
    """Writes the file of ``cell``.

    Raises:
        Exception: whatever TensorFlow raises where it cannot.
    """
    import tensorflow as tf

    model = build(cell)
    if cell.saved in (".keras", ".h5"):
        path = folder / f"model{cell.saved}"
        model.save(path)
    elif cell.saved == "SavedModel":
        path = folder / "saved"
        model.export(path, format="tf_saved_model", verbose=False)
    else:
        path = folder / "model.tflite"
        path.write_bytes(tf.lite.TFLiteConverter.from_keras_model(model).convert())
    return path


def convert(cell: Cell, folder: Path, images: Path) -> Outcome:
    """Writes the file of ``cell`` into an empty ``folder`` and has edge-convert convert it.

    Args:
        cell: which.
        folder: for the file and what comes of it.
        images: a folder with ``labels.txt`` and the images ``eval`` and ``calibration``.
    """
    from converter.cli import main

    try:
        model = write(cell, folder)
    except Exception as error:  # noqa: BLE001 - TensorFlow's own, of many kinds
        return Outcome("no such file", (str(error).strip().splitlines() or [type(error).__name__])[0][:_MAX_LINE])
    out, said = folder / "out" / "model.tflite", StringIO()
    arguments = [
        str(model), "--out", str(out), "--quantize", cell.recipe, "--labels", str(images / "labels.txt"),
        "--eval-data", str(images / "eval"), "--calibration-data", str(images / "calibration"), "--golden", "0",
        "--normalization", "0..255" if cell.trait == "Rescaling inside" else "-1..1",
        *(["--image-size", str(SIDE)] if cell.trait == "any size" else []),
    ]  # fmt: skip
    with redirect_stderr(said), redirect_stdout(StringIO()):
        code = main(arguments)
    lines = said.getvalue().strip().splitlines() or [""]
    if code == 0:
        return _check_answers(out)
    clear = (
        code == 1 and len(lines[-1]) <= _MAX_LINE and "unexpected" not in lines[-1] and lines[-1].startswith("edge-")
    )
    return Outcome("refused" if clear else "wrong", lines[-1])


def _check_answers(out: Path) -> Outcome:
    gate = json.loads(out.with_name("model.report.json").read_text())["chosen"]["gate"]
    if (gate["reference"], gate["candidate"], gate["agreement"]) == (1.0, 1.0, 1.0):
        return Outcome("converted")
    return Outcome("wrong", f"float {gate['reference']}, file {gate['candidate']}, the same {gate['agreement']}")


def prepare_images(folder: Path) -> Path:
    """Writes what :func:`convert` takes as images; returns ``folder``."""
    write_images(folder / "eval", 6, seed=1)
    write_images(folder / "calibration", 6, seed=2)
    (folder / "labels.txt").write_text("\n".join(CLASSES))
    return folder


def main(folder: Path) -> int:
    """Runs every cell; returns 1 where one is wrong."""
    images, outcomes = prepare_images(folder / "images"), {}
    for number, cell in enumerate(all_cells()):
        place = folder / str(number)
        place.mkdir()
        outcomes[cell] = outcome = convert(cell, place, images)
        print(number, *cell, outcome.kind, outcome.line, sep=" | ", file=sys.stderr, flush=True)
    print(table(outcomes))
    return int(any(outcome.kind == "wrong" for outcome in outcomes.values()))


def table(outcomes: dict[Cell, Outcome]) -> str:
    """What came of the cells, in Markdown: counts by kind of file and trait, then each other line once."""
    kinds = ("converted", "refused", "no such file", "wrong")
    rows = Counter((cell.saved, cell.trait, outcome.kind) for cell, outcome in outcomes.items())
    lines = ["| saved as | trait | " + " | ".join(kinds) + " |", "|---" * 6 + "|"]
    for saved, trait in itertools.product(AXES["saved"], AXES["trait"]):
        lines.append(f"| {saved} | {trait} | " + " | ".join(str(rows[saved, trait, kind]) for kind in kinds) + " |")
    said = Counter((outcome.kind, outcome.line) for outcome in outcomes.values() if outcome.line)
    return "\n".join([*lines, "", *(f"{count} {kind}: {line}" for (kind, line), count in said.most_common())])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else name)))
