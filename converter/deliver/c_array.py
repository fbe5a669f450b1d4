"""A .tflite as C: a header, a source with the bytes and labels, and an example that compiles with gcc alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from converter.deliver.finished import FinishedFile
from edge_runtime.contracts.manifest import ModelManifest
from edge_runtime.contracts.preprocessing import PreprocessSpec
from edge_runtime.contracts.tensors import TensorSpec

MARK = "written by edge-convert"
"""Stands in the first line of each file, so that no other file of that name is written over."""
_BYTES_A_LINE = 16
_ENDINGS = (".h", ".c", "_example.c")


def c_array_files(file: FinishedFile) -> dict[Path, bytes]:
    """The header, the source and the example, beside ``file`` and with its name, made a C identifier."""
    manifest, name = file.manifest, c_name(file.path.stem)
    texts = (
        _header(manifest, name, len(file.content), file.arena_bytes),
        _source(manifest, name, file.content),
        _example(name),
    )
    return {path: text.encode("ascii") for path, text in zip(c_array_paths(file.path), texts, strict=True)}


def c_array_paths(out: Path) -> tuple[Path, ...]:
    """Header, source and example of the model ``out``."""
    return tuple(out.with_name(c_name(out.stem) + ending) for ending in _ENDINGS)


def c_name(text: str) -> str:
    """A C identifier that resembles a file's name."""
    name = re.sub(r"[^0-9A-Za-z]+", "_", text).strip("_").lower()
    return name if re.match("[a-z]", name) else f"model_{name}".rstrip("_")


def c_string(text: str) -> str:
    """A C string literal of the text in UTF-8, in ASCII: other bytes are octal, which cannot run into what follows."""
    plain = {ord(character) for character in map(chr, range(32, 127)) if character not in '"\\?'}
    return '"' + "".join(chr(byte) if byte in plain else f"\\{byte:03o}" for byte in text.encode()) + '"'


def _header(manifest: ModelManifest, name: str, size: int, arena_bytes: int | None) -> str:
    prefix, spec = name.upper(), manifest.preprocessing
    constants = {
        "INPUT_HEIGHT": spec.height,
        "INPUT_WIDTH": spec.width,
        "INPUT_CHANNELS": spec.channels,
        **_tensor("INPUT", manifest.input),
        "OUTPUT_COUNT": manifest.output.shape[-1],
        **_tensor("OUTPUT", manifest.output),
        "LABEL_COUNT": len(manifest.labels),
    }
    defines = "\n".join(f"#define {prefix}_{key} {value}" for key, value in constants.items())
    return f"""\
/* A model for TensorFlow Lite Micro, {MARK}. Recipe {manifest.recipe}, {size} bytes. */
#ifndef {prefix}_H_
#define {prefix}_H_

#include <stddef.h>

#ifdef __cplusplus
extern "C" {{
#endif

{defines}

/* A frame of another size is resized first: {_resizing(spec)}.
   A pixel becomes (pixel - mean) / std, channels in the order {spec.color}; in an integer tensor that number is then
   divided by the scale, rounded, and the zero point added. */
extern const float {name}_mean[{prefix}_INPUT_CHANNELS];
extern const float {name}_std[{prefix}_INPUT_CHANNELS];

{_arena(prefix, arena_bytes)}

/* The .tflite, aligned to 16 bytes. */
extern const unsigned char {name}_data[];
extern const size_t {name}_size;

extern const char* const {name}_labels[{prefix}_LABEL_COUNT]; /* in UTF-8 */

#ifdef __cplusplus
}}
#endif

#endif /* {prefix}_H_ */
"""


def _resizing(spec: PreprocessSpec) -> str:
    crop = f" of {spec.crop_fraction:g} of its sides" if spec.resize == "center-crop" else ""
    return f"{spec.resize}{crop}, {spec.resampling}"


def _tensor(role: str, tensor: TensorSpec) -> dict[str, str | int]:
    if not tensor.is_quantized:
        return {f"{role}_TYPE": f'"{tensor.dtype}"'}
    return {
        f"{role}_TYPE": f'"{tensor.dtype}"',
        f"{role}_SCALE": f"{tensor.scale:.9e}f",
        f"{role}_ZERO_POINT": f"({tensor.zero_point})",
    }


def _arena(prefix: str, arena_bytes: int | None) -> str:
    if arena_bytes is None:
        return "/* The tensor arena was not measured: convert with --target micro where tflite-micro is installed. */"
    return (
        "/* What the interpreter took for its tensors on a 64-bit machine; a 32-bit one takes somewhat less. */\n"
        f"#define {prefix}_ARENA_BYTES {arena_bytes}"
    )


def _source(manifest: ModelManifest, name: str, content: bytes) -> str:
    prefix, spec = name.upper(), manifest.preprocessing
    mean, std = (values * (spec.channels // len(values)) for values in (spec.mean, spec.std))
    labels = "\n".join(f"    {c_string(label)}," for label in manifest.labels)
    return f"""\
/* The model of {name}.h, {MARK}. */
#include "{name}.h"

const float {name}_mean[{prefix}_INPUT_CHANNELS] = {{{_floats(mean)}}};
const float {name}_std[{prefix}_INPUT_CHANNELS] = {{{_floats(std)}}};

const char* const {name}_labels[{prefix}_LABEL_COUNT] = {{
{labels}
}};

const size_t {name}_size = {len(content)};
_Alignas(16) const unsigned char {name}_data[] = {{
{chr(10).join(_byte_lines(content))}
}};
"""


def _floats(values: Iterable[float]) -> str:
    return ", ".join(f"{value:.9g}" for value in values)


def _byte_lines(content: bytes) -> Iterator[str]:
    for start in range(0, len(content), _BYTES_A_LINE):
        yield " " + "".join(f" {byte}," for byte in content[start : start + _BYTES_A_LINE])


def _example(name: str) -> str:
    prefix = name.upper()
    return f"""\
/* An example, {MARK}: gcc -std=c11 {name}.c {name}_example.c -o {name} && ./{name}
   With TensorFlow Lite Micro: tflite::GetModel({name}_data), an arena of {prefix}_ARENA_BYTES, and an op resolver. */
#include <stdio.h>

#include "{name}.h"

int main(void) {{
  printf("%zu bytes, input %dx%dx%d %s\\n", {name}_size, {prefix}_INPUT_HEIGHT, {prefix}_INPUT_WIDTH,
         {prefix}_INPUT_CHANNELS, {prefix}_INPUT_TYPE);
#ifdef {prefix}_ARENA_BYTES
  printf("arena %d bytes\\n", {prefix}_ARENA_BYTES);
#endif
  for (int index = 0; index < {prefix}_LABEL_COUNT; ++index) {{
    printf("%d %s\\n", index, {name}_labels[index]);
  }}
  return 0;
}}
"""
