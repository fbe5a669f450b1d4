"""The bytes of a .tflite go in; what it says about itself, and how to feed and read it, come out. No interpreter."""

from __future__ import annotations

from edge_runtime.model.contract import ModelContract, resolve_contract
from edge_runtime.model.file import (
    METADATA_NAME,
    MODEL_SUFFIXES,
    ModelFile,
    flatbuffer_size,
    read_associated_files,
    read_model_file,
)
from edge_runtime.model.flatbuffer import FlatTable
from edge_runtime.model.image_input import read_image_input
from edge_runtime.model.operators import custom_operators, edge_tpu_advice
from edge_runtime.model.sample import SAMPLE, find_model, is_sample, sample_photos
from edge_runtime.model.says import UserSays
from edge_runtime.model.scores_output import ModelOutput, choose_output
from edge_runtime.model.trust import check_manifest_sha256, check_sha256, file_sha256

__all__ = [
    "METADATA_NAME",
    "MODEL_SUFFIXES",
    "SAMPLE",
    "FlatTable",
    "ModelContract",
    "ModelFile",
    "ModelOutput",
    "UserSays",
    "check_manifest_sha256",
    "check_sha256",
    "choose_output",
    "custom_operators",
    "edge_tpu_advice",
    "file_sha256",
    "find_model",
    "flatbuffer_size",
    "is_sample",
    "read_associated_files",
    "read_image_input",
    "read_model_file",
    "resolve_contract",
    "sample_photos",
]
