"""The runtime's errors.

EdgeDeployError                 (contracts.errors)
├── ContractError               a manifest, specification or label file that says something impossible
└── EdgeRuntimeError
    ├── ImageError              an image that cannot be decoded, or is too large
    ├── ModelFileError          a file that is no .tflite, or no image classifier
    ├── BackendError            an interpreter that is missing, or fails
    ├── SourceError             a source of frames that cannot be opened
    │   ├── SourceOptionError   an option that it does not take
    │   └── DeviceHeldError     a device that this process can neither use nor free
    └── SinkError               a sink that cannot be opened or written
"""

from __future__ import annotations

from edge_runtime.contracts.errors import ContractError, EdgeDeployError

__all__ = [
    "BackendError",
    "ContractError",
    "DeviceHeldError",
    "EdgeDeployError",
    "EdgeRuntimeError",
    "ImageError",
    "ModelFileError",
    "SinkError",
    "SourceError",
    "SourceOptionError",
]


class EdgeRuntimeError(EdgeDeployError):
    """Anything the runtime raises on purpose."""


class ImageError(EdgeRuntimeError):
    """An image that cannot be decoded, or is larger than allowed."""


class ModelFileError(EdgeRuntimeError):
    """A file that is no .tflite, is damaged, or is no image classifier."""


class BackendError(EdgeRuntimeError):
    """An interpreter that is not installed, does not take the model, or fails."""


class SourceError(EdgeRuntimeError):
    """A source of frames that cannot be opened."""


class SourceOptionError(SourceError):
    """An option that a source does not take, or a value that the option does not take."""

    exit_code = 2


class DeviceHeldError(SourceError):
    """A device that this process can neither use nor free: a new process can."""


class SinkError(EdgeRuntimeError):
    """A sink that cannot be opened or written."""
