"""The lean runtime: frames in, labels out, on a device.

from edge_runtime import Classifier

with Classifier("model.tflite") as classifier:
    result = classifier.classify(frame_rgb)  # uint8 (height, width, 3), RGB
    if result.best:  # None where no class reaches its threshold
        print(result.best.label, result.best.score)

The names below are imported when they are first used: edge-doctor must start where numpy is missing or broken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge_runtime.contracts.results import (
        Category,
        ClassificationResult,
        Frame,
        FrameFailure,
        FrameResult,
        LabelEvent,
    )
    from edge_runtime.errors import EdgeDeployError, EdgeRuntimeError
    from edge_runtime.inference.classifier import Classifier
    from edge_runtime.model.sample import sample_model, sample_photos
    from edge_runtime.preprocess import decode_image, read_image
    from edge_runtime.run.pipeline import run_pipeline
    from edge_runtime.sinks import open_sink
    from edge_runtime.sinks.callback import CallbackSink
    from edge_runtime.sources import open_source

__project__ = "a package of edge-deploy-kit"

__all__ = [
    "CallbackSink",
    "Category",
    "ClassificationResult",
    "Classifier",
    "EdgeDeployError",
    "EdgeRuntimeError",
    "Frame",
    "FrameFailure",
    "FrameResult",
    "LabelEvent",
    "decode_image",
    "open_sink",
    "open_source",
    "read_image",
    "run_pipeline",
    "sample_model",
    "sample_photos",
]

_HOMES = {
    "edge_runtime.inference.classifier": ("Classifier",),
    "edge_runtime.contracts.results": (
        "Category",
        "ClassificationResult",
        "Frame",
        "FrameFailure",
        "FrameResult",
        "LabelEvent",
    ),
    "edge_runtime.errors": ("EdgeDeployError", "EdgeRuntimeError"),
    "edge_runtime.run.pipeline": ("run_pipeline",),
    "edge_runtime.preprocess": ("decode_image", "read_image"),
    "edge_runtime.model.sample": ("sample_model", "sample_photos"),
    "edge_runtime.sinks": ("open_sink",),
    "edge_runtime.sinks.callback": ("CallbackSink",),
    "edge_runtime.sources": ("open_source",),
}

if not TYPE_CHECKING:  # a type checker would take it for a promise that every name is there

    def __getattr__(name: str) -> object:
        from importlib import import_module

        for module, names in _HOMES.items():
            if name in names:
                value = globals()[name] = getattr(import_module(module), name)
                return value
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
