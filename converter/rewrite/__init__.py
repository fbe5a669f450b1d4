"""A quantized .tflite of any origin goes in; the same with operators that XNNPACK takes comes out. No TensorFlow."""

from __future__ import annotations

from converter.rewrite.cli import make_rewrite_parser, run_rewrite

__all__ = ["make_rewrite_parser", "run_rewrite"]
