"""model_data: the bytes that the interpreter reads, as an array of C."""

from __future__ import annotations

from converter.deliver.c.literals import c_lines

_BYTES_A_LINE = 20


def weights_header() -> str:
    """The text of ``model_data.h``."""
    return """\
/* The model's bytes; written by edge-convert. */
#ifndef MODEL_DATA_H_
#define MODEL_DATA_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

extern const uint8_t edge_model_data[]; /* aligned to 16 bytes */
extern const uint32_t edge_model_size;

#ifdef __cplusplus
}
#endif

#endif /* MODEL_DATA_H_ */
"""


def weights_source(content: bytes, sha256: str) -> str:
    """The text of ``model_data.c``.

    Args:
        content: what the interpreter reads.
        sha256: of the flatbuffer that it was made of, as in the manifest.
    """
    return f"""\
/* The model's bytes; written by edge-convert.
   Of the .tflite with weights_sha256 {sha256},
   without labels, metadata, signatures and names. */
#include "model_data.h"

#if defined(__cplusplus)
#define ALIGNED alignas(16)
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define ALIGNED _Alignas(16)
#elif defined(__GNUC__)
#define ALIGNED __attribute__((aligned(16)))
#else
#error "say how this compiler aligns an array to 16 bytes"
#endif

const uint32_t edge_model_size = {len(content)};
ALIGNED const uint8_t edge_model_data[{len(content)}] = {{
{c_lines(map(str, content), _BYTES_A_LINE)}
}};
"""
