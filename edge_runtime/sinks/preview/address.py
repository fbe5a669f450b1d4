"""Where the preview listens, and the token that others than this machine need."""

from __future__ import annotations

import ipaddress
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from edge_runtime.errors import SinkError

PREVIEW_FORM = "preview[:[HOST:]PORT]"
DEFAULT_PORT = 8080
_LOCALHOST = "127.0.0.1"
_LEAST_TOKEN = 16


@dataclass(frozen=True, slots=True)
class PreviewAddress:
    """Where to listen.

    Attributes:
        host: an address of this machine; "0.0.0.0" or "::" for all of them.
        port: 0 takes any that is free.
        token: what a viewer must know; None lets everyone look who reaches it.
        token_is_new: whether it was made up here, so that it must be told.
    """

    host: str
    port: int
    token: str | None = field(repr=False)
    token_is_new: bool = False

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches it."""
        return _is_loopback(self.host)


def read_address(target: str, environment: Mapping[str, str] = os.environ) -> PreviewAddress:
    """Reads what stands behind ``preview:``, and EDGE_PREVIEW_TOKEN.

    Raises:
        SinkError: it is no address, or the token is short.
    """
    host, _, port = (target or str(DEFAULT_PORT)).rpartition(":")
    host = host.strip("[]") or _LOCALHOST
    if not (port.isascii() and port.isdigit() and int(port) < 65536 and _is_address(host)):
        raise SinkError(f"preview:{target}: expected {PREVIEW_FORM}, HOST an address of this machine such as 0.0.0.0")
    token = environment.get("EDGE_PREVIEW_TOKEN")
    if token is not None and len(token) < _LEAST_TOKEN:
        raise SinkError(f"preview: EDGE_PREVIEW_TOKEN is shorter than {_LEAST_TOKEN} characters")
    if token is None and not _is_loopback(host):
        return PreviewAddress(host, int(port), secrets.token_urlsafe(), token_is_new=True)
    return PreviewAddress(host, int(port), token)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return True


def _is_loopback(host: str) -> bool:
    return host == "localhost" or ipaddress.ip_address(host).is_loopback
