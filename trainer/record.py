"""What a training run gathers on its way, and the TrainingRecord made of it."""

from __future__ import annotations

import dataclasses
import platform
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib import import_module
from typing import Any

from edge_runtime.contracts.command import DISTRIBUTION, tool_version
from edge_runtime.contracts.dataset import LabelledImages
from edge_runtime.contracts.preprocessing import PreprocessSpec
from edge_runtime.contracts.training import DataRecord, LabelledName, TrainingRecord
from trainer.config import TrainConfig
from trainer.data.split import Split
from trainer.objective import Objective

History = dict[str, tuple[float, ...]]
"""For each figure ("loss", "accuracy", "val_loss", "val_accuracy") its value after each epoch."""

_PACKAGES = {"numpy": "numpy", "pillow": "PIL", "tensorflow": "tensorflow", "keras": "keras", "scikit-learn": "sklearn"}
"""For each package on record the module that knows its version."""


@dataclass(frozen=True, eq=False)
class PreparedData:
    """Images that can all be decoded, split.

    Attributes:
        split: for each part the indices of its images.
        objective: what is trained for.
        spec: the preprocessing before the backbone.
    """

    images: LabelledImages
    split: Split
    objective: Objective
    spec: PreprocessSpec

    def part(self, name: str) -> LabelledImages:
        """The images of "train", "val" or "test"."""
        return self.images.subset(self.split[name])


class Phases:
    """How long each phase took, in seconds, and the history of those that train."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.history: dict[str, History] = {}

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Measures the block as the phase ``name``."""
        started = time.perf_counter_ns()
        yield
        self.seconds[name] = round((time.perf_counter_ns() - started) / 1e9, 3)


def make_record(
    config: TrainConfig, data: PreparedData, metrics: Mapping[str, Any], thresholds: Sequence[float], phases: Phases
) -> TrainingRecord:
    """Returns what ``training.json`` holds; ``metrics`` are those of the test part."""
    images = data.images
    split = {
        part: tuple(LabelledName(images.names[index], images.labels[index]) for index in indices)
        for part, indices in data.split.items()
    }
    return TrainingRecord(
        created_utc=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        task=data.objective.task,
        classes=images.classes,
        activation="none",  # the model ends in softmax or sigmoid
        preprocessing=data.spec,
        data=DataRecord(str(images.root), images.fingerprint, split),
        config=dataclasses.asdict(config),
        history=phases.history,
        metrics=metrics,
        seconds=phases.seconds,
        thresholds=tuple(thresholds),
        versions={
            DISTRIBUTION: tool_version(),
            "python": platform.python_version(),
            **{package: import_module(module).__version__ for package, module in _PACKAGES.items()},
        },
    )
