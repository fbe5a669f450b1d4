"""edge-train: trains an image classifier from a folder of images."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn

from edge_runtime.contracts.command import exit_with, make_parser, run_command
from edge_runtime.contracts.preprocessing import RESIZE_MODES
from edge_runtime.contracts.training import MODEL_NAME, TRAINING_NAME, TrainingRecord
from trainer.backbones import BACKBONES, BUNDLED
from trainer.config import CLASS_WEIGHTS, SAMPLE, TASKS, TrainConfig
from trainer.data.named import NAMED
from trainer.workflow import REPORT_NAME, train


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    return run_command(_make_parser(), _run, arguments)


def entry() -> NoReturn:
    """The console script."""
    exit_with(main())


def parse_config(arguments: Sequence[str]) -> TrainConfig:
    """The configuration that a command line stands for; one that is no such ends the process with exit code 2."""
    return _config_of(_make_parser().parse_args(arguments))


def _config_of(options: argparse.Namespace) -> TrainConfig:
    return TrainConfig(**{f.name: getattr(options, f.name) for f in fields(TrainConfig) if f.name in options})


def _run(options: argparse.Namespace) -> int:
    _print_summary(train(_config_of(options), options.out), options.out)
    return 0


def _print_summary(record: TrainingRecord, out: Path) -> None:
    images = len(record.data.split["test"])
    accuracy = record.metrics["accuracy"]
    if record.task == "multi-label":
        figures = f"{record.metrics['micro_f1']:.4f} (macro {record.metrics['macro_f1']:.4f}, {images} images)"
        print(f"test micro-F1  {figures}")
    else:
        print(f"test top-1  {accuracy:.4f} ({round(accuracy * images)} of {images} images)")
    for what, name in (("model", MODEL_NAME), ("record", TRAINING_NAME), ("report", REPORT_NAME)):
        print(f"{what:<11} {out / name}")


def _make_parser() -> argparse.ArgumentParser:
    parser = make_parser(
        "edge-train",
        "Trains an image classifier: a head on a frozen, pretrained backbone, then, if wanted, the backbone's top.\n"
        "RUN gets model.keras, training.json, plots/ and report.html; those of an earlier run there are replaced.",
        "edge-train photos --out run --alpha 1.0 --image-size 224 --fine-tune-epochs 5",
    )
    parser.add_argument(
        "data",
        metavar="DATA",
        help="a folder with one subfolder a class, or with train/, val/ and test/ above those (what is missing of val/ "
        "and test/ is cut from train/); a CSV (filename and one 0/1 column a label, or filename,labels with labels "
        f"joined by |); a folder of IDX files; or a name: {', '.join((SAMPLE, *NAMED))} (./NAME for a folder of it)",
    )
    parser.add_argument("--out", metavar="RUN", type=Path, required=True, help="the folder to write")
    parser.add_argument(
        "--task",
        choices=TASKS,
        **_default("task"),
        help="what the model decides; auto reads it off the labels (default: %(default)s)",
    )
    _add_model_options(parser)
    _add_data_options(parser)
    _add_training_options(parser)
    return parser


def _add_model_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("model")
    group.add_argument("--backbone", choices=tuple(BACKBONES), **_default("backbone"), help="default: %(default)s")
    group.add_argument(
        "--alpha", metavar="A", type=float, **_default("alpha"), help="width of the backbone (default: %(default)s)"
    )
    group.add_argument(
        "--image-size",
        metavar="S",
        type=int,
        **_default("image_size"),
        help=f"height and width of the model's input (default: {BUNDLED.image_size} with bundled weights, else "
        + ", ".join(f"{backbone.default_size} for {name}" for name, backbone in BACKBONES.items())
        + ")",
    )
    group.add_argument(
        "--weights",
        metavar="imagenet|bundled|none|FILE",
        **_default("weights"),
        help="what the backbone starts from; FILE is a Keras .h5 without the top, or an .npz "
        "(default: bundled for 'sample', else imagenet)",
    )


def _add_data_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("data")
    group.add_argument(
        "--data-dir",
        metavar="FOLDER",
        **_default("data_dir"),
        help="where a named data set lies (default: Keras's cache, then /usr/share/datasets, then the network)",
    )
    group.add_argument(
        "--split",
        metavar="T/V/E",
        type=_parse_split,
        **_default("split"),
        help="shares of train, val and test in percent (default: 80/10/10)",
    )
    group.add_argument(
        "--resize",
        choices=RESIZE_MODES,
        **_default("resize"),
        help="how an image becomes square (default: %(default)s)",
    )
    group.add_argument(
        "--class-weights",
        choices=CLASS_WEIGHTS,
        **_default("class_weights"),
        help="balanced: classes with few images count as much as the others (default: %(default)s)",
    )
    group.add_argument(
        "--no-feature-cache",
        dest="feature_cache",
        action="store_false",
        help="compute the backbone's features anew and do not keep them",
    )


def _add_training_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("training")
    for option, metavar, kind, text in (
        ("--epochs", "N", int, "how often the head sees the training part"),
        ("--batch-size", "B", int, "images a step"),
        ("--learning-rate", "LR", float, "of the head; fine-tuning uses a twentieth of it"),
        ("--seed", "SEED", int, "of split, first weights and order of the images"),
        ("--fine-tune-epochs", "M", int, "how often the backbone's top sees the training part"),
        ("--fine-tune-layers", "K", int, "how many of the backbone's layers are fine-tuned"),
    ):
        name = option[2:].replace("-", "_")
        group.add_argument(option, metavar=metavar, type=kind, **_default(name), help=f"{text} (default: %(default)s)")


def _default(name: str) -> dict[str, Any]:
    """The ``default`` of an option: that of the field of :class:`TrainConfig`."""
    return {"default": next(field.default for field in fields(TrainConfig) if field.name == name)}


def _parse_split(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(share) for share in text.split("/"))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not three shares like 80/10/10") from error


if __name__ == "__main__":
    entry()
