"""Images and a frozen backbone go in; features, computed once and kept on disk, come out.

``extractor`` imports TensorFlow when it is loaded.
"""

from __future__ import annotations

from trainer.features.store import FeatureRows

__all__ = ["FeatureRows"]
