"""A float model on its workbench goes in; candidates, each measured and judged, and the one to deliver come out."""

from __future__ import annotations

from converter.search.find import Found, find_candidates
from converter.search.workbench import Workbench

__all__ = ["Found", "Workbench", "find_candidates"]
