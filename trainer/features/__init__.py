"""Images and a frozen backbone go in; features, computed once and kept on disk, come out.

``extractor`` imports TensorFlow when it is loaded.
"""

from __future__ import annotations

from trainer.features.rows import FeatureRows
from trainer.features.scale import Scale

__all__ = ["FeatureRows", "Scale"]
