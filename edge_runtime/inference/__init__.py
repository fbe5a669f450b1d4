"""A model file and frames go in; categories come out: preprocessing, a backend and postprocessing joined."""

from __future__ import annotations

from edge_runtime.inference.classifier import DEFAULT_TOP_K, Classifier, ModelInput
from edge_runtime.inference.postprocess import Scores, activate, both_classes, dequantize, top_categories
from edge_runtime.inference.self_test import make_test_pattern
from edge_runtime.inference.settle import Meaning, make_frames, read_meaning, settle, settled_by, tell_guesses
from edge_runtime.inference.tuning import TunedSetting, Tuning, tuning_path

__all__ = [
    "DEFAULT_TOP_K",
    "Classifier",
    "Meaning",
    "ModelInput",
    "Scores",
    "TunedSetting",
    "Tuning",
    "activate",
    "both_classes",
    "dequantize",
    "make_frames",
    "make_test_pattern",
    "read_meaning",
    "settle",
    "settled_by",
    "tell_guesses",
    "top_categories",
    "tuning_path",
]
