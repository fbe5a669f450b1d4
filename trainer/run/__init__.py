"""A TrainConfig goes in; a RUN folder comes out."""

from __future__ import annotations

from trainer.run.training import train

__all__ = ["train"]
