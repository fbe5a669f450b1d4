"""Trains once for each fold of the data and says how well the models do on the folds they have not seen.

    python -m tools.cross_validate ../shared/data/trashnet --folds 5 --json folds.json --epochs 20 --weights imagenet

What follows is given to edge-train. A fold has every class in its share; images that show the same lie in one fold.
The validation part, for early stopping and thresholds, is cut from the other folds. Where images are few, another way
to cut the folds changes the mean: --repeats cuts them anew, with the next seed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from edge_runtime.console.files import write_text
from trainer import TrainConfig, train
from trainer.cli import parse_config
from trainer.data.labels import multi_hot
from trainer.data.leaks.screen import screen
from trainer.data.source import DataSource, open_data
from trainer.data.split import groups_of


def iterate_folds(source: DataSource, folds: int, seed: int) -> Iterator[DataSource]:
    """The data once for each fold, with that fold as its test part."""
    from iterstrat.ml_stratifiers import MultilabelStratifiedKFold

    groups = groups_of(source)
    labels = [source.images.labels[group[0]] for group in groups]
    shown = multi_hot(labels, len(source.images.classes))
    splitter = MultilabelStratifiedKFold(folds, shuffle=True, random_state=seed)
    for _, held_out in splitter.split(shown, shown):
        parts: list[str | None] = [None] * len(source.images)
        for group in held_out:
            for index in groups[group]:
                parts[index] = "test"
        yield replace(source, parts=tuple(parts))


def cross_validate(config: TrainConfig, folds: int) -> list[float]:
    """The figure of each fold: micro-F1 of a multi-label task, else accuracy."""
    import keras

    source = screen(open_data(config.data, config.data_dir))
    source = replace(source, parts=(None,) * len(source.images))
    figures = []
    for number, fold in enumerate(iterate_folds(source, folds, config.seed), 1):
        with tempfile.TemporaryDirectory() as folder:
            metrics = train(config, Path(folder) / "run", source=fold).metrics
        keras.utils.clear_session()
        figures.append(metrics.get("micro_f1", metrics["accuracy"]))
        print(f"seed {config.seed}, fold {number}: {figures[-1]:.4f} on {fold.parts.count('test')} images", flush=True)
    return figures


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", metavar="DATA", help="as for edge-train")
    parser.add_argument("--folds", type=int, default=5, metavar="K", help="how many (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=1, metavar="R", help="how often (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    options, rest = parser.parse_known_args()
    config = parse_config([options.data, "--out", "unused", *rest])
    repeats = []
    for number in range(options.repeats):
        repeats.append(cross_validate(replace(config, seed=config.seed + number), options.folds))
        print(f"seed {config.seed + number}: mean {statistics.mean(repeats[-1]):.4f}", flush=True)
    figures = [figure for repeat in repeats for figure in repeat]
    mean, spread = statistics.mean(figures), statistics.stdev(figures)
    print(f"mean {mean:.4f}, standard deviation {spread:.4f}, lowest {min(figures):.4f}, highest {max(figures):.4f}")
    if options.json:
        write_text(options.json, json.dumps({"figures": repeats, "mean": mean, "standard_deviation": spread}))


if __name__ == "__main__":
    main()
