"""A TrainConfig goes in; a RUN folder comes out."""

from __future__ import annotations

from trainer.run.training import REPORT_NAME, train

__all__ = ["REPORT_NAME", "train"]
