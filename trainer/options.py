"""The options of edge-train, by group; their defaults are those of TrainConfig."""

from __future__ import annotations

import argparse
from dataclasses import fields
from typing import Any

from trainer.augmentation import PRESETS
from trainer.config import (
    CLASS_WEIGHTS,
    COLORS,
    DISTRIBUTIONS,
    KEEPS,
    OPTIMIZERS,
    POOLINGS,
    SCHEDULES,
    TASKS,
    TrainConfig,
)
from trainer.networks import BACKBONES, BUNDLED

_DEFAULTS = {field.name: field.default for field in fields(TrainConfig)}


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """What the model is made of."""
    group = parser.add_argument_group("model")
    _add(group, "--backbone", choices=tuple(BACKBONES), metavar="NAME", help=f"{', '.join(BACKBONES)} (%(default)s)")
    _add(group, "--alpha", metavar="A", type=float, help="width of the backbone (0.35 for mobilenet-v2, else 1.0)")
    _add(
        group,
        "--image-size",
        metavar="S",
        type=int,
        help=f"height and width of the model's input ({BUNDLED.image_size} with bundled weights, else 224; "
        "of small-cnn and lenet the images' own size if they are small and alike)",
    )
    _add(group, "--color", choices=COLORS, help="grey is for small-cnn and lenet (as the images are)")
    _add(
        group,
        "--weights",
        metavar="imagenet|bundled|none|FILE",
        help="what the backbone starts from: none trains all of it from scratch, FILE is a Keras .h5 without the top, "
        "or an .npz (bundled for 'sample', none for small-cnn and lenet, else imagenet)",
    )
    _add(
        group,
        "--pooling",
        choices=POOLINGS,
        help="of the last feature map; none flattens it (avg; of small-cnn and lenet none)",
    )
    _add(
        group,
        "--levels",
        metavar="N",
        type=int,
        help="how many of the backbone's maps, counted from the last, give features (%(default)s)",
    )
    _add(
        group,
        "--dense-units",
        metavar="N",
        type=int,
        help="a dense layer of N units before the last (%(default)s: none)",
    )
    _add(group, "--dropout", metavar="P", type=float, help="share of features left out in training (%(default)s)")
    _add(group, "--l2", metavar="L", type=float, help="weight decay of the head's dense layers (%(default)s)")


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """What is made of the images."""
    group = parser.add_argument_group("data")
    _add(group, "--task", choices=TASKS, help="what the model decides; auto reads it off the labels (%(default)s)")
    _add(
        group,
        "--data-dir",
        metavar="FOLDER",
        help="where a named data set lies (Keras's cache, then /usr/share/datasets, then the network)",
    )
    _add(group, "--split", metavar="T/V/E", type=_parse_split, help="shares of train, val, test in percent (80/10/10)")
    _add(
        group,
        "--resize",
        metavar="MODE",
        help="how an image becomes square: squash, center-crop[:FRACTION] or letterbox, each with :antialias or "
        "without (%(default)s)",
    )
    _add(
        group,
        "--class-weights",
        choices=CLASS_WEIGHTS,
        help="balanced: classes with few images count as much as the others (%(default)s)",
    )
    _add(
        group,
        "--augment",
        metavar="|".join((*PRESETS, "FILE")),
        help="how training images are varied; FILE is TOML, see docs/training.md (%(default)s)",
    )
    _add(group, "--views", metavar="A", type=int, help="varied views of each image for a frozen backbone (%(default)s)")
    group.add_argument(
        "--no-feature-cache",
        dest="feature_cache",
        action="store_false",
        help="compute the backbone's features anew and do not keep them",
    )
    _add(group, "--feature-cache-mb", metavar="MB", type=int, help="disk for features of all runs (%(default)s)")


def add_fitting_options(parser: argparse.ArgumentParser) -> None:
    """How the weights are found."""
    group = parser.add_argument_group("training")
    _add(
        group, "--epochs", metavar="N", type=_positive, help="how often training images are seen (30; from scratch 12)"
    )
    _add(group, "--batch-size", metavar="B", type=_positive, help="images a step (32; of small-cnn and lenet 64)")
    _add(group, "--optimizer", choices=OPTIMIZERS, help="default: %(default)s")
    _add(group, "--learning-rate", metavar="LR", type=float, help="the highest one (%(default)s)")
    _add(group, "--schedule", choices=SCHEDULES, help="of the learning rate (constant; from scratch cosine)")
    _add(group, "--warmup-epochs", metavar="N", type=int, help="in which cosine rises first (%(default)s)")
    _add(
        group, "--patience", metavar="N", type=int, help="end when val_loss is stuck for N epochs (%(default)s: never)"
    )
    _add(group, "--keep", choices=KEEPS, help="which epoch's weights: the best by val_loss, or the last (%(default)s)")
    _add(
        group, "--label-smoothing", metavar="S", type=float, help="share of a target spread over classes (%(default)s)"
    )
    _add(group, "--fine-tune-epochs", metavar="M", type=int, help="afterwards, of the backbone's top (%(default)s)")
    _add(group, "--fine-tune-layers", metavar="K", type=int, help="how many layers that is (%(default)s)")
    _add(group, "--fine-tune-rate", metavar="F", type=float, help="its learning rate by the head's (%(default)s)")
    _add(group, "--seed", metavar="SEED", type=int, help="of split, first weights and order of images (%(default)s)")
    group.add_argument(
        "--mixed-precision", action="store_true", help="compute in float16 where that is safe; needs a GPU"
    )
    _add(
        group,
        "--distribute",
        choices=DISTRIBUTIONS,
        help="mirrored: all GPUs of this machine; multiworker: the machines in TF_CONFIG (%(default)s)",
    )


def _add(group: Any, option: str, **settings: Any) -> None:
    """Adds an option with the default of its field of TrainConfig."""
    group.add_argument(option, default=_DEFAULTS[option[2:].replace("-", "_")], **settings)


def _positive(text: str) -> int:
    """An argparse type; 0 stands for the usual number only in a TrainConfig."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 up")
    return int(text)


def _parse_split(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(share) for share in text.split("/"))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not three shares like 80/10/10") from error
