"""Prepared data go in; the batches of each epoch come out.

The order depends on seed and epoch alone, so a phase can be resumed. Importing it imports TensorFlow.
"""

from __future__ import annotations

from trainer.fit.feeds.base import Feed
from trainer.fit.feeds.features import FeatureFeed, feature_feeds
from trainer.fit.feeds.images import ImageFeed, image_feeds

__all__ = ["FeatureFeed", "Feed", "ImageFeed", "feature_feeds", "image_feeds"]
