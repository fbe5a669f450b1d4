"""A float model on its workbench goes in; candidates, each measured and judged, and the one to deliver come out."""

from __future__ import annotations

from converter.search.find import Found, find_candidates
from converter.search.take import Taken, take_best
from converter.search.workbench import Workbench

__all__ = ["Found", "Taken", "Workbench", "find_candidates", "take_best"]
