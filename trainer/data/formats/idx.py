"""Reads IDX files, the format of MNIST and Fashion-MNIST (http://yann.lecun.com/exdb/mnist/)."""

from __future__ import annotations

import gzip
import math
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trainer.errors import DataError

_UNSIGNED_BYTE = 0x08
_MAX_BYTES = 1 << 30


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Returns the array of unsigned bytes in an IDX file, gzipped (``.gz``) or not.

    Raises:
        DataError: the file is missing, is no IDX file of unsigned bytes, or is not as long as its header says.
    """
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            magic = file.read(4)
            if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] != _UNSIGNED_BYTE or not 1 <= magic[3] <= 4:
                raise DataError(f"{path}: not an IDX file of unsigned bytes")
            header = file.read(4 * magic[3])
            if len(header) < 4 * magic[3]:
                raise DataError(f"{path}: truncated IDX header; fetch the file again")
            shape = struct.unpack(f">{magic[3]}I", header)
            size = math.prod(shape)
            if size > _MAX_BYTES:
                raise DataError(f"{path}: the IDX header announces {size} bytes; the limit is {_MAX_BYTES}")
            content = file.read(size + 1)
    except (OSError, EOFError) as error:
        raise DataError(f"{path}: cannot read: {error}") from error
    if len(content) != size:
        raise DataError(f"{path}: holds {len(content)} bytes where its header says {size}; fetch the file again")
    return np.frombuffer(content, np.uint8).reshape(shape)
