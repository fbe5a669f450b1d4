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

import re
from collections.abc import Iterator
from contextlib import contextmanager

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


_LONGEST = 200
"""Of what is quoted from a library: a path and our own words stand beside it in one line."""
_SHOWN_OPERATORS = 3
_OPERATORS = re.compile(r"(?:TF Select|Custom) ops: ([\w., ]+)")
_NOISE = re.compile(r"\x1b\[[0-9;]*m|\{\{[^}]*\}\}|<unknown>:0: |^(?:error|note): ")
_SAYS_NOTHING = re.compile(
    r"in user code:|Exception encountered when calling|Graph execution error|Detected at node|Traceback \(most recent|"
    r"Arguments received by|\s*File \"|Could not translate MLIR"
)
_RAISED = re.compile(r"\s*(?:[\w.]+\.)?\w*(?:Error|Exception): (\S.*)")


@contextmanager
def library_failures(what: str, kind: type[ConverterError] = ConversionError) -> Iterator[None]:
    """Makes one clear line, "``what``: why", of whatever a library raises inside; our own errors pass as they are.

    Args:
        what: was not possible, and of which file where that is known.
        kind: of the error that is raised instead; the library's own is its cause, for ``--log-level debug``.
    """
    try:
        yield
    except EdgeDeployError:
        raise
    except Exception as error:  # on what they do not know, libraries raise nearly anything
        raise kind(f"{what}: {first_line(error)}") from error


def first_line(error: Exception) -> str:
    """The line that tells what a library says went wrong, cut where it is long; its name where it says nothing."""
    text = str(error).strip()
    names = sorted({name for found in _OPERATORS.findall(text) for name in re.findall(r"[\w.]+", found)})
    if names:
        more = f" and {len(names) - _SHOWN_OPERATORS} more" if len(names) > _SHOWN_OPERATORS else ""
        listed = ", ".join(f"tf.{name}" for name in names[:_SHOWN_OPERATORS])
        return f"the model uses {listed}{more}, which TFLite has no operator for; replace it in the model"
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return f"not enough memory ({shortened(_telling(text) or type(error).__name__)})"
    if isinstance(error, LookupError | AttributeError) or not text:  # their texts alone say little: "0"
        return shortened(f"{type(error).__name__} {_telling(text)}".strip())
    return shortened(_telling(text))


def _telling(text: str) -> str:
    """Of TensorFlow's and Keras' many lines the one that tells: what was raised inside, else the first with a word."""
    lines = [_NOISE.sub("", line).strip() for line in text.splitlines()]
    raised = [found[1] for found in map(_RAISED.fullmatch, lines) if found]
    if raised and _SAYS_NOTHING.match(lines[0]):
        return raised[-1]
    return next(
        (line for line in lines if re.search(r"\w", line) and not _SAYS_NOTHING.match(line)), "".join(lines[:1])
    )


def shortened(line: str) -> str:
    """``line``, cut where it is too long to be quoted."""
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1].rstrip()}…"
