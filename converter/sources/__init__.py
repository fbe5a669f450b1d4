"""What MODEL may be: a RUN folder, a Keras file, a SavedModel, a float .tflite; each becomes a :class:`FloatModel`."""

from __future__ import annotations

from converter.sources.base import FloatModel, KerasModel
from converter.sources.source import Source, load_source, open_source

__all__ = ["FloatModel", "KerasModel", "Source", "load_source", "open_source"]
