"""The options of edge-convert, each a field of :class:`ConvertConfig`."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

from converter.config import AUTO_MIN_AGREEMENT, EXPORT_NAMES, GOLDEN_IMAGES, ConvertConfig, Preference
from converter.quantize import AUTO, RECIPES
from converter.targets import GPU, TARGETS
from edge_runtime.console.command import add_model_options
from edge_runtime.contracts.tensors import DType


def add_convert_options(parser: argparse.ArgumentParser) -> None:
    """Adds everything but MODEL and ``--out``."""
    recipes = "; ".join(f"{recipe.name}: {recipe.summary}" for recipe in RECIPES.values())
    parser.add_argument(
        "--quantize",
        choices=(AUTO, *RECIPES),
        help=f"{AUTO}: int8 where it keeps the limits, else the best of its repairs and the others; {recipes} "
        f"(default: {AUTO}; {GPU.recipes[0]} with --target {GPU.name})",
    )
    parser.add_argument(
        "--all-rungs",
        action="store_true",
        help=f"with {AUTO}: also try what is not needed, for the report's comparison; this takes several times as long",
    )
    parser.add_argument(
        "--distill-minutes",
        metavar="M",
        type=float,
        **_default("distill_minutes"),
        help=f"with {AUTO}: how long int8 may be distilled where cheaper repairs do not help; 0 leaves that out "
        "(default: %(default)g)",
    )
    parser.add_argument(
        "--prefer",
        choices=get_args(Preference),
        **_default("prefer"),
        help=f"with {AUTO}: what to make small among the files that pass (default: %(default)s)",
    )
    parser.add_argument(
        "--device-latency",
        metavar="FILE",
        type=Path,
        help=f"with {AUTO}: a result of edge-bench run on the device, of this MODEL as float32.tflite and int8.tflite: "
        "it decides what is fast (default: this machine does)",
    )
    for edge in ("input", "output"):
        parser.add_argument(
            f"--{edge}-type",
            choices=get_args(DType),
            help=f"what the {edge} tensor holds (default: uint8 for int8 and mixed, else float32)",
        )
    _add_gate_options(parser)
    _add_data_options(parser)
    _add_delivery_options(parser)
    _add_stranger_options(parser)
    _add_card_options(parser)


def config_from(options: argparse.Namespace) -> ConvertConfig:
    """The configuration that the parsed options say.

    Raises:
        ConfigError: they do not go together.
    """
    settings = {field.name: getattr(options, field.name) for field in fields(ConvertConfig)}
    settings["quantize"] = options.quantize or (GPU.recipes[0] if options.target == GPU.name else AUTO)
    settings["export"] = tuple(dict.fromkeys(name for names in options.export for name in names.split(",")))
    settings["labels"] = None if options.labels is None else Path(options.labels)
    return ConvertConfig(**settings)


def _add_gate_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("the gate, against the float model on the same images")
    group.add_argument(
        "--max-drop",
        metavar="PP",
        type=float,
        **_default("max_drop"),
        help="how many percentage points top-1 may fall; micro-F1 of multi-label, accuracy of binary models "
        "(default: %(default)s)",
    )
    group.add_argument(
        "--max-class-drop", metavar="PP", type=float, help="how many of them any one class may lose (default: no limit)"
    )
    group.add_argument(
        "--min-agreement",
        metavar="PERCENT",
        type=float,
        help="how many percent of the images need the float model's answer "
        f"(default: {AUTO_MIN_AGREEMENT:g} with {AUTO}, else 0)",
    )
    group.add_argument(
        "--allow-chance",
        action="store_true",
        help="also convert a MODEL trained elsewhere whose float answers are no better than guessing",
    )


def _add_data_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("images")
    data = "a folder with one subfolder a class, or a CSV file"
    group.add_argument("--calibration-data", metavar="DATA", type=Path, help=f"{data} (default: the training part)")
    group.add_argument(
        "--calibration-samples",
        metavar="N",
        type=int,
        **_default("calibration_samples"),
        help="how many of them, balanced over the classes (default: %(default)s)",
    )
    group.add_argument(
        "--calibration-sweep", action="store_true", help="also measure int8 calibrated on fewer and on more of them"
    )
    group.add_argument("--eval-data", metavar="DATA", type=Path, help=f"{data} (default: the test part)")
    group.add_argument(
        "--seed",
        metavar="S",
        type=int,
        **_default("seed"),
        help="of the choice of calibration images (default: %(default)s)",
    )


def _add_delivery_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("where the file is to run")
    targets = "; ".join(f"{target.name}: {target.summary}" for target in TARGETS.values())
    group.add_argument(
        "--target", choices=tuple(TARGETS), **_default("target"), help=f"{targets} (default: %(default)s)"
    )
    group.add_argument(
        "--target-python",
        metavar="PATH",
        type=Path,
        help="the Python of an environment that has the target's interpreter, to prove the file in (default: this one)",
    )
    group.add_argument(
        "--golden",
        metavar="N",
        type=int,
        help="so many evaluation images, made small, travel in the file for edge-run --self-test: whoever has the file "
        f"can look at them (default: {GOLDEN_IMAGES}; 0 with --target micro)",
    )
    group.add_argument(
        "--export",
        metavar="NAME",
        action="append",
        default=[],
        help=f"also write {' or '.join(EXPORT_NAMES)}: the model as C source, or a zip for a device; may be repeated",
    )


def _add_stranger_options(parser: argparse.ArgumentParser) -> None:
    add_model_options(parser)
    parser.add_argument(
        "--signature",
        metavar="NAME",
        help="of a SavedModel, what to convert (default: serving_default, or the only)",
    )


def _add_card_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what the file says of itself")
    group.add_argument("--name", metavar="NAME", help="default: that of the folder of training images, else of MODEL")
    for option in ("--model-version", "--author", "--license"):
        group.add_argument(option, metavar="TEXT", **_default(option[2:].replace("-", "_")), help="default: not said")


def _default(name: str) -> dict[str, Any]:
    """The ``default`` of an option: that of the field of :class:`ConvertConfig`."""
    return {"default": next(field.default for field in fields(ConvertConfig) if field.name == name)}
