"""The lean runtime: frames in, labels out, on a device.

from edge_runtime import Classifier

with Classifier("model.tflite") as classifier:
    result = classifier.classify(frame_rgb)  # uint8 (height, width, 3), RGB
    print(result.categories[0].label, result.categories[0].score)
"""

from __future__ import annotations

from edge_runtime.classifier import Classifier
from edge_runtime.contracts.results import Category, ClassificationResult, Frame, FrameResult
from edge_runtime.errors import EdgeDeployError, EdgeRuntimeError
from edge_runtime.preprocess import decode_image, read_image

__all__ = [
    "Category",
    "ClassificationResult",
    "Classifier",
    "EdgeDeployError",
    "EdgeRuntimeError",
    "Frame",
    "FrameResult",
    "decode_image",
    "read_image",
]
