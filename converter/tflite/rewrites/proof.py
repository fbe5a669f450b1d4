"""Whether a replacement gives what the operator gave: both are run on the same numbers, in a model of nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from numpy.typing import NDArray

from converter.tflite.edit import builtin_code, constant_of, new_operator
from converter.tflite.packing import write_model
from converter.tflite.rewrites.change import Stays
from edge_runtime.console.native import native_output_as_debug

_KERNELS = (OpResolverType.AUTO, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
"""XNNPACK's and the built-in ones: either may run on the device."""
_ALLOWED = 1


def probe_of(
    model: schema.ModelT, graph: schema.SubGraphT, operator: schema.OperatorT, shapes: Mapping[int, tuple[int, ...]]
) -> schema.ModelT:
    """A model of this operator alone, its tensors numbered as in the operator: inputs first, then the output.

    A second output, like the first, is the last tensor: the replacement's.

    Args:
        model: the whole one.
        graph: of the operator.
        operator: with one output.
        shapes: other shapes for some of its tensors, by their index.
    """
    probe, small = schema.ModelT(), schema.SubGraphT()
    probe.version, probe.subgraphs, probe.buffers, probe.operatorCodes = 3, [small], [schema.BufferT()], []
    indices = [int(index) for index in (*operator.inputs, *operator.outputs)]
    small.tensors = []
    for index in (*indices, indices[-1]):
        tensor = deepcopy(graph.tensors[index])
        tensor.shape, tensor.shapeSignature = list(shapes.get(index, tensor.shape)), None
        small.tensors.append(tensor)
        if constant_of(model, graph.tensors[index]) is not None:
            probe.buffers.append(model.buffers[tensor.buffer])
            tensor.buffer = len(probe.buffers) - 1
        else:
            tensor.buffer = 0
    last = len(operator.inputs)
    version = model.operatorCodes[operator.opcodeIndex].version
    copy = new_operator(probe, builtin_code(model, operator), version, range(last), (last,))
    copy.builtinOptionsType, copy.builtinOptions = operator.builtinOptionsType, operator.builtinOptions
    small.operators = [copy]
    small.inputs = [place for place in range(last) if small.tensors[place].buffer == 0]
    small.outputs = [last, last + 1]
    return probe


def check_same(probe: schema.ModelT, inputs: Iterable[NDArray[Any]]) -> None:
    """Refuses a replacement that is more than one step off.

    Args:
        probe: with two outputs, as the operator makes it and as its replacement does.
        inputs: what both are run on.

    Raises:
        Stays: see above; or the interpreter does not take the operator.
    """
    content, images = write_model(probe), list(inputs)
    try:
        with native_output_as_debug(2):
            off = max(_difference(content, images, kernels) for kernels in _KERNELS)
    except (ValueError, RuntimeError) as error:
        raise Stays("the interpreter does not run it alone") from error
    if off > _ALLOWED:
        raise Stays(f"the replacement would be {off} steps off at its scales")


def _difference(content: bytes, inputs: list[NDArray[Any]], kernels: OpResolverType) -> int:
    """The largest between the two outputs, in steps."""
    interpreter = Interpreter(model_content=content, experimental_op_resolver_type=kernels, num_threads=1)
    interpreter.allocate_tensors()
    (image,), outputs = interpreter.get_input_details(), interpreter.get_output_details()
    largest = 0
    for numbers in inputs:
        interpreter.set_tensor(image["index"], numbers)
        interpreter.invoke()
        before, now = (interpreter.get_tensor(each["index"]).astype(np.int32) for each in outputs)
        largest = max(largest, int(np.abs(before - now).max()))
    return largest
