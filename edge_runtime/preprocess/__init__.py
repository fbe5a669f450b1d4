"""The reference implementation of PreprocessSpec. Everyone uses this one: trainer, calibration, evaluation, device.

read_image / decode_image   a file or its bytes -> uint8 RGB frame
Preprocessor                a frame -> the numbers in a model's input tensor
normalization               its last step alone, for pixels that are resized already
"""

from __future__ import annotations

from edge_runtime.preprocess.decode import MAX_FILE_BYTES, decode_image, read_image
from edge_runtime.preprocess.preprocessor import Preprocessor, check_frame, normalization, quantization_table
from edge_runtime.preprocess.resize import resample, resize_frame

__all__ = [
    "MAX_FILE_BYTES",
    "Preprocessor",
    "check_frame",
    "decode_image",
    "normalization",
    "quantization_table",
    "read_image",
    "resample",
    "resize_frame",
]
