"""Packing changes how a model is stored, never what it computes."""

from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from tiny_model import write_tiny_model

from converter.tflite.packing import bare_model, pack_model, unpack_model, write_model

METADATA = b"any bytes, 33 of them, go in here"


@pytest.fixture
def content(tmp_path: Path) -> bytes:
    return write_tiny_model(tmp_path / "m.tflite", dtype="int8").read_bytes()


def raw_scores(content: bytes) -> list[np.ndarray]:
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    image, scores = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    generator = np.random.default_rng(0)
    found = []
    for _ in range(20):
        interpreter.set_tensor(image["index"], generator.integers(-128, 128, image["shape"], np.int8))
        interpreter.invoke()
        found.append(interpreter.get_tensor(scores["index"]))
    return found


def test_scores_are_the_same_to_the_last_bit(content: bytes) -> None:
    np.testing.assert_array_equal(raw_scores(pack_model(content, METADATA)), raw_scores(content))


def test_metadata_is_found_by_its_name_and_buffers_are_aligned(content: bytes) -> None:
    packed = pack_model(content, METADATA)
    model = schema.Model.GetRootAs(packed, 0)
    (entry,) = [model.Metadata(i) for i in range(model.MetadataLength())]
    assert entry.Name() == b"TFLITE_METADATA"
    assert model.Buffers(entry.Buffer()).DataAsNumpy().tobytes() == METADATA
    at = packed.index(METADATA)
    assert at % 16 == 0


def test_equal_vectors_are_stored_once_and_fused_names_are_cut(content: bytes) -> None:
    model = schema.ModelT.InitFromPackedBuf(bytearray(content))
    channels = 500
    for number in range(20):
        tensor = schema.TensorT()
        tensor.name = f"layer{number};its batch norm;its activation".encode()
        tensor.shape = np.array([channels], np.int32)
        tensor.quantization = schema.QuantizationParametersT()
        tensor.quantization.zeroPoint = np.zeros(channels, np.int64)
        model.subgraphs[0].tensors.append(tensor)
    builder = schema.flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    packed = pack_model(bytes(builder.Output()), METADATA)
    assert len(builder.Output()) > 20 * 8 * channels
    assert len(packed) < 2 * 8 * channels
    again = schema.ModelT.InitFromPackedBuf(bytearray(packed)).subgraphs[0].tensors
    assert again[-1].name == b"layer19"
    assert all(len(tensor.quantization.zeroPoint) == channels for tensor in again[-20:])


def with_metadata(content: bytes, *names: bytes) -> bytes:
    """The model with a buffer of metadata for each name, a signature and a description."""
    model = unpack_model(content)
    model.description, model.subgraphs[0].name = b"by nobody", b"main"
    signature = schema.SignatureDefT()
    signature.signatureKey = b"serving_default"
    model.signatureDefs = [signature]
    model.metadata = []
    for name in names:
        entry, buffer = schema.MetadataT(), schema.BufferT()
        entry.name, entry.buffer = name, len(model.buffers)
        buffer.data = np.frombuffer(b"about " + name, np.uint8)
        model.metadata.append(entry)
        model.buffers.append(buffer)
    return write_model(model)


def test_a_bare_model_computes_the_same_and_keeps_nothing_else(content: bytes) -> None:
    told = with_metadata(content, b"TFLITE_METADATA", b"min_runtime_version")
    bare = bare_model(told + b"PK a zip behind it")
    np.testing.assert_array_equal(raw_scores(bare), raw_scores(content))
    model = unpack_model(bare)
    assert (model.metadata, model.signatureDefs, model.description) == (None, None, None)
    assert [graph.name for graph in model.subgraphs] == [None]
    assert {tensor.name for tensor in model.subgraphs[0].tensors} == {None}
    for text in (b"about", b"by nobody", b"main", b"serving_default", b"image", b"scores", b"PK"):
        assert text not in bare
    assert len(model.buffers) == len(unpack_model(told).buffers)


def test_a_plan_of_memory_that_the_microcontroller_reads_stays(content: bytes) -> None:
    told = with_metadata(content, b"TFLITE_METADATA", b"OfflineMemoryAllocation", b"more")
    model = unpack_model(bare_model(told))
    (entry,) = model.metadata
    assert entry.name == b"OfflineMemoryAllocation"
    assert bytes(model.buffers[entry.buffer].data) == b"about OfflineMemoryAllocation"
    assert model.signatureDefs is None
    bare = bare_model(told)
    assert bare.count(b"about") == 1
    assert bare.index(b"about") % 16 == 0


def test_buffers_behind_the_flatbuffer_come_in(content: bytes) -> None:
    model = unpack_model(content)
    inside, outside = schema.BufferT(), schema.BufferT()
    inside.data, inside.offset, inside.size = np.frombuffer(b"inside", np.uint8), 1, 6
    outside.offset, outside.size = 4096, 7
    model.buffers += [inside, outside]
    whole = write_model(model).ljust(4096, b"-") + b"outsideXX"
    read = unpack_model(whole)
    assert [bytes(buffer.data) for buffer in read.buffers[-2:]] == [b"inside", b"outside"]
    written = unpack_model(write_model(read))
    assert [bytes(buffer.data) for buffer in written.buffers[-2:]] == [b"inside", b"outside"]
    assert {(buffer.offset, buffer.size) for buffer in (*read.buffers, *written.buffers)} == {(0, 0)}
