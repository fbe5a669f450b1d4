"""Training a head: Keras's ``fit`` on the frozen backbone against ``edge-train``, with its feature cache cold and warm.

Both train a dropout and a dense layer on MobileNetV2 0.35 at 96 pixels, for the same epochs on the same images of
Fashion-MNIST, and are measured on the same test images. Keras's images are decoded and resized before its clock starts.
"""

from __future__ import annotations

import argparse
import gzip
import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.errors import BenchmarkError
from benchmarks.host import read_condition
from benchmarks.studies.limits import HeldFigure, check_limits, limit
from benchmarks.studies.record import write_record
from benchmarks.studies.third_party import WEIGHTS, add_data_dir, third_party_file
from edge_runtime.console.child_process import console_script
from edge_runtime.console.command import exit_with, make_parser, run_command
from edge_runtime.console.extras import import_quietly
from edge_runtime.console.files import ensure_writable
from edge_runtime.contracts.preprocessing import PreprocessSpec
from edge_runtime.contracts.tensors import TensorSpec
from edge_runtime.contracts.training import TrainingRecord
from edge_runtime.preprocess import Preprocessor

FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")
SIZE, ALPHA, CLASSES, DROPOUT, BATCH, RATE = 96, 0.35, 10, 0.2, 32, 1e-3
IMAGES = {"train": 2000, "val": 200, "test": 1000}
_NS_PER_S = 1e9

Part = tuple[NDArray[np.uint8], NDArray[np.int64]]
"""Grey images (images, 28, 28) and their classes."""


