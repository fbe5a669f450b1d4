"""What Classifier.classify costs beside a bare interpreter loop: the ratio of their medians, one thread, one run.

The bare loop is what one would write by hand for this one model: resize with OpenCV, normalise where the input is
float, set the tensor, invoke, get the tensor, argmax.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.errors import BenchmarkError
from benchmarks.host import read_condition
from benchmarks.measure import FRAME, synthetic_frame
from benchmarks.stats import interval_text
from benchmarks.studies.interleaved import ratio_of_medians, time_in_turn
from benchmarks.studies.limits import HeldFigure, check_limits, limit
from benchmarks.studies.record import named_model, write_record
from benchmarks.studies.third_party import MODEL, add_data_dir, chosen_model
from edge_runtime import Classifier
from edge_runtime.console.command import UsageError, add_model_options, exit_with, make_parser, run_command
from edge_runtime.console.files import ensure_writable
from edge_runtime.console.native import native_output_as_debug
from edge_runtime.contracts.codec import encode
from edge_runtime.contracts.preprocessing import PreprocessSpec
from edge_runtime.model import UserSays


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the comparison; returns the exit code."""
    return run_command(_parser(), _run, arguments)


def measure_round(
    model: Path, said: Mapping[str, Any], pairs: int, generator: np.random.Generator
) -> NDArray[np.int64]:
    """Loads the model in both and times them in turn.

    Args:
        model: a .tflite.
        said: what Classifier must be told of it.
        pairs: how often each of the two is called.
        generator: draws which of a pair comes first.

    Returns:
        int64 nanoseconds, (2, pairs), the bare loop's first.

    Raises:
        BenchmarkError: the two do not find the same class, so they do not do the same work.
    """
    frame = synthetic_frame()
    with Classifier(model, backend="litert", threads=1, **said) as classifier:
        bare = make_bare_loop(model, classifier.contract.preprocessing, frame)
        ours = classifier.classify(frame).categories[0].index
        if bare() != ours:
            raise BenchmarkError(f"{model}: the bare loop finds class {bare()}, Classifier {ours}; not comparable")
        return time_in_turn(bare, lambda: classifier.classify(frame), pairs, generator)


def make_bare_loop(model: Path, spec: PreprocessSpec, frame: NDArray[np.uint8]) -> Callable[[], int]:
    """The loop one would write by hand; each call returns the best class of ``frame``.

    Raises:
        BenchmarkError: the model wants more than a squashed RGB frame, or a library is missing.
    """
    try:
        import cv2
        from ai_edge_litert.interpreter import Interpreter
    except ImportError as error:
        raise BenchmarkError(f"the bare loop needs OpenCV and ai-edge-litert: {error}") from error
    if spec.resize != "squash" or spec.color != "RGB":
        raise BenchmarkError(f"{model}: the bare loop only does a squashed RGB frame, not {spec.resize}, {spec.color}")
    cv2.setNumThreads(1)
    with native_output_as_debug():
        interpreter = Interpreter(model_path=str(model), num_threads=1)
        interpreter.allocate_tensors()
    image, scores = interpreter.get_input_details()[0], interpreter.get_output_details()[0]["index"]
    size = (spec.width, spec.height)
    fit = _fitting(image["dtype"], spec)

    def bare() -> int:
        interpreter.set_tensor(image["index"], fit(cv2.resize(frame, size, interpolation=cv2.INTER_LINEAR))[None])
        interpreter.invoke()
        return int(interpreter.get_tensor(scores).argmax())

    return bare


def _fitting(dtype: Any, spec: PreprocessSpec) -> Callable[[NDArray[np.uint8]], NDArray[Any]]:
    """How the bare loop turns resized pixels into the input tensor's numbers."""
    if dtype == np.uint8:
        return lambda pixels: pixels
    if dtype == np.int8:
        return lambda pixels: (pixels ^ 0x80).view(np.int8)  # pixel - 128 in two's complement
    scale = np.float32(1.0) / np.asarray(spec.std, np.float32)
    offset = -np.asarray(spec.mean, np.float32) * scale
    numbers = np.empty((spec.height, spec.width, 3), np.float32)

    def normalise(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        np.multiply(pixels, scale, out=numbers)
        return np.add(numbers, offset, out=numbers)

    return normalise


def _parser() -> argparse.ArgumentParser:
    parser = make_parser(
        "python -m benchmarks.studies.bare_loop",
        "Compares Classifier.classify with a bare interpreter loop: the ratio of medians and its 95 % interval.",
        "python -m benchmarks.studies.bare_loop --model model.tflite --out bare_loop.json",
    )
    parser.add_argument("--model", type=Path, metavar="FILE", help=f"a .tflite (default: {MODEL} of the data)")
    parser.add_argument("--rounds", type=int, default=10, metavar="N", help="both loaded anew (default: %(default)s)")
    parser.add_argument("--pairs", type=int, default=200, metavar="N", help="a round (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the random order (default: %(default)s)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="keep raw samples and host in this JSON file")
    parser.add_argument("--at-most", type=limit, metavar="RATIO", help="exit with 1 where the ratio is above")
    add_data_dir(parser)
    add_model_options(parser)
    return parser


def _run(options: argparse.Namespace) -> int:
    if options.rounds < 1 or options.pairs < 2 or options.seed < 0:
        raise UsageError("--rounds needs 1 or more, --pairs 2 or more, --seed 0 or more")
    if options.out is not None:
        ensure_writable(options.out)
    model, labels = chosen_model(options)
    said = UserSays.of(options).as_arguments() | {"labels": labels}
    before = read_condition()
    generator = np.random.default_rng(options.seed)
    rounds = [measure_round(model, said, options.pairs, generator) for _ in range(options.rounds)]
    found = ratio_of_medians(rounds)
    print(
        f"{model.name}: bare loop {found.base_ms:.3f} ms, Classifier.classify {found.other_ms:.3f} ms, "
        f"ratio {found.ratio:.4f} (95 %: {interval_text(found.low, found.high, 4)}), "
        f"{options.rounds} rounds of {options.pairs} pairs"
    )
    if options.out is not None:
        content = {
            **named_model(model),
            "frame": FRAME,
            "threads": 1,
            "definitions": {"base": "the bare loop", "other": "Classifier.classify", "low, high": "95 % interval"},
            "ratio_of_medians": encode(found),
            "samples_ns": [{"base": base.tolist(), "other": other.tolist()} for base, other in rounds],
        }
        write_record(options.out, before, content)
    check_limits(HeldFigure("ratio", found.ratio, "--at-most", options.at_most))
    return 0


if __name__ == "__main__":
    exit_with(main())
