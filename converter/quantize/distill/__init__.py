"""A quantized file, its float file and images go in; the same file with better integers comes out, no labels needed."""

from __future__ import annotations

from converter.quantize.distill.distillation import Distilled, Settings, distilled

__all__ = ["Distilled", "Settings", "distilled"]
