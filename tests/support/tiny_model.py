"""Builds a .tflite of a few hundred bytes that tells red, green and blue frames apart, without TensorFlow.

The graph averages each channel over the image; optionally a softmax or a sigmoid follows. So its answer can be worked
out by hand, and a wrong channel order, normalisation or quantisation shows at once.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from edge_runtime.contracts.manifest import MANIFEST_NAME, ModelManifest, Provenance
from edge_runtime.contracts.preprocessing import PreprocessSpec
from edge_runtime.model.file import read_model_file, weights_sha256

TYPES = {"float32": schema.TensorType.FLOAT32, "uint8": schema.TensorType.UINT8, "int8": schema.TensorType.INT8}
LABELS = ("red", "green", "blue")


def write_tiny_model(
    path: Path,
    *,
    dtype: str = "float32",
    activation: str = "softmax",
    size: tuple[int, int] = (6, 8),
    channels: int = 3,
    input_quantization: tuple[float, int] | None = (1 / 128, 128),
    outputs: int = 1,
) -> Path:
    """Writes the model; with ``outputs`` above 1 it is no classifier any more."""
    height, width = size
    image = _tensor("image", (1, height, width, channels), dtype, input_quantization)
    pooled = _tensor("pooled", (1, 1, 1, channels), dtype, input_quantization)
    tensors, operators, codes = [image, pooled], [_pool(height, width)], [schema.BuiltinOperator.AVERAGE_POOL_2D]
    if activation != "none":
        output_quantization = (1 / 256, -128 if dtype == "int8" else 0)
        tensors.append(_tensor("scores", (1, 1, 1, channels), dtype, output_quantization))
        operators.append(_activation(activation))
        codes.append(schema.BuiltinOperator.SOFTMAX if activation == "softmax" else schema.BuiltinOperator.LOGISTIC)
    graph = schema.SubGraphT()
    graph.tensors, graph.operators = tensors, operators
    graph.inputs, graph.outputs = [0], list(range(len(tensors) - outputs, len(tensors)))
    model = schema.ModelT()
    model.version = 3
    model.subgraphs = [graph]
    model.buffers = [schema.BufferT()]
    model.operatorCodes = [_code(code) for code in codes]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    path.write_bytes(bytes(builder.Output()))
    return path


def write_packed_model(path: Path, task: str = "single-label", thresholds: tuple[float, ...] = ()) -> Path:
    """Writes a float model with labels, preprocessing and all in its manifest; scores are of ``pixel / 25.5 - 5``."""
    write_tiny_model(path, activation="softmax" if task == "single-label" else "logistic")
    bare = read_model_file(path)
    manifest = ModelManifest(
        name="colours",
        task=task,
        labels=LABELS,
        preprocessing=PreprocessSpec(6, 8, mean=(127.5,), std=(25.5,)),
        input=bare.input,
        output=bare.output,
        recipe="float32",
        weights_sha256=weights_sha256(path),
        provenance=Provenance("2026-01-01T00:00:00Z", {}, "f" * 64, {}),
        thresholds=thresholds,
    )
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(MANIFEST_NAME, manifest.to_json())
    return path


def solid_frame(color: tuple[int, int, int], size: tuple[int, int] = (6, 8)) -> np.ndarray:
    """A frame of one colour."""
    return np.full((*size, 3), color, np.uint8)


def _tensor(name: str, shape: tuple[int, ...], dtype: str, quantization: tuple[float, int] | None) -> schema.TensorT:
    tensor = schema.TensorT()
    tensor.name, tensor.shape, tensor.type = name, list(shape), TYPES[dtype]
    if dtype != "float32" and quantization is not None:
        tensor.quantization = schema.QuantizationParametersT()
        tensor.quantization.scale, tensor.quantization.zeroPoint = [quantization[0]], [quantization[1]]
    return tensor


def _pool(height: int, width: int) -> schema.OperatorT:
    options = schema.Pool2DOptionsT()
    options.padding = schema.Padding.VALID
    options.filterHeight, options.filterWidth, options.strideH, options.strideW = height, width, 1, 1
    operator = schema.OperatorT()
    operator.inputs, operator.outputs = [0], [1]
    operator.builtinOptionsType, operator.builtinOptions = schema.BuiltinOptions.Pool2DOptions, options
    return operator


def _activation(name: str) -> schema.OperatorT:
    operator = schema.OperatorT()
    operator.opcodeIndex, operator.inputs, operator.outputs = 1, [1], [2]
    if name == "softmax":
        operator.builtinOptionsType = schema.BuiltinOptions.SoftmaxOptions
        operator.builtinOptions = schema.SoftmaxOptionsT()
        operator.builtinOptions.beta = 1.0
    return operator


def _code(code: int) -> schema.OperatorCodeT:
    entry = schema.OperatorCodeT()
    entry.builtinCode = entry.deprecatedBuiltinCode = code
    entry.version = 1
    return entry
