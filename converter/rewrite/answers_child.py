"""Run by :mod:`converter.rewrite.answers`: two files in turns on the same inputs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np


def main() -> None:
    """Writes both files' outputs to the folder, and prints as JSON the median seconds of one inference of each."""
    before, now, folder, position = sys.argv[1:]
    inputs = np.load(Path(folder) / "inputs.npy")
    runs = [_Run(path, int(position), inputs[0].shape) for path in (before, now)]
    for image in inputs:
        for run in runs:
            run.answer(image)
    for name, run in zip(("before", "now"), runs, strict=True):
        np.save(Path(folder) / f"{name}.npy", np.stack(run.outputs))
    print(json.dumps([median(run.seconds) for run in runs]))


class _Run:
    """One file in an interpreter with XNNPACK and one thread."""

    def __init__(self, path: str, position: int, shape: tuple[int, ...]) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter = Interpreter(model_path=path, num_threads=1)
        self._image = self._interpreter.get_input_details()[0]["index"]
        self._interpreter.resize_tensor_input(self._image, shape)
        self._interpreter.allocate_tensors()
        self._scores = self._interpreter.get_output_details()[position]["index"]
        self.outputs: list[Any] = []
        self.seconds: list[float] = []

    def answer(self, image: Any) -> None:
        """One inference, timed."""
        self._interpreter.set_tensor(self._image, image)
        start = perf_counter()
        self._interpreter.invoke()
        self.seconds.append(perf_counter() - start)
        self.outputs.append(self._interpreter.get_tensor(self._scores))
