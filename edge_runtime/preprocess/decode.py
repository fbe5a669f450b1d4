"""Image files to uint8 RGB frames, with Pillow: bounded, upright, whatever mode they were stored in."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from edge_runtime.errors import ImageError

MAX_FILE_BYTES = 64 << 20
MAX_PIXELS = 64_000_000
_SMALL_PIXELS, _BAND_PIXELS = 1 << 18, 1 << 15
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "WEBP", "TIFF")
_AVIF = (b"ftypavif", b"ftypavis")


def read_image(path: str | os.PathLike[str], at_least: int = 0) -> NDArray[np.uint8]:
    """Decodes an image file; see :func:`decode_image`.

    Raises:
        ImageError: the file is missing, unreadable, too large or damaged; the message names it.
    """
    try:
        file = Path(path).open("rb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise ImageError(f"{path}: cannot read: {error.strerror}") from error
    with file:
        if not file.seekable():  # a named pipe
            return decode_image(file.read(MAX_FILE_BYTES + 1), str(path), at_least)
        return _decode(file, str(path), at_least)  # not read into memory first: a photo has megabytes


def decode_image(content: bytes, where: str, at_least: int = 0) -> NDArray[np.uint8]:
    """Decodes JPEG, PNG, BMP, WebP, the first picture of a GIF or TIFF, and AVIF where Pillow can.

    EXIF orientation is applied; transparency is laid over white; 16-bit grey is divided by 257, rounded.

    Args:
        content: of the file.
        where: named in errors.
        at_least: the sides in pixels that are enough: a JPEG may then be decoded at a half, quarter or eighth of its
            size, which is several times as fast. 0 takes the full size.

    Returns:
        uint8 RGB, (height, width, 3), contiguous, writable by nobody else.

    Raises:
        ImageError: empty, too large (``MAX_FILE_BYTES``, ``MAX_PIXELS``), truncated or no such image.
    """
    return _decode(io.BytesIO(content), where, at_least)


def _decode(file: BinaryIO, where: str, at_least: int) -> NDArray[np.uint8]:
    """As :func:`decode_image`, from a file that can be sought in."""
    size = file.seek(0, io.SEEK_END)
    if size == 0:
        raise ImageError(f"{where}: the file is empty")
    if size > MAX_FILE_BYTES:
        raise ImageError(f"{where}: more than {MAX_FILE_BYTES >> 20} MiB; scale the image down first")
    file.seek(0)
    is_avif = file.read(12)[4:] in _AVIF
    file.seek(0)
    try:
        image = Image.open(file, formats=("AVIF",) if is_avif else FORMATS)
        if image.width * image.height > MAX_PIXELS:
            raise Image.DecompressionBombError
        if at_least:
            image.draft(None, (at_least, at_least))
        return _to_array(_to_rgb(_upright(image)))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageError(f"{where}: more than {MAX_PIXELS} pixels; scale the image down first") from error
    except MemoryError as error:
        raise ImageError(f"{where}: not enough memory to decode it") from error
    except Exception as error:  # Pillow's decoders raise nearly anything on damaged files
        reason = str(error)
        if is_avif and isinstance(error, KeyError | UnidentifiedImageError):
            reason = "this Pillow has no AVIF; pip install --upgrade pillow, or convert the image to JPEG"
        elif isinstance(error, UnidentifiedImageError):
            reason = f"no {', '.join(FORMATS)} image"
        raise ImageError(f"{where}: cannot decode: {reason}") from error


# Debian's Pillow on 32-bit Raspberry Pi OS is 9.4: no exif_transpose(in_place), no has_transparency_data.


def _upright(image: Image.Image) -> Image.Image:
    image.load()  # a PNG may say it after its pixels
    turned = image.getexif().get(ExifTags.Base.Orientation, 1) != 1
    return ImageOps.exif_transpose(image) if turned else image


def _to_array(image: Image.Image) -> NDArray[np.uint8]:
    """The pixels of an RGB image; a large one's in bands, since Pillow lays them out twice more."""
    if image.width * image.height <= _SMALL_PIXELS:
        return np.array(image)
    pixels = np.empty((image.height, image.width, 3), np.uint8)
    rows = max(1, _BAND_PIXELS // image.width)
    for top in range(0, image.height, rows):
        bottom = min(top + rows, image.height)
        pixels[top:bottom] = np.asarray(image.crop((0, top, image.width, bottom)))
    return pixels


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16") or image.mode == "I":
        grey = np.asarray(image).astype(np.int64).clip(0, 65535)
        image = Image.fromarray(((grey + 128) // 257).astype(np.uint8))
    if _has_transparency(image):
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, (255, 255, 255, 255))
        image = Image.alpha_composite(ground, image)
    return image if image.mode == "RGB" else image.convert("RGB")  # converting to the same mode would copy


def _has_transparency(image: Image.Image) -> bool:
    if image.mode == "P" and image.palette is not None and image.palette.mode.endswith("A"):
        return True
    return image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info
