"""A float model goes in; candidates, each measured, and the one to deliver come out."""

from __future__ import annotations

from converter.search.choose import choose

__all__ = ["choose"]
