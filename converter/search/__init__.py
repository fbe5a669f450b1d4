"""A float model on its workbench goes in; candidates, each measured and judged, and the one to deliver come out."""

from __future__ import annotations

from converter.search.search import Found, search
from converter.search.workbench import Workbench

__all__ = ["Found", "Workbench", "search"]
