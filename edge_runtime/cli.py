"""edge-run: frames from a source through a model to sinks."""

from __future__ import annotations

import argparse
import math
import signal
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from edge_runtime.backends import BACKENDS
from edge_runtime.classifier import DEFAULT_TOP_K, Classifier
from edge_runtime.contracts.command import add_model_options, exit_with, logger, make_parser, run_command
from edge_runtime.pipeline import PipelineSettings, run_pipeline
from edge_runtime.sinks import SINK_FORMS, SINKS, open_sink
from edge_runtime.sources import open_source
from edge_runtime.sources.live import POLICIES, LiveSettings

MAX_COUNT = 256


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    return run_command(_parser(), _run, arguments)


def entry() -> NoReturn:
    """The console script."""
    exit_with(main())


def _parser() -> argparse.ArgumentParser:
    parser = make_parser(
        "edge-run",
        "Classifies every frame of SOURCE and writes one JSON line a frame.",
        "edge-run model.tflite photos/ --top-k 3 --sink console",
    )
    parser.add_argument("model", metavar="MODEL", help="a .tflite image classifier")
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="an image, a folder, a glob, a video file, camera:0, picamera2:, rtsp://…, http(s)://… "
        "(MJPEG or snapshot), or synthetic:[WIDTHxHEIGHT[:COUNT]]",
    )
    parser.add_argument(
        "--backend",
        choices=("auto", *BACKENDS.names()),
        default="auto",
        help="auto: what edge-bench tune found for this model, else the first installed (default: %(default)s)",
    )
    parser.add_argument(
        "--threads",
        type=_count,
        metavar="N",
        help="of the interpreter (default: with --backend auto what edge-bench tune found, else 1)",
    )
    parser.add_argument(
        "--top-k", type=_count, default=DEFAULT_TOP_K, metavar="K", help="categories a frame (default: %(default)s)"
    )
    parser.add_argument(
        "--threshold",
        type=_share,
        metavar="T",
        help="leave categories with a lower score out (default: the model's own)",
    )
    parser.add_argument(
        "--policy",
        choices=POLICIES,
        default="latest",
        help="of a live source: the newest frame, dropping the others, or every one (default: %(default)s)",
    )
    parser.add_argument("--max-fps", type=_rate, metavar="F", help="classify at most so many frames a second")
    parser.add_argument(
        "--sink",
        action="append",
        type=_sink,
        metavar="SINK",
        help=f"{SINK_FORMS}; may be repeated (default: jsonl, on stdout)",
    )
    add_model_options(parser)
    return parser


def _run(options: argparse.Namespace) -> int:
    signal.signal(signal.SIGTERM, _stop)
    with Classifier(
        options.model,
        backend=options.backend,
        threads=options.threads,
        top_k=options.top_k,
        threshold=options.threshold,
        labels=options.labels,
        normalization=options.normalization,
        resize=options.resize,
    ) as classifier:
        info = classifier.backend_info
        logger.debug("%s %s, threads %d, delegate %s", info.name, info.version, info.threads, info.delegate)
        source = open_source(options.source, LiveSettings(policy=options.policy))
        sinks = [open_sink(text) for text in options.sink or ["jsonl"]]
        counts = run_pipeline(source, [classifier], sinks, PipelineSettings(max_fps=options.max_fps))
    if counts.failed:
        logger.warning("%d of %d frames could not be read", counts.failed, counts.produced)
    return 1 if counts.failed else 0


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _count(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= MAX_COUNT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number within 1..{MAX_COUNT}")
    return int(text)


def _share(text: str) -> float:
    if not 0.0 <= float(text) <= 1.0:
        raise argparse.ArgumentTypeError(f"{text} is not within 0..1")
    return float(text)


def _rate(text: str) -> float:
    if not 0.0 < float(text) < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return float(text)


def _sink(text: str) -> str:
    if text.partition(":")[0] not in SINKS.names():
        raise argparse.ArgumentTypeError(f"no sink {text!r}; there are {SINK_FORMS}")
    return text


if __name__ == "__main__":
    entry()
