"""The tensor arena: as the interpreter measured it, else an estimate."""

from __future__ import annotations

from converter.tflite import Graph, graph_costs

_FRAGMENTS = 1.5
"""What the interpreter's plan of tensors takes, at the most, of what is alive at once: 1.33 on the models tried."""
_A_TENSOR, _AN_OPERATOR, _A_CHANNEL, _MORE = 24, 164, 8, 1024
"""What it keeps beside them, in bytes on a 64-bit machine, as its recording allocator says."""
_HAS_CHANNELS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV")


def arena_define(graph: Graph, measured: int | None) -> str:
    """``EDGE_ARENA_BYTES`` for ``edge_model.h``, with where it comes from."""
    if measured is None:
        said = "Not measured but estimated: convert with --target micro where tflite-micro is installed."
        size = _estimate(graph)
    else:
        said = "What the interpreter took for its tensors on a 64-bit machine; a 32-bit one takes somewhat less."
        size = measured
    return f"/* {said} */\n#ifndef EDGE_ARENA_BYTES\n#define EDGE_ARENA_BYTES {size}\n#endif\n"


def _estimate(graph: Graph) -> int:
    channels = 0
    for operator in graph.operators:
        if operator.name in _HAS_CHANNELS:
            quantization = graph.tensors[operator.inputs[1]].quantization
            channels += len(quantization.scales) if quantization else 0
    kept = _A_TENSOR * len(graph.tensors) + _AN_OPERATOR * len(graph.operators) + _A_CHANNEL * channels + _MORE
    return int(_FRAGMENTS * graph_costs(graph).peak_activation_bytes) + kept
