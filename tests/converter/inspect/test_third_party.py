"""edge-convert inspect on other people's models."""

import json
from pathlib import Path
from typing import Any

import pytest
from ai_edge_litert import schema_py_generated as schema
from shared import SHARED_DATA, needs_shared_data

from converter.cli import main

pytestmark = needs_shared_data

NAMES = (
    "mobilenet_v1_0.25_224_float_metadata",
    "mobilenet_v1_0.25_224_uint8_metadata",
    "mobilenet_v2_1.0_224_uint8",
    "vww_96_float",
    "vww_96_int8",
)


@pytest.mark.parametrize("name", NAMES)
def test_every_model_is_told_as_the_generated_reader_of_the_schema_reads_it(
    name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = SHARED_DATA / "tflite" / f"{name}.tflite"
    assert main(["inspect", str(path), "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    (graph,) = found["graphs"]
    model = schema.ModelT.InitFromPackedBuf(bytearray(path.read_bytes()))
    (expected,) = model.subgraphs
    assert [tensor["name"].encode() for tensor in graph["tensors"]] == [t.name for t in expected.tensors]
    assert [scales_of(tensor) for tensor in graph["tensors"]] == [
        [] if t.quantization is None or t.quantization.scale is None else list(t.quantization.scale)
        for t in expected.tensors
    ]
    assert [operator["inputs"] for operator in graph["operators"]] == [list(op.inputs) for op in expected.operators]
    used = {expected.tensors[index].buffer for op in expected.operators for index in op.inputs if index >= 0}
    sizes = [0 if (data := model.buffers[buffer].data) is None else len(data) for buffer in used]
    assert sum(operator["constant_bytes"] for operator in graph["operators"]) == sum(sizes)
    assert len(found["labels"]) == (0 if name.startswith("vww") else 1001)
    assert (found["notes"], found["manifest"]) == ([], None)
    assert len(found["delegates"]["covered"]) >= len(graph["operators"]) - 3


def scales_of(tensor: dict[str, Any]) -> list[float]:
    return tensor["quantization"]["scales"] if tensor["quantization"] else []


def test_the_sample_of_text_says_what_a_user_looks_for(capfd: pytest.CaptureFixture[str]) -> None:
    path: Path = SHARED_DATA / "tflite" / "mobilenet_v1_0.25_224_uint8_metadata.tflite"
    assert main(["inspect", str(path)]) == 0
    shown = capfd.readouterr().out
    assert "MobileNetV1 image classifier (quantized), version v1, by TensorFlow" in shown
    assert "input         input [1, 224, 224, 3] uint8, scale 0.0078125, zero point 128" in shown
    assert "xnnpack takes 29 of 31 operators" in shown
    assert "not 1 AVERAGE_POOL_2D, 1 SOFTMAX" in shown
