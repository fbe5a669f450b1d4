"""The chosen candidate and the report go in; files on disk come out: model, exports and reports."""

from __future__ import annotations

from converter.deliver.complete import Delivery, deliver
from converter.deliver.write import ensure_deliverable, write_delivery

__all__ = ["Delivery", "deliver", "ensure_deliverable", "write_delivery"]
