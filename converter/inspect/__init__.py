"""Any .tflite goes in; what it says about itself comes out. Needs no TensorFlow."""

from __future__ import annotations

from converter.inspect.cli import make_inspect_parser, run_inspect

__all__ = ["make_inspect_parser", "run_inspect"]
