"""Whole files that damaged ones are made of."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image
from tiny_model import LABELS, write_tiny_model

FORMATS = (
    ("JPEG", {}),
    ("JPEG", {"progressive": True}),
    ("PNG", {}),
    ("BMP", {}),
    ("GIF", {}),
    ("WEBP", {}),
    ("TIFF", {}),
    ("TIFF", {"compression": "tiff_lzw"}),
)


def model_originals() -> list[bytes]:
    """Small .tflite files of all types, one of them with packed files."""
    kinds = (("float32", "none"), ("uint8", "softmax"), ("uint8", "sigmoid"), ("int8", "softmax"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "m.tflite")
        found = []
        for dtype, activation in kinds:
            quantization = (1 / 128, 0) if dtype == "int8" else (1 / 128, 128)
            write_tiny_model(path, dtype=dtype, activation=activation, input_quantization=quantization)
            found.append(path.read_bytes())
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("labels.txt", "\n".join(LABELS))
        return [*found, path.read_bytes()]


def picture_originals() -> list[bytes]:
    """Small pictures of all formats, and a JPEG with EXIF."""
    noise = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)
    picture = Image.fromarray(noise)
    found = []
    for name, options in FORMATS:
        buffer = io.BytesIO()
        picture.save(buffer, name, **options)
        found.append(buffer.getvalue())
    exif = Image.Exif()
    exif[0x0112] = 6
    for name in ("JPEG", "PNG"):
        buffer = io.BytesIO()
        picture.convert("RGB").save(buffer, name, exif=exif)
        found.append(buffer.getvalue())
    return found
