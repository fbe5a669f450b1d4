"""The converter's errors.

EdgeDeployError                 (edge_runtime.contracts.errors)
└── ConverterError
    ├── ConfigError             a configuration that cannot work; the command ends with exit code 2
    ├── SourceError             a MODEL that cannot be read, or whose parts do not fit one another
    │   └── LoadError           the library that its kind is loaded with cannot load it; another version may
    ├── DataError               images that cannot calibrate or evaluate it
    ├── ConversionError         a converter cannot convert the model
    │   └── TargetError         the converted model does not run where it is meant to
    ├── NotApplicableError      a repair that this model's architecture does not allow; the ladder goes on without
    ├── ExportError             a file that cannot be exported
    └── GateRefusedError        (converter.results) the converted model lost too much; exit code 3
"""

from __future__ import annotations

from edge_runtime.contracts.errors import EdgeDeployError


class ConverterError(EdgeDeployError):
    """Anything the converter raises on purpose."""


class ConfigError(ConverterError, ValueError):
    """A configuration that cannot work; the message names the field."""

    exit_code = 2


class SourceError(ConverterError):
    """A MODEL that cannot be read, or whose parts do not fit one another."""


class LoadError(SourceError):
    """The library that its kind is loaded with cannot load it; another version may."""


class DataError(ConverterError):
    """Images that cannot calibrate or evaluate a model."""


class ConversionError(ConverterError):
    """A converter cannot convert the model."""


class NotApplicableError(ConverterError):
    """A repair that this model's architecture does not allow; the message is the reason."""


class TargetError(ConversionError):
    """The converted model does not run on the target; the message names the operator and the layer."""


class ExportError(ConverterError):
    """A file that cannot be exported."""


def first_line(error: Exception) -> str:
    """The first line of what a library says went wrong; its name where it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
