"""AugmentOptions: the part of TrainConfig that says how images are varied and what of them is kept."""

from __future__ import annotations

from dataclasses import dataclass

from trainer.augmentation import read_augmentation
from trainer.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class AugmentOptions:
    """How training images are varied, and what is kept of them.

    Attributes:
        augment: "none", "light", "strong" or the path of a TOML file (``trainer.augmentation.settings``).
        views: how many varied views of each training image a frozen backbone is shown, beside the image itself.
        feature_cache: whether the backbone's features are kept on disk for the next run.
        feature_cache_mb: how much disk, in MiB, features may take; those not used for longest go first.
    """

    augment: str = "none"
    views: int = 4
    feature_cache: bool = True
    feature_cache_mb: int = 4096

    def check_augment(self) -> None:
        """Refuses what cannot work.

        Raises:
            ConfigError: the message names the field, or the file and what is wrong in it.
        """
        read_augmentation(self.augment)
        for name, lowest in (("views", 1), ("feature_cache_mb", 0)):
            if getattr(self, name) < lowest:
                raise ConfigError(f"{name} {getattr(self, name)} is below {lowest}")
