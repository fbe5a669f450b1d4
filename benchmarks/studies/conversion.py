"""Time and peak memory of the real command ``edge-convert`` on a MobileNetV2: conversion, evaluation and gate.

Model and photos are made up, so that anyone can run it: untrained weights take as long as trained ones. The command is
bound to as many cores as one asks about. It may lose what it likes; this measures time, not accuracy.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter_ns

import numpy as np
from PIL import Image

from benchmarks.errors import BenchmarkError
from benchmarks.host import read_condition
from benchmarks.measure import how_it_ended, last_line
from benchmarks.studies.limits import HeldFigure, check_limits, limit
from benchmarks.studies.record import write_record
from edge_runtime.console.child_process import child_command, console_script
from edge_runtime.console.command import exit_with, make_parser, run_command
from edge_runtime.console.files import ensure_writable

_CLASSES = 10
_CALIBRATION_IMAGES = 200
_PHOTO = (256, 340)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the measurement; returns the exit code."""
    return run_command(_parser(), _run, arguments)


def write_photos(root: Path, count: int, first_seed: int) -> Path:
    """Writes ``count`` JPEGs into class folders, alike in number; returns ``root``.

    Smooth patterns with some noise, so that decoding them takes as long as decoding photos.
    """
    height, width = _PHOTO
    rows, columns = np.mgrid[0:height, 0:width] / 40.0
    for number in range(count):
        generator = np.random.default_rng(first_seed + number)
        waves = [np.sin(rows * generator.uniform(0.5, 3) + columns * generator.uniform(0.5, 3)) for _ in range(3)]
        pixels = 127 + 90 * np.stack(waves, axis=-1) + generator.normal(0, 8, (height, width, 3))
        folder = root / f"class{number % _CLASSES}"
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / f"{number:04d}.jpg", quality=90)
    return root


def make_model() -> None:
    """What a child runs, so that Keras does not stay in this process: writes the model that is named, of that size."""
    import keras

    path, size = sys.argv[1], int(sys.argv[2])
    keras.utils.set_random_seed(0)
    keras.applications.MobileNetV2(weights=None, classes=_CLASSES, input_shape=(size, size, 3)).save(path)


def _run(options: argparse.Namespace) -> int:
    if options.out is not None:
        ensure_writable(options.out)
    before = read_condition()
    with tempfile.TemporaryDirectory(prefix="edge-bench-") as folder:
        command = _prepare(Path(folder), options)
        seconds, cpu_seconds, megabytes = _measure(command, options.cores)
        phases = json.loads((Path(folder) / "model.report.json").read_text())["seconds"]
    print(f"edge-convert --quantize {options.quantize}, MobileNetV2 {options.image_size}, {options.images} evaluation")
    print(f"images, {options.cores} cores: {seconds:.1f} s ({cpu_seconds:.1f} s of a processor), {megabytes:.0f} MB at")
    print(f"the peak; {phases}")
    if options.out is not None:
        figures = {"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_memory_mb": megabytes, "phases_s": phases}
        settings = {
            name: getattr(options, name)
            for name in ("quantize", "all_rungs", "image_size", "images", "choosing", "cores")
        }
        write_record(options.out, before, {"settings": settings, **figures})
    check_limits(
        HeldFigure("seconds of the conversion", seconds, "--at-most-s", options.at_most_s),
        HeldFigure("MB of peak memory", megabytes, "--at-most-mb", options.at_most_mb),
    )
    return 0


def _prepare(folder: Path, options: argparse.Namespace) -> list[str]:
    """Makes model, labels and photos; returns the command to be measured."""
    model = folder / "model.keras"
    make = child_command("benchmarks.studies.conversion:make_model", str(model), str(options.image_size))
    subprocess.run(make, check=True, capture_output=True)
    labels = folder / "labels.txt"
    labels.write_text("".join(f"class{number}\n" for number in range(_CLASSES)))
    words = {
        "--out": folder / "model.tflite",
        "--quantize": options.quantize,
        "--labels": labels,
        "--normalization": "-1..1",
        "--calibration-data": write_photos(
            folder / "calibration", _CALIBRATION_IMAGES + options.choosing, first_seed=100_000
        ),
        "--eval-data": write_photos(folder / "evaluation", options.images, first_seed=0),
        "--max-drop": "100",
        "--min-agreement": "0",
    }
    said = [str(word) for pair in words.items() for word in pair]
    said += ["--allow-chance", *["--all-rungs"] * options.all_rungs]  # random weights guess
    return [*console_script("edge-convert"), str(model), *said]


def _measure(command: Sequence[str], cores: int) -> tuple[float, float, float]:
    """Seconds, seconds of a processor and MB of peak memory of one run of ``command`` on so many cores.

    Raises:
        BenchmarkError: it failed; the message has its last line.
    """
    allowed = sorted(os.sched_getaffinity(0))[:cores]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter_ns()
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: os.sched_setaffinity(0, allowed),
    )
    seconds = (perf_counter_ns() - start) / 1e9
    if done.returncode:
        raise BenchmarkError(f"edge-convert {how_it_ended(done.returncode)}: {last_line(done.stderr)}")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_seconds = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    return seconds, cpu_seconds, used.ru_maxrss * 1024 / 1e6


def _parser() -> argparse.ArgumentParser:
    parser = make_parser(
        "python -m benchmarks.studies.conversion",
        __doc__ or "",
        "python -m benchmarks.studies.conversion --at-most-s 90 --at-most-mb 3000",
    )
    parser.add_argument("--quantize", default="int8", help="as for edge-convert (default: %(default)s)")
    parser.add_argument("--all-rungs", action="store_true", help="as for edge-convert")
    parser.add_argument("--image-size", type=int, default=224, help="of the model (default: %(default)s)")
    parser.add_argument("--images", type=int, default=400, help="evaluation images (default: %(default)s)")
    parser.add_argument("--choosing", type=int, default=0, help="more calibration images, which choose (default: none)")
    parser.add_argument("--cores", type=int, default=2, help="the command may use (default: %(default)s)")
    parser.add_argument("--at-most-s", type=limit, metavar="S", help="exit code 1 where it took longer")
    parser.add_argument("--at-most-mb", type=limit, metavar="MB", help="exit code 1 where it took more")
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write the figures as JSON")
    return parser


if __name__ == "__main__":
    exit_with(main())
