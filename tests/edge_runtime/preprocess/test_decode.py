"""Image files of every kind become upright uint8 RGB, or one clear error."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from shared import SHARED_DATA, needs_shared_data

from edge_runtime.errors import ImageError
from edge_runtime.preprocess import decode, decode_image, read_image

ORANGE = (255, 128, 0)


def stored(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF", "JPEG", "WEBP", "TIFF", "AVIF"])
def test_colour_survives_every_format(kind: str) -> None:
    pixels = decode_image(stored(Image.new("RGB", (20, 10), ORANGE), kind), "picture")
    assert pixels.shape == (10, 20, 3)
    assert pixels.dtype == np.uint8
    assert np.abs(pixels.astype(int) - ORANGE).max() <= 3


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Image.new("L", (3, 2), 77), (77, 77, 77)),
        (Image.new("1", (3, 2), 1), (255, 255, 255)),
        (Image.new("RGBA", (3, 2), (*ORANGE, 255)), ORANGE),
        (Image.new("RGBA", (3, 2), (*ORANGE, 0)), (255, 255, 255)),
        (Image.new("LA", (3, 2), (77, 0)), (255, 255, 255)),
        (Image.new("RGB", (3, 2), ORANGE).quantize(4), ORANGE),
        (Image.fromarray(np.full((2, 3), 65535, np.uint16)), (255, 255, 255)),
        (Image.fromarray(np.full((2, 3), 32896, np.uint16)), (128, 128, 128)),
        (Image.fromarray(np.full((2, 3), 300, np.uint16)), (1, 1, 1)),
    ],
    ids=[
        "grey",
        "one-bit",
        "opaque",
        "transparent",
        "grey-alpha",
        "palette",
        "16-bit white",
        "16-bit grey",
        "16-bit dark",
    ],
)
def test_every_mode_becomes_rgb(image: Image.Image, expected: tuple[int, int, int]) -> None:
    pixels = decode_image(stored(image, "PNG"), "picture")
    assert pixels.shape == (2, 3, 3)
    assert (pixels == expected).all()


def test_cmyk_jpeg_keeps_its_colour() -> None:
    cmyk = Image.new("RGB", (16, 16), ORANGE).convert("CMYK")
    pixels = decode_image(stored(cmyk, "JPEG", quality=95), "picture")
    assert np.abs(pixels.astype(int) - ORANGE).max() <= 6


@pytest.mark.parametrize(
    "image", [Image.new("I;16", (3, 2), 32896), Image.new("L", (3, 2), 128)], ids=["16-bit", "grey"]
)
def test_tiffs_of_cameras_become_rgb(image: Image.Image) -> None:
    assert (decode_image(stored(image, "TIFF"), "picture") == 128).all()
    pages = stored(image, "TIFF", save_all=True, append_images=[Image.new("L", (9, 9), 3)], compression="tiff_lzw")
    assert decode_image(pages, "picture").shape == (2, 3, 3)


def test_avif_is_named_where_pillow_cannot_read_it(monkeypatch: pytest.MonkeyPatch) -> None:
    content = stored(Image.new("RGB", (8, 8)), "AVIF")
    monkeypatch.delitem(Image.OPEN, "AVIF")
    with pytest.raises(ImageError, match=r"a\.avif: .*this Pillow has no AVIF; pip install --upgrade pillow"):
        decode_image(content, "a.avif")


@pytest.mark.parametrize(("orientation", "corner"), [(1, (0, 0)), (3, (-1, -1)), (6, (0, -1)), (8, (-1, 0))])
def test_exif_orientation_is_applied(orientation: int, corner: tuple[int, int]) -> None:
    image = Image.new("RGB", (40, 20))
    image.paste(ORANGE, (0, 0, 10, 10))
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = decode_image(stored(image, "JPEG", exif=exif, quality=95), "picture")
    assert pixels.shape[:2] == ((40, 20) if orientation in (6, 8) else (20, 40))
    assert np.abs(pixels[corner].astype(int) - ORANGE).max() <= 20
    assert (np.all(np.abs(pixels.astype(int) - ORANGE) < 40, axis=-1).mean()) == pytest.approx(100 / 800, abs=0.03)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"hello, I am a text", "no BMP"),
        (stored(Image.effect_noise((64, 64), 50), "JPEG")[:-900], "truncated"),
        (stored(Image.effect_noise((64, 64), 50), "PNG")[:-900], "truncated"),
        (stored(Image.new("RGB", (8, 8)), "PPM"), "no BMP"),
        (stored(Image.new("RGB", (8, 8)), "PNG")[:40], ""),
    ],
    ids=["empty", "text", "truncated jpeg", "truncated png", "ppm", "header only"],
)
def test_damaged_image_is_one_clear_error(content: bytes, reason: str) -> None:
    with pytest.raises(ImageError, match=rf"^holiday\.jpg: .*{reason}") as caught:
        decode_image(content, "holiday.jpg")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("size", [(10_000, 6_401), (40_000, 30_000)], ids=["above our limit", "above Pillow's too"])
def test_pixel_limit_is_checked_before_decoding(size: tuple[int, int]) -> None:
    small = stored(Image.new("1", (8, 8)), "PNG")
    header = small[12:16] + struct.pack(">II", *size) + small[24:29]  # its checksum follows
    bomb = small[:12] + header + struct.pack(">I", zlib.crc32(header)) + small[33:]
    with pytest.raises(ImageError, match=r"bomb\.png: more than 64000000 pixels"):
        decode_image(bomb, "bomb.png")


def test_file_size_limit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(decode, "MAX_FILE_BYTES", 1 << 20)
    path = tmp_path / "large.bmp"
    path.write_bytes(stored(Image.new("RGB", (700, 700)), "BMP"))
    with pytest.raises(ImageError, match="more than 1 MiB"):
        read_image(path)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"nothing\.jpg: cannot read: No such file"):
        read_image(tmp_path / "nothing.jpg")


@needs_shared_data
def test_real_odd_images() -> None:
    shapes = {}
    for path in sorted((SHARED_DATA / "odd_images").iterdir()):
        if path.name != "truncated_jpeg.jpg":
            shapes[path.name] = read_image(path).shape
    with Image.open(SHARED_DATA / "odd_images" / "hopper_orientation_6.jpg") as image:
        assert shapes["hopper_orientation_6.jpg"] == (image.width, image.height, 3)
    assert all(shape[2] == 3 for shape in shapes.values())
    with pytest.raises(ImageError, match="truncated"):
        read_image(SHARED_DATA / "odd_images" / "truncated_jpeg.jpg")
