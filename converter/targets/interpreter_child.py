"""Runs one model in an interpreter that may live in another environment, which has numpy and nothing of ours.

    python interpreter_child.py tflite_runtime|tflite_micro MODEL INPUTS.npy OUTPUTS.npy

Prints as JSON which interpreter it was; TensorFlow Lite Micro's allocations go to stderr.
"""

import json
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from typing import Any

import numpy as np

Tensors = Any
ARENA_BYTES = 256 << 20
"""For a small file with large images ten times the file, which the interpreter takes by itself, is too little."""


def run_tflite_runtime(path: str, inputs: Tensors) -> Iterator[Tensors]:
    """The outputs, one after the other."""
    from tflite_runtime.interpreter import Interpreter

    interpreter = Interpreter(model_path=path)
    interpreter.allocate_tensors()
    image = interpreter.get_input_details()[0]["index"]
    scores = interpreter.get_output_details()[0]["index"]
    for pixels in inputs:
        interpreter.set_tensor(image, pixels)
        interpreter.invoke()
        yield interpreter.get_tensor(scores)


def run_tflite_micro(path: str, inputs: Tensors) -> Iterator[Tensors]:
    """The outputs, one after the other."""
    from tflite_micro.python.tflite_micro import runtime

    interpreter = runtime.Interpreter.from_file(path, arena_size=ARENA_BYTES)  # records allocations
    for pixels in inputs:
        interpreter.set_input(pixels, 0)
        interpreter.invoke()
        yield interpreter.get_output(0)
    interpreter.print_allocations()


RUNS: dict[str, tuple[str, Callable[[str, Tensors], Iterator[Tensors]]]] = {
    "tflite_runtime": ("tflite-runtime", run_tflite_runtime),
    "tflite_micro": ("tflite-micro", run_tflite_micro),
}

if __name__ == "__main__":
    module, path, inputs, outputs = sys.argv[1:]
    package, run = RUNS[module]
    np.save(outputs, np.concatenate(list(run(path, np.load(inputs)))))
    print(json.dumps({"interpreter": f"{package} {version(package)}"}))