@dataclass(frozen=True)
class Training:
    """One way to train the head: seconds of the training alone, and top-1 on the test images."""

    seconds: float
    top1: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the measurement; returns the exit code."""
    return run_command(_parser(), _run, arguments)


def _parser() -> argparse.ArgumentParser:
    parser = make_parser(
        "feature_cache",
        __doc__ or "",
        "python -m benchmarks.studies.feature_cache --at-most-cold 0.1 --at-most-warm 0.0333",
    )
    add_data_dir(parser)
    parser.add_argument("--fashion-mnist", type=Path, default=FASHION_MNIST, metavar="DIR", help="default: %(default)s")
    parser.add_argument("--epochs", type=int, default=20, metavar="N", help="default: %(default)s")
    parser.add_argument("--at-most-cold", type=limit, metavar="R", help="exit 1 above this share of Keras's time")
    parser.add_argument("--at-most-warm", type=limit, metavar="R", help="the same with the cache warm")
    parser.add_argument("--at-most-pp", type=limit, metavar="PP", help="exit 1 where top-1 differs by more")
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write the figures as JSON")
    return parser


def _run(options: argparse.Namespace) -> int:
    if options.out is not None:
        ensure_writable(options.out)
    before = read_condition()
    weights = third_party_file(options.data_dir, WEIGHTS)
    parts = _read_parts(options.fashion_mnist)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_parts(parts, folder / "data")
        keras = _train_with_keras(parts, weights, options.epochs)
        cold, warm = (_train_with_edge_train(folder, weights, options.epochs) for _ in range(2))
    figures = {"keras": keras, "cold": cold, "warm": warm}
    for what, training in figures.items():
        share = training.seconds / keras.seconds
        print(f"{what:<6} {training.seconds:8.2f} s   {share:7.4f} of Keras's time   top-1 {training.top1:.3f}")
    if options.out is not None:
        content = {"epochs": options.epochs, "images": IMAGES}
        write_record(options.out, before, content | {what: asdict(training) for what, training in figures.items()})
    difference = 100 * max(abs(cold.top1 - keras.top1), abs(warm.top1 - keras.top1))
    cold_share, warm_share = cold.seconds / keras.seconds, warm.seconds / keras.seconds
    check_limits(
        HeldFigure("of Keras's time, cache cold", cold_share, "--at-most-cold", options.at_most_cold),
        HeldFigure("of Keras's time, cache warm", warm_share, "--at-most-warm", options.at_most_warm),
        HeldFigure("pp between the top-1", difference, "--at-most-pp", options.at_most_pp),
    )
    return 0


def _read_parts(folder: Path) -> dict[str, Part]:
    """Images from the official training part for train and val, from the official test part for test."""
    count = IMAGES["train"] + IMAGES["val"]
    images, labels = _read_idx(folder, "train", count)
    return {
        "train": (images[: IMAGES["train"]], labels[: IMAGES["train"]]),
        "val": (images[IMAGES["train"] :], labels[IMAGES["train"] :]),
        "test": _read_idx(folder, "t10k", IMAGES["test"]),
    }


def _read_idx(folder: Path, part: str, count: int) -> Part:
    try:
        images = gzip.decompress((folder / f"{part}-images-idx3-ubyte.gz").read_bytes())
        labels = gzip.decompress((folder / f"{part}-labels-idx1-ubyte.gz").read_bytes())
    except OSError as error:
        raise BenchmarkError(f"{folder}: {error}; install Debian's dataset-fashion-mnist") from error
    pixels = np.frombuffer(images, np.uint8, count * 784, offset=16).reshape(count, 28, 28)
    return pixels, np.frombuffer(labels, np.uint8, count, offset=8).astype(np.int64)


def _write_parts(parts: dict[str, Part], folder: Path) -> None:
    for part, (images, labels) in parts.items():
        for number, (image, label) in enumerate(zip(images, labels, strict=True)):
            path = folder / part / str(label) / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(path)


def _train_with_keras(parts: dict[str, Part], weights: Path, epochs: int) -> Training:
    import_quietly("train", "keras", "tensorflow")
    import keras

    keras.utils.set_random_seed(0)
    data = {part: (_preprocessed(images), labels) for part, (images, labels) in parts.items()}
    backbone = keras.applications.MobileNetV2(
        input_shape=(SIZE, SIZE, 3), alpha=ALPHA, include_top=False, weights=str(weights), pooling="avg"
    )
    backbone.trainable = False
    image = keras.Input((SIZE, SIZE, 3))
    features = keras.layers.Dropout(DROPOUT)(backbone(image, training=False))
    model = keras.Model(image, keras.layers.Dense(CLASSES, activation="softmax")(features))
    model.compile(keras.optimizers.Adam(RATE), "sparse_categorical_crossentropy", metrics=["accuracy"])
    keep_best: Any = keras.callbacks.EarlyStopping("val_loss", patience=epochs, restore_best_weights=True)
    start = perf_counter_ns()
    model.fit(
        *data["train"], batch_size=BATCH, epochs=epochs, validation_data=data["val"], callbacks=[keep_best], verbose=0
    )
    seconds = (perf_counter_ns() - start) / _NS_PER_S
    return Training(seconds, model.evaluate(*data["test"], verbose=0)[1])


def _preprocessed(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What the network takes: float32 (images, SIZE, SIZE, 3) in [-1, 1]."""
    preprocess = Preprocessor(PreprocessSpec(SIZE, SIZE), TensorSpec((1, SIZE, SIZE, 3), "float32"))
    pixels = np.empty((len(images), SIZE, SIZE, 3), np.float32)
    for number, image in enumerate(images):
        preprocess(np.repeat(image[..., None], 3, axis=2), pixels[number : number + 1])
    return pixels


def _train_with_edge_train(folder: Path, weights: Path, epochs: int) -> Training:
    """Runs the command; what counts is its time for features and head, as Keras's clock runs for these alone."""
    run = folder / "run"
    options = {
        "--out": run, "--weights": weights, "--alpha": ALPHA, "--image-size": SIZE, "--epochs": epochs,
        "--batch-size": BATCH, "--learning-rate": RATE, "--dropout": DROPOUT,
    }  # fmt: skip
    command = [*console_script("edge-train"), str(folder / "data")]
    command += [str(word) for option in options.items() for word in option]
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchmarkError(f"edge-train failed: {done.stderr.splitlines()[-1]}")
    record = TrainingRecord.load(run)
    return Training(record.seconds["features"] + record.seconds["head"], record.metrics["accuracy"])


if __name__ == "__main__":
    exit_with(main())
