"""The names of a model's classes: what they may be, the files that hold them, folders that are named by them."""

from __future__ import annotations

from edge_runtime.contracts.labels.files import MAX_LABEL_FILE_BYTES, parse_label_file
from edge_runtime.contracts.labels.matching import match_classes
from edge_runtime.contracts.labels.rules import MAX_LABELS, validate_labels

__all__ = ["MAX_LABELS", "MAX_LABEL_FILE_BYTES", "match_classes", "parse_label_file", "validate_labels"]
