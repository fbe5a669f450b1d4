"""edge-run: frames from a source through a model to sinks."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from edge_runtime.backends import BACKENDS
from edge_runtime.classifier import DEFAULT_TOP_K, Classifier
from edge_runtime.contracts.command import add_model_options, exit_with, logger, make_parser, run_command
from edge_runtime.pipeline import run_pipeline
from edge_runtime.sinks import open_sink
from edge_runtime.sources import open_source
from edge_runtime.sources.live import POLICIES, LiveSettings


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
        type=int,
        metavar="N",
        help="of the interpreter (default: with --backend auto what edge-bench tune found, else 1)",
    )
    parser.add_argument(
        "--top-k", type=int, default=DEFAULT_TOP_K, metavar="K", help="categories a frame (default: %(default)s)"
    )
    parser.add_argument(
        "--threshold",
        type=float,
        metavar="T",
        help="leave categories with a lower score out (default: the model's own)",
    )
    parser.add_argument(
        "--policy",
        choices=POLICIES,
        default="latest",
        help="of a live source: the newest frame, dropping the others, or every one (default: %(default)s)",
    )
    parser.add_argument("--max-fps", type=float, metavar="F", help="classify at most so many frames a second")
    parser.add_argument(
        "--sink",
        action="append",
        metavar="SINK",
        help="jsonl, jsonl:FILE, csv:FILE or console; may be repeated (default: jsonl, on stdout)",
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
        counts = run_pipeline(source, classifier, sinks, options.max_fps)
    if counts.failed:
        logger.warning("%d of %d frames could not be read", counts.failed, counts.failed + counts.classified)
    return 1 if counts.failed else 0


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    entry()
