"""Builds small .tflite files of 8-bit operators at scales that a test chooses, and runs them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from converter.inspect.delegates_child import covered_operators
from converter.tflite.edit import add_buffer, add_tensor, new_operator
from converter.tflite.packing import write_model

KERNELS = (OpResolverType.AUTO, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
_TYPES = {"int8": schema.TensorType.INT8, "uint8": schema.TensorType.UINT8, "int32": schema.TensorType.INT32}


class QuantizedFile:
    """A graph in the making; tensors and operators are added in order."""

    def __init__(self, dtype: str = "int8") -> None:
        self.dtype = np.dtype(dtype)
        self.lowest, self.highest = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
        self._model, self._graph = schema.ModelT(), schema.SubGraphT()
        self._model.version, self._model.subgraphs = 3, [self._graph]
        self._model.buffers, self._model.operatorCodes = [schema.BufferT()], []
        self._graph.tensors, self._graph.operators = [], []

    def tensor(
        self, shape: Sequence[int], scale: float, zero_point: int, values: Any = None, dtype: str | None = None
    ) -> int:
        """A tensor; a constant where it has values."""
        dtype = dtype or self.dtype.name
        buffer = 0 if values is None else add_buffer(self._model, np.asarray(values, dtype))
        index = add_tensor(self._graph, f"t{len(self._graph.tensors)}", shape, _TYPES[dtype], buffer)
        quantization = schema.QuantizationParametersT()
        quantization.scale, quantization.zeroPoint = [scale], [zero_point]
        self._graph.tensors[index].quantization = quantization
        return index

    def range(self, shape: Sequence[int], low: float, high: float) -> int:
        """A tensor whose scale is that of calibration: it covers ``low`` to ``high``, and 0."""
        return self.tensor(shape, *scale_of_range(low, high, self.lowest))

    def operator(self, name: str, inputs: Sequence[int], output: int, **options: Any) -> None:
        """An operator; ``options`` has its fields, and ``kind`` the name of their table."""
        version = 2 if self.dtype == np.int8 and name not in ("HARD_SWISH",) else 1
        operator = new_operator(self._model, getattr(schema.BuiltinOperator, name), version, inputs, (output,))
        if kind := options.pop("kind", ""):
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, kind)
            operator.builtinOptions = getattr(schema, f"{kind}T")()
            for field, value in options.items():
                setattr(operator.builtinOptions, field, value)
        self._graph.operators.append(operator)

    def content(self, inputs: Sequence[int], outputs: Sequence[int]) -> bytes:
        """The file."""
        self._graph.inputs, self._graph.outputs = list(inputs), list(outputs)
        return write_model(self._model)


def scale_of_range(low: float, high: float, lowest: int = -128) -> tuple[float, int]:
    """Scale and zero point that calibration gives to values of that range."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = (high - low) / 255
    return scale, int(np.clip(round(lowest - low / scale), lowest, lowest + 255))


def answers(content: bytes, numbers: np.ndarray, kernels: OpResolverType = OpResolverType.AUTO) -> np.ndarray:
    """What the file's first output is for these numbers of its input, as whole numbers."""
    interpreter = Interpreter(model_content=content, experimental_op_resolver_type=kernels, num_threads=1)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], numbers)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).astype(int)


def left_outside(content: bytes) -> list[str]:
    """The operators that the delegate does not take, by name."""
    interpreter = Interpreter(model_content=content, num_threads=1)
    interpreter.allocate_tensors()
    operators = interpreter._get_ops_details()
    covered = covered_operators(operators)
    return [each["op_name"] for each in operators if each["op_name"] != "DELEGATE" and each["index"] not in covered]


def every_number(dtype: np.dtype) -> np.ndarray:
    """(1, 256): all numbers of 8 bits."""
    return np.arange(np.iinfo(dtype).min, np.iinfo(dtype).max + 1).astype(dtype)[None]
