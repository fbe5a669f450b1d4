"""edge_model: labels, thresholds, scales and sizes of a model, and what each pixel value becomes in its input."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from converter.deliver.c.arena import arena_define
from converter.deliver.c.literals import c_float, c_lines, c_numbers, c_string
from converter.tflite import Graph
from edge_runtime.contracts.manifest import ModelManifest
from edge_runtime.contracts.preprocessing import PreprocessSpec
from edge_runtime.contracts.tensors import TensorSpec, layout_of
from edge_runtime.inference import DEFAULT_TOP_K
from edge_runtime.preprocess import Preprocessor

_TYPES = {"int8": "int8_t", "uint8": "uint8_t", "float32": "float"}
_TABLE_SIDE = 16


def model_header(manifest: ModelManifest, graph: Graph, arena_bytes: int | None) -> str:
    """The text of ``edge_model.h``."""
    spec = manifest.preprocessing
    table = pixel_table(spec, manifest.input)
    constants: dict[str, str | int] = {
        "MODEL_NAME": c_string(manifest.name),
        "MODEL_RECIPE": c_string(manifest.recipe),
        "INPUT_HEIGHT": spec.height,
        "INPUT_WIDTH": spec.width,
        "INPUT_CHANNELS": spec.channels,
        "INPUT_COUNT": spec.height * spec.width * spec.channels,
        **_tensor("INPUT", manifest.input),
        "OUTPUT_COUNT": manifest.output.shape[-1],
        **_tensor("OUTPUT", manifest.output),
        "RESIZE_CENTER_CROP": int(spec.resize == "center-crop"),
        "RESIZE_LETTERBOX": int(spec.resize == "letterbox"),
        "CROP_FRACTION": repr(spec.crop_fraction),
        "ANTIALIAS": int(spec.resampling == "antialias"),
        "BGR": int(spec.color == "BGR"),
        "PLANAR": int(layout_of(manifest.input.shape, spec.image_shape) == "nchw"),
        "PIXELS_COLUMNS": table.shape[1],
        "LABEL_COUNT": len(manifest.labels),
        "HAS_THRESHOLDS": int(bool(manifest.thresholds)),
        "TOP_K": _top_k(manifest),
    }
    defines = "\n".join(f"#define EDGE_{name} {value}" for name, value in constants.items())
    return f"""\
/* A model for TensorFlow Lite Micro; written by edge-convert. */
#ifndef EDGE_MODEL_H_
#define EDGE_MODEL_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {{
#endif

{defines}

{arena_define(graph, arena_bytes)}
typedef {_TYPES[manifest.input.dtype]} edge_input_t;
typedef {_TYPES[manifest.output.dtype]} edge_output_t;

/* What each pixel value becomes in the input tensor; one column, or one a channel. */
extern const edge_input_t edge_pixels[256 * EDGE_PIXELS_COLUMNS];

extern const char* const edge_labels[EDGE_LABEL_COUNT]; /* in UTF-8 */
#if EDGE_HAS_THRESHOLDS
extern const float edge_thresholds[EDGE_LABEL_COUNT]; /* the score from which a label counts */
#endif

#ifdef __cplusplus
}}
#endif

#endif /* EDGE_MODEL_H_ */
"""


def model_source(manifest: ModelManifest) -> str:
    """The text of ``edge_model.c``."""
    thresholds = f"""
const float edge_thresholds[EDGE_LABEL_COUNT] = {{
{c_numbers(np.asarray(manifest.thresholds, np.float32))}
}};
"""
    return f"""\
/* Labels and pixel values of the model; written by edge-convert. */
#include "edge_model.h"

const edge_input_t edge_pixels[256 * EDGE_PIXELS_COLUMNS] = {{
{c_numbers(pixel_table(manifest.preprocessing, manifest.input))}
}};

const char* const edge_labels[EDGE_LABEL_COUNT] = {{
{c_lines(map(c_string, manifest.labels))}
}};
{thresholds if manifest.thresholds else ""}"""


def pixel_table(spec: PreprocessSpec, tensor: TensorSpec) -> NDArray[Any]:
    """What the runtime makes of each pixel value, (256, channels), or (256, 1) where all channels agree.

    The runtime itself is asked, with a frame of all 256 greys. So C needs no arithmetic of floats.
    """
    side = _TABLE_SIDE
    asked = PreprocessSpec(side, side, color=spec.color, mean=spec.mean, std=spec.std)
    greys = np.arange(side * side, dtype=np.uint8).reshape(side, side, 1).repeat(3, axis=2)
    shape = (1, side, side, spec.channels)
    found = np.empty(shape, tensor.dtype)
    Preprocessor(asked, TensorSpec(shape, tensor.dtype, tensor.scale, tensor.zero_point))(greys, found)
    table = found.reshape(side * side, spec.channels)
    return table[:, :1] if (table == table[:, :1]).all() else table


def resizing(spec: PreprocessSpec) -> str:
    """How frames are resized, in words."""
    crop = f" of {spec.crop_fraction:g} of its sides" if spec.resize == "center-crop" else ""
    return f"{spec.resize}{crop}, {spec.resampling}"


def _top_k(manifest: ModelManifest) -> int:
    every_label = manifest.task == "multi-label" and any(manifest.thresholds)
    return len(manifest.labels) if every_label else min(DEFAULT_TOP_K, len(manifest.labels))


def _tensor(role: str, tensor: TensorSpec) -> dict[str, str | int]:
    if not tensor.is_quantized:
        return {f"{role}_QUANTIZED": 0}
    return {
        f"{role}_QUANTIZED": 1,
        f"{role}_SCALE": c_float(tensor.scale),
        f"{role}_ZERO_POINT": f"({tensor.zero_point})",
    }
