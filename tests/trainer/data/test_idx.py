"""IDX files: read exactly, and refused by name where they are not what their header says."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from trainer.data.formats.idx import read_idx
from trainer.errors import DataError


def _idx(array: np.ndarray) -> bytes:
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)


@pytest.mark.parametrize("name", ["images-idx3-ubyte", "images-idx3-ubyte.gz"])
def test_the_array_comes_back(tmp_path: Path, name: str) -> None:
    content = _idx(IMAGES)
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    np.testing.assert_array_equal(read_idx(tmp_path / name), IMAGES)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not an IDX file"),
        (b"I am a text, not an array", "not an IDX file"),
        (struct.pack(">HBB1I", 0, 0x0D, 1, 1) + b"\0" * 4, "not an IDX file of unsigned bytes"),
        (_idx(IMAGES)[:9], "truncated IDX header"),
        (_idx(IMAGES)[:-1], "holds 23 bytes where its header says 24"),
        (_idx(IMAGES) + b"\0", "holds 25 bytes where its header says 24"),
        (struct.pack(">HBB3I", 0, 8, 3, 60000, 60000, 60000), "the limit is"),
    ],
)
def test_a_damaged_file_is_refused_by_name(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "images-idx3-ubyte"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_idx(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_truncated_or_missing_gz_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "images.gz"
    with pytest.raises(DataError, match=r"images\.gz: cannot read"):
        read_idx(path)
    path.write_bytes(gzip.compress(_idx(IMAGES))[:-12])
    with pytest.raises(DataError, match=r"images\.gz: cannot read"):
        read_idx(path)
