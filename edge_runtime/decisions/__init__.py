"""Scores of single frames go in; what is there, and since when, comes out.

smoothing   scores of several frames become one: mean, exponential
detection   which labels a frame shows: thresholds, or hysteresis
presence    which labels count as there, once that has lasted; entered and left
decider     all of it, applied to results
region      the part of a frame that is looked at
"""

from __future__ import annotations

from edge_runtime.decisions.region import REGION_FORM, Region, parse_region
from edge_runtime.decisions.settings import SMOOTH_FORMS, DecisionSettings, check_smooth

__all__ = ["REGION_FORM", "SMOOTH_FORMS", "DecisionSettings", "Region", "check_smooth", "parse_region"]
