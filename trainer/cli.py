"""edge-train: trains an image classifier from a folder of images."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import NoReturn

from edge_runtime.console.command import exit_with, make_parser, run_command
from edge_runtime.contracts.training import MODEL_NAME, TRAINING_NAME, TrainingRecord
from trainer.config import SAMPLE, TrainConfig
from trainer.data.formats import NAMED
from trainer.options import add_data_options, add_fitting_options, add_model_options
from trainer.report import REPORT_NAME
from trainer.run import train


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
    record = train(_config_of(options), options.out, resume=options.resume, tensorboard=options.tensorboard)
    _print_summary(record, options.out)
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
        "Trains an image classifier: a head on a frozen, pretrained backbone, then, if wanted, the backbone's top; or "
        "a whole network from scratch.\n"
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
        "--resume", action="store_true", help="go on where an interrupted training of the same configuration stopped"
    )
    parser.add_argument(
        "--tensorboard", action="store_true", help="also write the history and the pictures to RUN/tensorboard"
    )
    add_data_options(parser)
    add_model_options(parser)
    add_fitting_options(parser)
    return parser


if __name__ == "__main__":
    entry()
