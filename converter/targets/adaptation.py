"""Fits the making of a file to where it is to run."""

from __future__ import annotations

from dataclasses import replace

from converter.errors import NotApplicableError
from converter.quantize import DYNAMIC, FLOAT32, Edges, Variant
from converter.targets.table import MICRO, TFLITE_RUNTIME, Target


def adapt(variant: Variant, target: Target) -> Variant:
    """The variant as the target takes it. Float32, with which all others are compared, is left as it is.

    Raises:
        NotApplicableError: the target does not take the recipe.
    """
    if variant.recipe is FLOAT32:
        return variant
    if not target.takes(variant.recipe.name):
        raise NotApplicableError(f"target {target.name} takes {' or '.join(target.recipes)}")
    if target.edges is not None:
        variant = replace(variant, edges=Edges(target.edges, target.edges))
    if target is TFLITE_RUNTIME and variant.recipe is DYNAMIC:  # it lacks FULLY_CONNECTED version 12
        variant = replace(variant, dense_per_channel=False)
    if target in (MICRO, TFLITE_RUNTIME):  # they compute int8 without XNNPACK; see decision 36
        variant = replace(variant, for_xnnpack=False)
    return variant
