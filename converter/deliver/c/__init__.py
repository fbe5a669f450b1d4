"""A finished file goes in; a folder of C source comes out, which a microcontroller's compiler takes."""

from __future__ import annotations

from converter.deliver.c.files import MARK, c_array_files, c_array_paths

__all__ = ["MARK", "c_array_files", "c_array_paths"]
