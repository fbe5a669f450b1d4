"""A float .tflite as a float model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from converter.errors import SourceError, first_line
from converter.models.base import FloatModel, refuse_signature
from converter.quantize import TFLiteConversion
from converter.tflite import read_graphs, read_model
from converter.tflite.float16 import fold_float16
from converter.tflite.packing import unpack_model, write_model
from converter.tflite.plain import make_plain
from converter.tflite.rewrites.rewrite import find_changes
from edge_runtime.console.native import native_output_as_debug
from edge_runtime.model import METADATA_NAME, ModelFile, UserSays, read_model_file

_INTEGERS = ("int8", "uint8", "int16", "int4", "uint4", "int2")


class TFLiteFloatModel(FloatModel):
    """A float .tflite, without its metadata and associated files."""

    def __init__(self, own_file: ModelFile, content: bytes, image_shape: tuple[int, int, int]) -> None:
        """Takes what a file says of itself, and the bare model in it.

        Raises:
            SourceError: the interpreter does not take it.
        """
        self.path = path = own_file.path
        self.own_file = own_file
        self.image_shape = image_shape
        self.output_shape = (1, own_file.output.shape[-1])
        self._content = content
        try:
            with native_output_as_debug(2):
                self._interpreter = Interpreter(model_content=content)
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise SourceError(f"{path}: the interpreter cannot load it: {first_line(error)}") from error

    @classmethod
    def load(cls, path: Path, said: UserSays, signature: str | None) -> TFLiteFloatModel:
        """See :class:`FloatModel`."""
        refuse_signature(path, signature)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise SourceError(f"{path}: cannot read: {error.strerror}; copy it again") from error
        _refuse_quantized(content, path)
        own_file = read_model_file(path, said)
        try:
            plain = make_plain(content, own_file)
        except (ValueError, RuntimeError) as error:
            height, width, _ = own_file.image_shape
            raise SourceError(f"{path}: it does not run on images of {height}x{width}: {first_line(error)}") from error
        image = replace(own_file.input, shape=(1, *own_file.image_shape))
        own_file = replace(own_file, input=image, is_open=False, output_position=0)
        return cls(own_file, _bare_float_model(plain), own_file.image_shape)

    def predict(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """See :class:`FloatModel`."""
        image, scores = (
            details[0]["index"]
            for details in (self._interpreter.get_input_details(), self._interpreter.get_output_details())
        )
        rows = []
        for row in pixels:
            self._interpreter.set_tensor(image, row[None])
            self._interpreter.invoke()
            rows.append(self._interpreter.get_tensor(scores).reshape(-1))
        return np.stack(rows)

    def start_conversion(self, folder: Path) -> TFLiteConversion:  # noqa: ARG002 - there is nothing to export
        """See :class:`FloatModel`."""
        return TFLiteConversion(self._content)


def _bring_up_to_date(model: schema.ModelT) -> None:
    """Adds what files of old converters lack and litert-quantizer relies on: new operator codes and a signature."""
    for code in model.operatorCodes:
        code.builtinCode = max(code.builtinCode, code.deprecatedBuiltinCode)
    if model.signatureDefs:
        return
    graph, signature = model.subgraphs[0], schema.SignatureDefT()
    signature.signatureKey = b"serving_default"
    signature.inputs, signature.outputs = [], []
    for maps, name, index in (
        (signature.inputs, b"image", graph.inputs[0]),
        (signature.outputs, b"scores", graph.outputs[0]),
    ):
        entry = schema.TensorMapT()
        entry.name, entry.tensorIndex = name, int(index)
        maps.append(entry)
    model.signatureDefs = [signature]


def _bare_float_model(content: bytes) -> bytes:
    """The flatbuffer without metadata, its float16 constants widened."""
    model = unpack_model(content)
    _bring_up_to_date(model)
    fold_float16(model)
    model.metadata = [entry for entry in model.metadata or () if entry.name != METADATA_NAME.encode()]
    return write_model(model)


def _refuse_quantized(content: bytes, path: Path) -> None:
    """Refuses a model that has lost its float numbers, and says what it is.

    Raises:
        SourceError: see above.
        ModelFileError: the file is damaged.
    """
    graphs = read_graphs(read_model(content, path), path)
    tensors = [tensor for graph in graphs for tensor in graph.tensors if tensor.quantization is not None]
    weights = {tensor.dtype for tensor in tensors if tensor.constant_bytes and tensor.dtype in _INTEGERS}
    activations = {tensor.dtype for tensor in tensors if not tensor.constant_bytes and tensor.dtype in _INTEGERS}
    if weights or activations:
        kinds = [f"{' and '.join(sorted(weights))} weights"] * bool(weights)
        kinds.append(f"{' and '.join(sorted(activations)) or 'float'} activations")
        helps = any(not change.reason for change in find_changes(content))
        faster = "; edge-convert rewrite may make it faster" if helps else ""
        raise SourceError(
            f"{path}: it is quantized already ({', '.join(kinds)}); name the float model it was made from; edge-run "
            f"and edge-bench take it as it is{faster}"
        )
