"""edge-run's options, in the groups in which --help shows them."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable

from edge_runtime.backends import BACKENDS
from edge_runtime.console.command import add_model_options, make_parser
from edge_runtime.contracts.errors import ContractError
from edge_runtime.decisions import REGION_FORM, SMOOTH_FORMS, check_smooth, parse_region
from edge_runtime.inference import DEFAULT_TOP_K
from edge_runtime.sinks import SINK_FORMS, SINKS
from edge_runtime.sources import split_option
from edge_runtime.sources.live import POLICIES

MAX_COUNT = 256


def make_run_parser() -> argparse.ArgumentParser:
    """The parser of edge-run."""
    parser = make_parser(
        "edge-run",
        "Classifies every frame of SOURCE and writes one JSON line a frame.",
        "edge-run sample --sink console\n  edge-run model.tflite photos/ --top-k 3 --sink console",
        intermixed=True,
    )
    parser.add_argument(
        "model", metavar="MODEL", nargs="?", help="a .tflite image classifier, or sample: the bundled one"
    )
    parser.add_argument(
        "source",
        metavar="SOURCE",
        nargs="?",
        help="an image, a folder, a glob, a video file, sample (three bundled photos, the default of MODEL sample), "
        "camera:0, camera:PATH, picamera2:, gstreamer:PIPELINE, rtsp://…, http(s)://… (MJPEG or snapshot), - for "
        "pictures on stdin, or synthetic:[WIDTHxHEIGHT[:COUNT]]",
    )
    parser.add_argument(
        "--backend",
        type=_backend,
        default="auto",
        metavar="NAME",
        help=f"auto, {', '.join(BACKENDS.names())}; auto: what edge-bench tune found for this model, else the first "
        "that is installed (default: auto)",
    )
    parser.add_argument(
        "--threads",
        type=_count,
        metavar="N",
        help="of the interpreter (default: with --backend auto what edge-bench tune found, else 1)",
    )
    parser.add_argument(
        "--top-k",
        type=_count,
        metavar="K",
        help=f"categories a frame (default: {DEFAULT_TOP_K}; of a multi-label model all that reach their thresholds)",
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
        help="of a live source: the newest frame, dropping the others, or every one (default: latest, on stdin every)",
    )
    parser.add_argument(
        "--source-option",
        action="append",
        type=_source_option,
        metavar="KEY=VALUE",
        help="of SOURCE, may be repeated: size=1280x720, fps=15, rotate=180 and more for cameras, stall=30 for what is "
        "live; docs/running.md lists them, and so does the error for an unknown one",
    )
    parser.add_argument("--max-fps", type=_rate, metavar="F", help="classify at most so many frames a second")
    parser.add_argument(
        "--workers",
        type=_count,
        metavar="N",
        help="threads that read and classify files, each with the model loaded once more "
        "(default: one that classifies while another reads and preprocesses)",
    )
    parser.add_argument(
        "--self-test",
        action="store_true",
        help="run the golden images that MODEL carries instead of a SOURCE; exit code 1 where this device gives "
        "other scores than the machine that made the file",
    )
    _add_decisions(parser)
    parser.add_argument(
        "--sink",
        action="append",
        type=_sink,
        metavar="SINK",
        help=f"{SINK_FORMS}; may be repeated; 'FILE?max=50MB&keep=7&free=200MB' limits a file (default: jsonl)",
    )
    _add_service(parser)
    _add_safety(parser)
    add_model_options(parser)
    return parser


def _add_service(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("as a service")
    group.add_argument(
        "--config", metavar="FILE", help="a TOML file with MODEL, SOURCE and options; the command line overrules it"
    )
    group.add_argument(
        "--systemd-unit", action="store_true", help="print a systemd unit that runs the --config FILE, and end"
    )
    group.add_argument(
        "--max-silence",
        type=_rate,
        metavar="S",
        help="after S seconds without a frame, new connections or not, a live source gives no more signs of life, and "
        "systemd starts the service anew (default: 900, and never less than ten stalls)",
    )
    group.add_argument("--unit-user", metavar="NAME", help="whom that service runs as (default: you, if not root)")


def _add_safety(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("for a MODEL from somebody else")
    group.add_argument(
        "--check",
        action="store_true",
        help="load and try it in a child process first, so that one that crashes the interpreter is an error",
    )
    group.add_argument("--sha256", type=_digest, metavar="HEX", help="refuse a file with another SHA-256")
    group.add_argument(
        "--verify", action="store_true", help="refuse a file whose content is not what its own manifest vouches for"
    )


def _add_decisions(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("decisions over time")
    group.add_argument(
        "--roi",
        type=_parsed_by(parse_region),
        metavar="X,Y,W,H",
        help=f"look at this part of every frame only: {REGION_FORM}",
    )
    group.add_argument(
        "--smooth",
        action="append",
        type=_parsed_by(check_smooth),
        metavar="HOW",
        help=f"{SMOOTH_FORMS}; repeat it for hysteresis after a mean (default: none)",
    )
    group.add_argument(
        "--min-duration",
        type=_seconds,
        default=0.0,
        metavar="S",
        help="a label counts as there once it was seen for S seconds, and as gone once it was not (default: 0)",
    )
    group.add_argument(
        "--max-gap",
        type=_rate,
        metavar="S",
        help="after S seconds without a frame of a live source decisions begin anew, and what was there has left "
        "(default: 5 more than the source may stall, and two frames of --max-fps)",
    )
    group.add_argument("--events", action="store_true", help="also tell when a label entered or left, and for how long")


def _backend(text: str) -> str:
    if text != "auto" and not BACKENDS.knows(text):
        raise argparse.ArgumentTypeError(f"no backend {text!r}; there are auto, {', '.join(BACKENDS.names())}")
    return text


def _digest(text: str) -> str:
    if not re.fullmatch("[0-9a-fA-F]{64}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no SHA-256: 64 hexadecimal digits, as sha256sum prints them")
    return text.lower()


def _count(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= MAX_COUNT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number within 1..{MAX_COUNT}")
    return int(text)


def _share(text: str) -> float:
    number = _real(text)
    if not 0.0 <= number <= 1.0:
        raise argparse.ArgumentTypeError(f"{text} is not within 0..1")
    return number


def _rate(text: str) -> float:
    number = _real(text)
    if not 0.0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return number


def _seconds(text: str) -> float:
    number = _real(text)
    if not 0.0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds from 0 on")
    return number


def _real(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None


def _sink(text: str) -> str:
    if not SINKS.knows(text.partition(":")[0]):
        raise argparse.ArgumentTypeError(f"no sink {text!r}; there are {SINK_FORMS}")
    return text


def _source_option(text: str) -> tuple[str, str]:
    try:
        return split_option(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _parsed_by(parse: Callable[[str], object]) -> Callable[[str], object]:
    """An argparse type out of a parser of ours."""

    def check(text: str) -> object:
        try:
            return parse(text)
        except ContractError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return check
