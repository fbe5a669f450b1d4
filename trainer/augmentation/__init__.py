"""Settings and images go in; varied images come out. ``layers`` imports Keras when it is loaded."""

from __future__ import annotations

from trainer.augmentation.settings import PRESETS, Augmentation, read_augmentation

__all__ = ["PRESETS", "Augmentation", "read_augmentation"]
