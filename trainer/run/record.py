"""The TrainingRecord of a training run: what ``training.json`` holds."""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Mapping
from datetime import datetime, timezone
from importlib import import_module
from typing import Any

from edge_runtime.console.command import tool_version
from edge_runtime.contracts.training import DataRecord, LabelledName, TrainingRecord
from edge_runtime.contracts.version import DISTRIBUTION
from trainer.config import TrainConfig
from trainer.data import PreparedData
from trainer.fit import PhaseLog

_PACKAGES = {"numpy": "numpy", "pillow": "PIL", "tensorflow": "tensorflow", "keras": "keras", "scikit-learn": "sklearn"}
"""For each package on record the module that knows its version."""


def make_record(config: TrainConfig, data: PreparedData, metrics: Mapping[str, Any], log: PhaseLog) -> TrainingRecord:
    """Returns what ``training.json`` holds; ``metrics`` are those of the test part."""
    images = data.images
    split = {
        part: tuple(LabelledName(images.names[index], images.labels[index]) for index in indices)
        for part, indices in data.split.items()
    }
    return TrainingRecord(
        created_utc=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        task=data.task,
        classes=images.classes,
        activation="none",  # the model ends in softmax or sigmoid
        preprocessing=data.spec,
        data=DataRecord(str(images.root), images.fingerprint, split),
        config=dataclasses.asdict(config),
        history=log.history,
        metrics=metrics,
        seconds=log.seconds,
        thresholds=tuple(metrics.get("thresholds", ())),
        versions={
            DISTRIBUTION: tool_version(),
            "python": platform.python_version(),
            **{package: import_module(module).__version__ for package, module in _PACKAGES.items()},
        },
    )
