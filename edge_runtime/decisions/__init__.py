"""Decisions over time: from the scores of single frames to what is there, and since when.

smoothing   scores of several frames become one: mean, exponential
detection   which labels a frame shows: thresholds, or hysteresis
presence    which labels count as there, once that has lasted; entered and left
decider     all of it, applied to results
region      the part of a frame that is looked at
"""
