"""The targets, each by its name in ``--target``."""

from __future__ import annotations

from dataclasses import dataclass

from edge_runtime.contracts.tensors import DType


@dataclass(frozen=True)
class Target:
    """One kind of device or interpreter.

    Attributes:
        name: as in ``--target`` and the report.
        summary: what it is, in a few words.
        recipes: names of the recipes it takes, the default first; empty where it takes all.
        edges: what its input and output tensors must hold; None where that is free.
    """

    name: str
    summary: str
    recipes: tuple[str, ...] = ()
    edges: DType | None = None

    def takes(self, recipe: str) -> bool:
        """Whether a recipe can meet it."""
        return not self.recipes or recipe in self.recipes


LITERT = Target("litert", "ai-edge-litert, and what reads files as new as it does")
TFLITE_RUNTIME = Target("tflite-runtime", "tflite-runtime 2.14, the last one: 32-bit Raspberry Pi OS, older devices")
GPU = Target("gpu", "LiteRT's CompiledModel on a GPU: fixed shapes, float16", ("float16", "float32"))
MICRO = Target("micro", "TensorFlow Lite Micro: int8 in and out, no float left", ("int8",), "int8")
TARGETS = {target.name: target for target in (LITERT, TFLITE_RUNTIME, GPU, MICRO)}
