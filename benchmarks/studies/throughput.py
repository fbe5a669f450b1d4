"""Files a second: one worker, two, and one that reads ahead, beside its two stages alone; in turn, in one process.

What is timed is the pipeline of ``edge-run`` on a folder of JPEGs with a JSON Lines file as sink: decode, preprocess,
infer, write. The stages alone are decoding all files in one thread, and classifying their pixels from memory in one.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from time import perf_counter_ns

import numpy as np
from numpy.typing import NDArray

from benchmarks.errors import BenchmarkError
from benchmarks.host import read_condition
from benchmarks.studies.limits import HeldFigure, check_limits, limit
from benchmarks.studies.record import named_model, write_record
from benchmarks.studies.third_party import MODEL, add_data_dir, chosen_model
from edge_runtime import Classifier, read_image
from edge_runtime.console.command import UsageError, add_model_options, exit_with, make_parser, run_command
from edge_runtime.console.files import ensure_writable
from edge_runtime.model import UserSays
from edge_runtime.run import PipelineSettings, run_pipeline
from edge_runtime.sinks import open_sink
from edge_runtime.sources import open_source

PHOTOS = "imagenet_500"
_NS_PER_S = 1e9
_ONE, _TWO, _AHEAD, _DECODE, _INFER = "one worker", "two workers", "reading ahead", "decoding alone", "inference alone"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the measurement; returns the exit code."""
    return run_command(_parser(), _run, arguments)


def measure_rates(
    classifiers: Sequence[Classifier], folder: Path, rounds: int, generator: np.random.Generator
) -> dict[str, list[float]]:
    """Files a second of each way, one number a round; every round has them all, in random order.

    Raises:
        BenchmarkError: the folder holds a file that cannot be read.
    """
    paths = sorted(folder.glob("*.jpg"))
    pixels = [read_image(path) for path in paths]
    ways = _ways(classifiers, folder, paths, pixels)
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name in generator.permutation(list(ways)).tolist():
            start = perf_counter_ns()
            ways[name]()
            found[name].append(len(paths) * _NS_PER_S / (perf_counter_ns() - start))
    return found


def _ways(
    classifiers: Sequence[Classifier], folder: Path, paths: Sequence[Path], pixels: Sequence[NDArray[np.uint8]]
) -> Mapping[str, Callable[[], object]]:
    first = classifiers[0]
    return {
        _ONE: partial(_run_folder, folder, [first], read_ahead=False),
        _TWO: partial(_run_folder, folder, classifiers, read_ahead=False),
        _AHEAD: partial(_run_folder, folder, [first], read_ahead=True),
        _DECODE: lambda: [None for path in paths if read_image(path) is None],
        _INFER: lambda: [None for frame in pixels if first.classify(frame) is None],
    }


def _run_folder(folder: Path, classifiers: Sequence[Classifier], *, read_ahead: bool) -> None:
    sink = open_sink("jsonl:/dev/null")
    counts = run_pipeline(open_source(str(folder)), classifiers, [sink], PipelineSettings(read_ahead=read_ahead))
    if counts.failed:
        raise BenchmarkError(f"{folder}: {counts.failed} files cannot be read")


def _parser() -> argparse.ArgumentParser:
    parser = make_parser(
        "python -m benchmarks.studies.throughput",
        "Files a second through edge-run's pipeline: one worker, two, and one that reads ahead.",
        "python -m benchmarks.studies.throughput --out throughput.json",
    )
    parser.add_argument("--model", type=Path, metavar="FILE", help=f"a .tflite (default: {MODEL} of the data)")
    parser.add_argument("--folder", type=Path, metavar="DIR", help=f"of JPEGs (default: {PHOTOS} of the data)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the random order (default: %(default)s)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="keep all figures and the host in this JSON file")
    parser.add_argument("--two-at-least", type=limit, metavar="X", help="exit with 1 where two workers gain less")
    parser.add_argument("--ahead-at-least", type=limit, metavar="X", help="exit with 1 where reading ahead keeps less")
    add_data_dir(parser)
    add_model_options(parser)
    return parser


def _run(options: argparse.Namespace) -> int:
    if options.rounds < 1 or options.seed < 0:
        raise UsageError("--rounds needs 1 or more, --seed 0 or more")
    if options.out is not None:
        ensure_writable(options.out)
    model, labels = chosen_model(options)
    folder = options.folder or options.data_dir / PHOTOS
    before = read_condition()
    with ExitStack() as stack:
        first = stack.enter_context(
            Classifier(model, threads=1, **(UserSays.of(options).as_arguments() | {"labels": labels}))
        )
        classifiers = [first, stack.enter_context(first.twin())]
        rates = measure_rates(classifiers, folder, options.rounds, np.random.default_rng(options.seed))
    gain, kept = _ratios(rates)
    print(
        f"{model.name}, {folder.name}, files/s (medians of {options.rounds} rounds): "
        + ", ".join(f"{name} {statistics.median(values):.1f}" for name, values in rates.items())
        + f"\n  two workers {gain:.3f} times one; reading ahead {kept:.3f} of the slower stage alone"
    )
    if options.out is not None:
        content = {
            **named_model(model),
            "files_per_second": rates,
            "two_workers_to_one": gain,
            "reading_ahead_to_slower_stage": kept,
        }
        write_record(options.out, before, content)
    check_limits(
        HeldFigure("two workers to one", gain, "--two-at-least", options.two_at_least, at_least=True),
        HeldFigure("reading ahead to slower stage", kept, "--ahead-at-least", options.ahead_at_least, at_least=True),
    )
    return 0


def _ratios(rates: Mapping[str, Sequence[float]]) -> tuple[float, float]:
    """What two workers gain, and how much of its slower stage reading ahead keeps: medians of the rounds' ratios."""
    gain = statistics.median(two / one for one, two in zip(rates[_ONE], rates[_TWO], strict=True))
    kept = statistics.median(
        ahead / min(decode, infer)
        for ahead, decode, infer in zip(rates[_AHEAD], rates[_DECODE], rates[_INFER], strict=True)
    )
    return gain, kept


if __name__ == "__main__":
    exit_with(main())
