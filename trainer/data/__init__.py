"""What a user writes as DATA goes in; labelled images, split and free of leaks, come out."""

from __future__ import annotations

from trainer.data.cache import cache_folder
from trainer.data.labels import balanced_weights, choose_task, multi_hot, report_imbalance
from trainer.data.source import DataSource, open_data
from trainer.data.split import Split, split_images

__all__ = [
    "DataSource",
    "Split",
    "balanced_weights",
    "cache_folder",
    "choose_task",
    "multi_hot",
    "open_data",
    "report_imbalance",
    "split_images",
]
