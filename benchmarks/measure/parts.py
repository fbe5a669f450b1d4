"""Where the time of one frame goes: decode, resize, normalise, copy in, invoke, copy out, post-process."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from time import perf_counter_ns

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.measure.protocol import WorkRequest
from edge_runtime.backends import BACKENDS
from edge_runtime.inference import DEFAULT_TOP_K, activate, both_classes, dequantize, settle, top_categories
from edge_runtime.model import read_model_file, resolve_contract
from edge_runtime.preprocess import Preprocessor, decode_image, resize_frame

_TURNS = 60
_WARM_UP = 5
_MAX_SECONDS = 5.0
_JPEG_QUALITY = 90


def part_medians_ns(request: WorkRequest, frame: NDArray[np.uint8]) -> dict[str, float]:
    """The median nanoseconds of each part of one frame's way, each part timed on its own, in turn.

    ``decode`` is of the frame as a JPEG of quality 90. ``resize`` and ``normalise`` are one step for some models:
    ``normalise`` is what preprocessing takes beyond resizing, 0 where that is nothing. ``copy_in`` hands a finished
    tensor to the backend; the runtime itself writes in place where the backend lets it, and so often spares that.
    """
    calls = _part_calls(request, frame)
    samples: dict[str, list[int]] = {name: [] for name in calls}
    began = perf_counter_ns()
    for turn in range(_WARM_UP + _TURNS):
        for name, call in calls.items():
            start = perf_counter_ns()
            call()
            if turn >= _WARM_UP:
                samples[name].append(perf_counter_ns() - start)
        if turn >= _WARM_UP and perf_counter_ns() - began > _MAX_SECONDS * 1e9:
            break
    medians = {name: float(np.median(taken)) for name, taken in samples.items()}
    preprocess = medians.pop("preprocess")
    ordered = {"decode": medians.pop("decode"), "resize": medians.pop("resize")}
    ordered["normalise"] = max(0.0, preprocess - ordered["resize"])
    return {**ordered, **medians}


def _part_calls(request: WorkRequest, frame: NDArray[np.uint8]) -> dict[str, Callable[[], object]]:
    file = read_model_file(Path(request.model), request.options)
    contract = resolve_contract(file, request.options)
    spec = contract.preprocessing
    preprocess = Preprocessor(spec, file.input)
    backend = BACKENDS.load(request.backend)(file, request.threads)
    contract = settle(contract, file, backend, preprocess)
    jpeg = _as_jpeg(frame)
    resized = np.empty((spec.height, spec.width, 3), np.uint8)
    ready = np.zeros(file.input.shape, file.input.dtype)

    def copy_in(tensor: NDArray[np.generic]) -> None:
        tensor[...] = ready

    def postprocess() -> None:
        scores = activate(dequantize(backend.read(), file.output), contract.activation)
        found = both_classes(scores) if contract.task == "binary" else scores
        top_categories(found, contract.labels, DEFAULT_TOP_K, 0.0)

    return {
        "decode": lambda: decode_image(jpeg, "frame"),
        "resize": lambda: resize_frame(frame, spec, resized),
        "preprocess": lambda: preprocess(frame, ready),
        "copy_in": lambda: backend.write(copy_in),
        "invoke": backend.invoke,
        "copy_out": backend.read,
        "postprocess": postprocess,
    }


def _as_jpeg(frame: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(frame).save(file, "JPEG", quality=_JPEG_QUALITY)
    return file.getvalue()
