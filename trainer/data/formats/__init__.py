"""Files of known data sets go in; image folders come out."""

from __future__ import annotations

from trainer.data.formats.arrays import idx_files, labels_of, read_idx_folder
from trainer.data.formats.named import NAMED, open_named
from trainer.data.formats.unpack import unpack

__all__ = ["NAMED", "idx_files", "labels_of", "open_named", "read_idx_folder", "unpack"]
