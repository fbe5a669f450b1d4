"""edge-convert: quantizes a trained classifier to TFLite behind an accuracy gate."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from converter.inspect import make_inspect_parser, run_inspect
from converter.options import add_convert_options, config_from
from converter.results import GateRefusedError
from converter.rewrite import make_rewrite_parser, run_rewrite
from edge_runtime.console.command import exit_with, make_parser, run_command
from edge_runtime.console.extras import extra_needed


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code; ``inspect`` and ``rewrite`` as first arguments are commands."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["inspect"]:
        return run_command(make_inspect_parser(), run_inspect, words[1:])
    if words[:1] == ["rewrite"]:
        return run_command(make_rewrite_parser(), run_rewrite, words[1:])
    return run_command(_make_parser(), _run, words)


def entry() -> NoReturn:
    """The console script."""
    exit_with(main())


def _run(options: argparse.Namespace) -> int:
    config = config_from(options)
    with extra_needed("convert"):
        from converter.conversion import convert  # here, so that --help is instant

    try:
        report = convert(config, options.out)
    except GateRefusedError as error:
        print(error.report.summary())
        raise
    print(report.summary())
    return 0


def _make_parser() -> argparse.ArgumentParser:
    parser = make_parser(
        "edge-convert",
        "Converts a classifier to one .tflite file, if it stays as accurate as it was.\n"
        "Beside the file go model.report.json and model.report.html. Where a limit is broken, the exit code is 3, the\n"
        "reports say why, and the model is not written: a file of an earlier run stays as it is.",
        "edge-convert run --out model.tflite --quantize auto --max-drop 0.5\n  edge-convert inspect model.tflite"
        "\n  edge-convert rewrite quantized.tflite --out faster.tflite",
    )
    parser.add_argument(
        "model",
        metavar="MODEL",
        type=Path,
        help="a RUN folder of edge-train, a .keras or .h5 file, a SavedModel folder, or a float .tflite",
    )
    parser.add_argument("--out", metavar="FILE", type=Path, required=True, help="the .tflite to write")
    add_convert_options(parser)
    return parser


if __name__ == "__main__":
    entry()
