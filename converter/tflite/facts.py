"""What the graphs of a .tflite consist of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quantization:
    """How integers stand for real numbers: ``(q - zero_point) * scale``.

    Attributes:
        scales: one, or one a slice along ``axis``.
        zero_points: likewise.
        axis: along which there are several.
    """

    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int

    @property
    def per_channel(self) -> bool:
        """Whether there is more than one scale."""
        return len(self.scales) > 1


@dataclass(frozen=True)
class Tensor:
    """One tensor of a graph.

    Attributes:
        shape: its sides; -1 where it is open until the model runs.
        dtype: "float32", "int8", …
        constant_bytes: how much of the file its values take; 0 where they are computed.
        buffer: number of the buffer that holds them; two tensors may share one.
    """

    index: int
    name: str
    shape: tuple[int, ...]
    dtype: str
    quantization: Quantization | None
    constant_bytes: int
    buffer: int

    @property
    def short_name(self) -> str:
        """Of a fused tensor, which is named after all its operators, the first one's."""
        return self.name.partition(";")[0]


@dataclass(frozen=True)
class Operator:
    """One operator of a graph, that is a layer.

    Attributes:
        name: as in the schema's ``BuiltinOperator``, or ``CUSTOM:`` and the custom operator's name.
        version: of the operator, as the file asks for it.
        layer: the name of its first output, which the converter derives from the Keras layer's.
        inputs: tensor indices; -1 stands for an input left out.
        outputs: tensor indices.
        constant_bytes: of its constant inputs that no earlier operator uses.
    """

    index: int
    name: str
    version: int
    layer: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    constant_bytes: int


@dataclass(frozen=True)
class Graph:
    """One subgraph; the first one is the model, others are bodies of its control flow or other signatures."""

    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]

    def tensors_of(self, operator: Operator) -> list[Tensor]:
        """All that it reads and writes."""
        return [self.tensors[index] for index in (*operator.inputs, *operator.outputs) if index >= 0]
