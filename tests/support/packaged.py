"""A small .tflite of this project, packed as edge-convert packs it, without TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image
from tiny_model import LABELS, write_tiny_model

from converter.deliver.golden import make_golden_files
from converter.tflite.metadata_write import LABELS_NAME, ModelCard, append_files, build_metadata, label_file
from converter.tflite.packing import pack_model
from edge_runtime.contracts.dataset import read_image_folder
from edge_runtime.contracts.manifest import MANIFEST_NAME, ModelManifest, Provenance, Task
from edge_runtime.contracts.preprocessing import PreprocessSpec
from edge_runtime.model.file import read_model_file, weights_sha256

SPEC = PreprocessSpec(6, 8, mean=(127.5,), std=(127.5,))
_BRIGHT = {"red": (200, 90, 80), "green": (90, 210, 70), "blue": (70, 80, 220)}
CARD = ModelCard("colors", "Tells colors apart.", "1.2", "A. Painter", "MIT")


def write_packaged(
    path: Path,
    *,
    dtype: str = "uint8",
    labels: tuple[str, ...] = LABELS,
    spec: PreprocessSpec = SPEC,
    task: Task = "single-label",
    thresholds: tuple[float, ...] = (),
    sha256: str | None = None,
    files: Mapping[str, bytes] | None = None,
) -> Path:
    """Writes ``tiny_model``'s model with metadata, labels, manifest and more ``files``; returns ``path``."""
    write_tiny_model(
        path,
        dtype=dtype,
        size=(spec.height, spec.width),
        channels=spec.channels,
        input_quantization=(1 / 128, 0 if dtype == "int8" else 128),
    )
    file = read_model_file(path)
    packed = pack_model(path.read_bytes(), build_metadata(CARD, spec))
    path.write_bytes(packed)
    manifest = ModelManifest(
        name="colors",
        task=task,
        labels=labels,
        preprocessing=spec,
        input=file.input,
        output=file.output,
        recipe="float32" if dtype == "float32" else "int8",
        weights_sha256=sha256 or weights_sha256(path),
        provenance=Provenance("2026-01-01T00:00:00+00:00", {"numpy": "2.4"}, "f" * 64, {"epochs": 3}),
        thresholds=thresholds,
    )
    path.write_bytes(
        append_files(packed, {LABELS_NAME: label_file(labels), MANIFEST_NAME: manifest.to_json(), **(files or {})})
    )
    return path


def make_color_golden_files(folder: Path) -> dict[str, bytes]:
    """The golden files of :func:`write_packaged`'s float32 model: three photos larger than what is stored."""
    for label, color in _BRIGHT.items():
        (folder / "images" / label).mkdir(parents=True)
        for number in range(2):
            pixels = np.full((200, 300, 3), color, np.uint8)
            pixels[: 20 * number] //= 2
            Image.fromarray(pixels).save(folder / "images" / label / f"{number}.png")
    model = write_packaged(folder / "m.tflite", dtype="float32")
    return make_golden_files(model, read_image_folder(folder / "images", LABELS), 3, seed=0, quantized=False)
