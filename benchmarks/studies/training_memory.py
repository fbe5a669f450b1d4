"""How much memory edge-train takes on a folder of many images, which it makes first.

    python -m benchmarks.studies.training_memory --images 20000 --at-most-mb 3000 --out build/training_memory.json

A short training of MobileNetV2 0.35 at 224 pixels, with fine-tuning and without the feature cache; the pixels of 20,000
images are more than are held, so they are read anew.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.errors import BenchmarkError
from benchmarks.host import read_condition
from benchmarks.measure import peak_memory_bytes
from benchmarks.studies.limits import HeldFigure, check_limits, limit
from benchmarks.studies.record import write_record
from benchmarks.studies.third_party import WEIGHTS, add_data_dir, third_party_file
from edge_runtime.console.child_process import console_script
from edge_runtime.console.command import exit_with, make_parser, run_command
from edge_runtime.console.files import ensure_writable

CLASSES = 4
SIZE = (320, 240)
TRAINING = ("--epochs", "2", "--fine-tune-epochs", "1", "--fine-tune-layers", "5", "--no-feature-cache")
_POLL_SECONDS = 0.2


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the measurement; returns the exit code."""
    return run_command(_parser(), _run, arguments)


def write_images(root: Path, count: int) -> None:
    """Writes ``count`` different JPEGs of 320x240 in class folders."""
    generator = np.random.default_rng(0)
    for label in range(CLASSES):
        (root / f"class-{label}").mkdir(parents=True)
    for number in range(count):
        shapes = generator.integers(0, 255, (12, 16, 3)).astype(np.uint8)
        picture = Image.fromarray(shapes).resize(SIZE, Image.Resampling.BICUBIC)
        picture.save(root / f"class-{number % CLASSES}" / f"{number:06d}.jpg", quality=90)


def measure_training(data: Path, run: Path, weights: Path) -> tuple[int, float]:
    """Trains in a process of its own; returns the peak of its memory in bytes, and its seconds.

    Raises:
        BenchmarkError: the training failed.
    """
    model = ("--alpha", "0.35", "--weights", str(weights))
    command = [*console_script("edge-train"), str(data), "--out", str(run), *model, *TRAINING]
    started = time.perf_counter_ns()
    peak = 0
    with subprocess.Popen(command) as process:
        status = Path(f"/proc/{process.pid}/status")
        while process.poll() is None:
            peak = peak_memory_bytes(status) or peak  # never falls, so the last look counts
            time.sleep(_POLL_SECONDS)
    if process.returncode:
        raise BenchmarkError(f"{' '.join(command)}: ended with {process.returncode}; see its message above")
    return peak, (time.perf_counter_ns() - started) / 1e9


def _parser() -> argparse.ArgumentParser:
    parser = make_parser(
        "python -m benchmarks.studies.training_memory",
        "Measures the peak memory of edge-train on a folder of many images.",
        "python -m benchmarks.studies.training_memory --images 20000 --at-most-mb 3000",
    )
    parser.add_argument("--images", type=int, default=20_000, metavar="N", help="how many (default: %(default)s)")
    parser.add_argument("--at-most-mb", type=limit, metavar="MB", help="exit code 1 where the peak is higher")
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write the figures there, as JSON")
    add_data_dir(parser)
    return parser


def _run(options: argparse.Namespace) -> int:
    weights = third_party_file(options.data_dir, WEIGHTS)
    if options.out:
        ensure_writable(options.out)
    before = read_condition()
    with tempfile.TemporaryDirectory(prefix="training-memory-") as folder:
        write_images(Path(folder) / "data", options.images)
        peak, seconds = measure_training(Path(folder) / "data", Path(folder) / "run", weights)
    peak_mb = peak / 1e6
    print(f"{options.images} images: peak memory {peak_mb:.0f} MB, {seconds:.0f} s")
    if options.out:
        figures = {
            "images": options.images,
            "model": "mobilenet-v2, alpha 0.35, image size 224",
            "training": TRAINING,
            "peak_mb": peak_mb,
            "seconds": seconds,
        }
        write_record(options.out, before, figures)
    check_limits(HeldFigure("MB of peak memory", peak_mb, "--at-most-mb", options.at_most_mb))
    return 0


if __name__ == "__main__":
    exit_with(main())
