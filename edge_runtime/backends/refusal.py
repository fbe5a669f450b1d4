"""Why an interpreter does not take a model, and what to do: its own words name a C++ type and a web page."""

from __future__ import annotations

import re
from pathlib import Path

from edge_runtime.console.command import logger
from edge_runtime.console.distribution import install_command
from edge_runtime.errors import BackendError, ModelFileError
from edge_runtime.model import custom_operators, edge_tpu_advice

_UNRESOLVED = re.compile(r"unresolved custom op: (\S+?)\.?(?:\s|$)")
_FLEX = re.compile(r"\b(Flex[A-Z]\w+)")
_TOO_NEW = re.compile(r"Didn't find op for builtin opcode '(\w+)' version '(\d+)'")
_OF_MEDIAPIPE = {
    "Convolution2DTransposeBias", "Landmarks2TransformMatrix", "Landmarks2TransformMatrixV2", "MaxPoolingWithArgmax2D",
    "MaxUnpooling2D", "TransformLandmarks", "TransformTensorBilinear",
}  # fmt: skip
_WITH_REASONS = ("litert", "tflite-runtime")
"""The backends that say why; the others only log it."""
_MOST_LETTERS = 200


def refuse_custom_operators(path: Path, backend: str, version: str) -> None:
    """Refuses a model with custom operators, for a backend that would take it and fail at the first frame.

    Raises:
        BackendError: it has one.
    """
    if _read_about(path)[0]:
        raise refuse_model(path, backend, version, "custom operators")


def refuse_model(path: Path, backend: str, version: str, said: str) -> BackendError:
    """The error to raise where an interpreter does not take ``path``; all of what it said is logged for debugging."""
    reason = " ".join(said.split())
    logger.debug("%s: %s: %s", path, backend, reason)
    explained = _explain(path, backend, reason)
    return BackendError(f"{path}: {backend} {version} cannot load it: {explained}")


def _explain(path: Path, backend: str, reason: str) -> str:
    custom, edge_tpu = _read_about(path)
    if edge_tpu:
        return edge_tpu
    if too_new := _TOO_NEW.search(reason):
        return f"its operator {too_new[1]} has version {too_new[2]}, which is newer; {_newer(backend)}"
    named = _FLEX.search(reason) or _UNRESOLVED.search(reason)
    operators = (named[1],) if named else custom
    if operators:
        return _of_others(operators[0])
    hint = "see edge-doctor" if backend in _WITH_REASONS else "--backend litert says why"
    return f"{reason[:_MOST_LETTERS]}; {hint}"


def _read_about(path: Path) -> tuple[tuple[str, ...], str]:
    """Its custom operators, and what to do with it where it is for the Edge TPU."""
    try:
        return custom_operators(path), edge_tpu_advice(path)
    except ModelFileError:  # it changed since it was read
        return (), ""


def _newer(backend: str) -> str:
    if backend == "tflite-runtime":
        return f"convert with edge-convert --target tflite-runtime, or {install_command('litert')}"
    return f"update the interpreter: {install_command('litert').replace('install', 'install --upgrade')}"


def _of_others(operator: str) -> str:
    if operator.startswith("Flex"):
        name = operator.removeprefix("Flex")
        return f"it needs TensorFlow's operator {name}: convert it without SELECT_TF_OPS, in a graph without {name}"
    if operator in _OF_MEDIAPIPE:
        return f"it needs MediaPipe's own operator {operator}, which only MediaPipe runs; name another model"
    return f"it needs the custom operator {operator}, which only its maker's program has; name a model without it"
