"""Where the third-party models and photos lie that the scripts beside ``edge-bench`` measure with."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.errors import BenchmarkError

DATA_DIR = Path(__file__).resolve().parents[3] / "shared" / "data"
MODEL = Path("tflite", "mobilenet_v2_1.0_224_uint8.tflite")
LABELS = Path("tflite", "imagenet_labels_1001.txt")
WEIGHTS = Path("keras_weights", "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5")
PHOTO = Path("photos", "parrot.jpg")


def add_data_dir(parser: argparse.ArgumentParser) -> None:
    """Adds ``--data-dir``."""
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=DATA_DIR,
        metavar="DIR",
        help="the folder of third-party models and photos (default: ../shared/data beside the repository)",
    )


def chosen_model(options: argparse.Namespace) -> tuple[Path, Path | str | None]:
    """The model that ``--model`` names and its labels; by default ``MODEL`` of the data.

    Raises:
        BenchmarkError: the data has no such file.
    """
    if options.model is not None:
        return options.model, options.labels
    return third_party_file(options.data_dir, MODEL), third_party_file(options.data_dir, LABELS)


def third_party_file(data_dir: Path, name: Path) -> Path:
    """The file ``name`` below ``data_dir``.

    Raises:
        BenchmarkError: it is not there.
    """
    path = data_dir / name
    if not path.is_file():
        raise BenchmarkError(f"{path}: no such file; say where the third-party data lies with --data-dir")
    return path
