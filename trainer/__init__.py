"""Trains image classifiers for small devices.

    from trainer import TrainConfig, train
    record = train(TrainConfig("photos"), Path("run"))

Importing this package costs little; TensorFlow is imported when a training starts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainer.config.train_config import TrainConfig

if TYPE_CHECKING:
    from trainer.run.training import train

__project__ = "a package of edge-deploy-kit"

__all__ = ["TrainConfig", "train"]


def __getattr__(name: str) -> Any:
    if name == "train":
        from trainer.run.training import train

        return train
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
