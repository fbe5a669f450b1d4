"""What a user writes as DATA goes in; labelled images, split and free of leaks, come out."""

from __future__ import annotations

from trainer.data.labels import multi_hot
from trainer.data.prepared import PreparedData, prepare_data
from trainer.data.source import DataSource, open_data

__all__ = [
    "DataSource",
    "PreparedData",
    "multi_hot",
    "open_data",
    "prepare_data",
]
