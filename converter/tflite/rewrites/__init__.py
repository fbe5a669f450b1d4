"""A finished .tflite goes in; the same with 8-bit operators that XNNPACK takes comes out, and what was changed.

XNNPACK leaves some 8-bit operators to the built-in kernels, which cost more than the whole rest of a MobileNetV3. Each
is replaced by operators that XNNPACK takes and that give the same, where that is proven for its own scales. Why, and
what XNNPACK asks, is docs/decisions/0036-operators-back-into-the-delegate.md.
"""

from __future__ import annotations

from converter.tflite.rewrites.change import REWRITTEN, Change, Stays, summarize

__all__ = ["REWRITTEN", "Change", "Stays", "summarize"]
