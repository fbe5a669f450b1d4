"""edge-convert: quantizes a trained classifier to TFLite behind an accuracy gate."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn, get_args

from converter.config import ConvertConfig
from converter.errors import GateRefusedError
from converter.inspection.cli import make_inspect_parser, run_inspect
from converter.recipes import RECIPES
from edge_runtime.contracts.command import exit_with, make_parser, run_command
from edge_runtime.contracts.extras import extra_needed
from edge_runtime.contracts.tensors import DType


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code; ``inspect`` as the first argument is a command of its own."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["inspect"]:
        return run_command(make_inspect_parser(), run_inspect, words[1:])
    return run_command(_make_parser(), _run, words)


def entry() -> NoReturn:
    """The console script."""
    exit_with(main())


def _run(options: argparse.Namespace) -> int:
    settings = {field.name: getattr(options, field.name) for field in fields(ConvertConfig)}
    config = ConvertConfig(**settings)
    with extra_needed("convert"):
        from converter.workflow import convert  # here, so that --help is instant

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
        "Converts a trained classifier to one .tflite file, if it stays as accurate as it was.\n"
        "Beside the file go model.report.json and model.report.html. Where top-1 drops by more than --max-drop, the\n"
        "exit code is 3, the reports say why, and the model is not written: a file of an earlier run stays as it was.",
        "edge-convert run --out model.tflite --quantize int8 --max-drop 1.0\n  edge-convert inspect model.tflite",
    )
    parser.add_argument("model", metavar="MODEL", type=Path, help="a RUN folder of edge-train")
    parser.add_argument("--out", metavar="FILE", type=Path, required=True, help="the .tflite to write")
    parser.add_argument(
        "--quantize",
        choices=tuple(RECIPES),
        **_default("quantize"),
        help="; ".join(f"{recipe.name}: {recipe.summary}" for recipe in RECIPES.values()) + " (default: %(default)s)",
    )
    parser.add_argument(
        "--max-drop",
        metavar="PP",
        type=float,
        **_default("max_drop"),
        help="how much top-1 may fall below that of the Keras model, in percentage points (default: %(default)s)",
    )
    for edge in ("input", "output"):
        parser.add_argument(
            f"--{edge}-type",
            choices=get_args(DType),
            help=f"what the {edge} tensor holds (default: uint8 for int8, else float32)",
        )
    _add_data_options(parser)
    _add_card_options(parser)
    return parser


def _add_data_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("images")
    folder = "a folder with one subfolder a class"
    group.add_argument("--calibration-data", metavar="DATA", type=Path, help=f"{folder} (default: the training part)")
    group.add_argument(
        "--calibration-samples",
        metavar="N",
        type=int,
        **_default("calibration_samples"),
        help="how many of them, balanced over the classes (default: %(default)s)",
    )
    group.add_argument("--eval-data", metavar="DATA", type=Path, help=f"{folder} (default: the test part)")
    group.add_argument(
        "--seed",
        metavar="S",
        type=int,
        **_default("seed"),
        help="of the choice of calibration images (default: %(default)s)",
    )


def _add_card_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what the file says of itself")
    group.add_argument("--name", metavar="NAME", help="default: that of the file")
    for option in ("--model-version", "--author", "--license"):
        group.add_argument(option, metavar="TEXT", **_default(option[2:].replace("-", "_")), help="default: not said")


def _default(name: str) -> dict[str, Any]:
    """The ``default`` of an option: that of the field of :class:`ConvertConfig`."""
    return {"default": next(field.default for field in fields(ConvertConfig) if field.name == name)}


if __name__ == "__main__":
    entry()
