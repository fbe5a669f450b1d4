"""The chosen file goes in; golden images, exports and what is written to disk come out."""

from __future__ import annotations

from converter.deliver.export import ensure_exportable

__all__ = ["ensure_exportable"]
