"""Addresses of live sources, as they may be shown."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from edge_runtime.errors import SourceError


def without_password(address: str) -> str:
    """The address without user and password.

    Raises:
        SourceError: it is no address.
    """
    try:
        parts = urlsplit(address)
    except ValueError as error:
        raise SourceError(f"{address}: no address: {error}") from error
    if parts.netloc:
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    return re.sub(r"://[^/\s]*@", "://", address)  # one inside a GStreamer pipeline
