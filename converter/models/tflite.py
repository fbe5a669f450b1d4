"""A float .tflite as a float model."""

from __future__ import annotations

from pathlib import Path

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from converter.errors import SourceError, first_line
from converter.models.base import FloatModel, check_image_input
from converter.quantize import LiteRTConversion
from converter.tflite.packing import unpack_model
from edge_runtime.console.native import native_output_as_debug
from edge_runtime.model import METADATA_NAME, ModelFile, read_model_file

_INTEGER_WEIGHTS = {schema.TensorType.INT8, schema.TensorType.UINT8, schema.TensorType.INT4}


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
    def load(cls, path: Path, image_size: int | None) -> TFLiteFloatModel:
        """See :class:`FloatModel`."""
        own_file = read_model_file(path)
        image_shape = check_image_input(path, [own_file.input.shape], image_size)
        return cls(own_file, _bare_float_model(path), image_shape)

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

    def start_conversion(self, folder: Path) -> LiteRTConversion:  # noqa: ARG002 - there is nothing to export
        """See :class:`FloatModel`."""
        return LiteRTConversion(self._content)


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


def _bare_float_model(path: Path) -> bytes:
    """The flatbuffer of ``path`` without metadata.

    Raises:
        SourceError: it has integer weights or edges.
    """
    model = unpack_model(path.read_bytes())
    for graph in model.subgraphs:
        for tensor in graph.tensors:
            scales = None if tensor.quantization is None else tensor.quantization.scale
            if tensor.type in _INTEGER_WEIGHTS and scales is not None and len(scales):
                name = (tensor.name or b"?").decode("utf-8", "replace")
                raise SourceError(
                    f"{path}: it is quantized already (tensor {name}); name the float model it was made from"
                )
    _bring_up_to_date(model)
    model.metadata = [entry for entry in model.metadata or () if entry.name != METADATA_NAME.encode()]
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
