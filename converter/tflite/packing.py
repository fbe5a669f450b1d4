"""Writes a .tflite again, smaller: equal vectors are stored once, names are short, and the metadata goes in.

TensorFlow stores for each quantised tensor one zero point of 64 bits a channel, all of them 0, and names a fused
tensor after all its operators, joined by ";". That is a fifth of a small int8 model.
"""

from __future__ import annotations

from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from edge_runtime.model import METADATA_NAME

_IDENTIFIER = b"TFL3"
_MEMORY_PLAN = b"OfflineMemoryAllocation"
_BUFFER_ALIGNMENT = 16
"""What the schema asks for the bytes of tensors."""


def unpack_model(content: bytes) -> schema.ModelT:
    """Reads a .tflite into objects; buffers that lie behind the flatbuffer, as litert-quantizer puts them, come in."""
    model = schema.ModelT.InitFromPackedBuf(bytearray(content))
    for buffer in model.buffers:
        if buffer.offset > 1:  # 0 and 1 stand for a buffer inside
            buffer.data = np.frombuffer(content, np.uint8, buffer.size, buffer.offset)
        buffer.offset = buffer.size = 0
    return model


def write_model(model: schema.ModelT) -> bytes:
    """The bytes of a .tflite of these objects."""
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), _IDENTIFIER)
    return bytes(builder.Output())


def pack_model(content: bytes, metadata: bytes) -> bytes:
    """Returns the same model with shared vectors, short names and ``metadata`` in its ``TFLITE_METADATA`` buffer.

    Args:
        content: a .tflite without such a buffer.
        metadata: a flatbuffer of the TFLite metadata schema.
    """
    model = unpack_model(content)
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(metadata, np.uint8)
    entry = schema.MetadataT()
    entry.name = METADATA_NAME
    entry.buffer = len(model.buffers)
    model.buffers.append(buffer)
    model.metadata = [*(model.metadata or []), entry]
    for graph in model.subgraphs:
        for tensor in graph.tensors:
            tensor.name = tensor.name.partition(b";")[0]
    return _shared(model)


def share_vectors(content: bytes) -> bytes:
    """Returns the same model, its equal vectors stored once."""
    return _shared(unpack_model(content))


def _shared(model: schema.ModelT) -> bytes:
    builder = _SharingBuilder(1 << 20)
    builder.Finish(model.Pack(builder), _IDENTIFIER)
    return bytes(builder.Output())


def bare_model(content: bytes) -> bytes:
    """Returns what an interpreter of a microcontroller needs of a .tflite, and no more.

    Files behind the flatbuffer, metadata, signatures, descriptions and names are left out. A memory plan that was made
    beforehand stays: it is metadata that TensorFlow Lite Micro reads.
    """
    model = unpack_model(content)
    kept = [entry for entry in model.metadata or [] if entry.name == _MEMORY_PLAN]
    for entry in model.metadata or []:
        if entry.name != _MEMORY_PLAN:
            model.buffers[entry.buffer] = schema.BufferT()
    model.metadata, model.signatureDefs, model.description = kept or None, None, None
    for graph in model.subgraphs:
        graph.name = None
        for tensor in graph.tensors:
            tensor.name = None
    builder = _SharingBuilder(len(content))
    builder.Finish(model.Pack(builder), _IDENTIFIER)
    return bytes(builder.Output())


class _SharingBuilder(flatbuffers.Builder):
    """Stores each distinct vector once."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self._written: dict[tuple[str, bytes], int] = {}

    def CreateNumpyVector(self, x: NDArray[Any]) -> int:  # noqa: N802 - the name of the method it overrides
        """Writes the vector, or returns the offset of an equal one already written."""
        key = x.dtype.str, x.tobytes()
        if key not in self._written:
            if x.dtype == np.uint8:  # among a model's vectors only buffers hold bytes
                self.Prep(_BUFFER_ALIGNMENT, x.nbytes)
            self._written[key] = super().CreateNumpyVector(x)
        return self._written[key]
