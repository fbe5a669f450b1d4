"""Runs one model on the GPU with LiteRT's CompiledModel; a process of its own, since drivers crash and chatter.

    python gpu_child.py ai_edge_litert MODEL INPUTS.npy OUTPUTS.npy

Prints as JSON what ran it, and why it did not run on a GPU as a whole.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from edge_runtime.backends import BACKENDS
from edge_runtime.model import read_model_file


def main(path: str, inputs: str, outputs: str) -> None:
    """Fills ``outputs``."""
    backend = BACKENDS.load("litert-gpu")(read_model_file(Path(path)), 1)
    info = backend.info
    answer = {"interpreter": f"{info.name} {info.version} on {info.device_name or 'the CPU'}", "problem": ""}
    if info.fallback is not None:
        answer["problem"] = info.fallback
    elif info.delegate != "webgpu":
        raise SystemExit(f"Error: the GPU does not take the whole graph: {info.delegate}")
    scores = []
    for pixels in np.load(inputs):
        backend.write(lambda tensor, pixels=pixels: np.copyto(tensor, pixels))
        backend.invoke()
        scores.append(backend.read().copy())
    np.save(outputs, np.stack(scores))
    print(json.dumps(answer))
    backend.close()


if __name__ == "__main__":
    main(*sys.argv[2:])
