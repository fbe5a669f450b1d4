"""Addresses of live sources, as they may be shown: nobody finds a password in a result, a message or a metric.

What is not known to be harmless is hidden: a camera that is shown as ``…?user=…&channel=1`` is still the same camera.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from edge_runtime.errors import SourceError

_HIDDEN = "…"
_HARMLESS = frozenset(
    {
        "action", "camera", "ch", "channel", "chn", "codec", "compression", "fps", "height", "mode", "number",
        "profile", "quality", "rate", "resolution", "size", "snapshot", "source", "stream", "streamtype", "subtype",
        "transport", "video", "videocodec", "width",
    }
)  # fmt: skip
"""Names of parameters, in lower case, whose values are shown."""
_WHOLE = re.compile(r"[A-Za-z][\w+.-]*://")
_IN_PIPELINE = re.compile(r"""(["'])([^"']*://.*?)\1|([A-Za-z][\w+.-]*://(?:\\.|\S)*)""", re.DOTALL)
_SECRET_PROPERTY = re.compile(
    r"""(?P<name>\b[\w-]*(?:user|login|passw|pw|pass|auth|secret|token|key|-id|credential|cookie)[\w-]*\s*=\s*)"""
    r"""(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\S+)""",
    re.IGNORECASE,
)
_PARAMETER = re.compile(r"[^&;]+")


def without_password(text: str) -> str:
    """A SOURCE without what may be a user or a password; files and cameras are shown as they are."""
    if _WHOLE.match(text):
        return _hidden(text)
    if not text.startswith("gstreamer:"):
        return text
    return _SECRET_PROPERTY.sub(rf"\g<name>{_HIDDEN}", _IN_PIPELINE.sub(_hide_in_pipeline, text))


def without_user(address: str) -> str:
    """The address to connect to: without user and password, which are sent otherwise, and whole in all else."""
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def check_address(address: str) -> None:
    """Refuses what is no address, and a password that ends it too early.

    Raises:
        SourceError: so it is; the message shows no password.
    """
    try:
        parts = urlsplit(address)
        names_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        names_host = False
    if not names_host:
        fix = "; in a password write / as %2F, # as %23, ? as %3F, @ as %40" if "@" in address else ""
        raise SourceError(f"{without_password(address)}: no address{fix}")


def _hide_in_pipeline(match: re.Match[str]) -> str:
    quote, quoted, bare = match.groups()
    return _hidden(bare) if bare else f"{quote}{_hidden(quoted)}{quote}"


def _hidden(address: str) -> str:
    """One address. A password in it may hold any character, also those that end a part of an address."""
    scheme, _, rest = address.partition("://")
    host = re.split("[/?#]", rest, maxsplit=1)[0]
    if "@" in host and rest.count("@") == 1:
        rest = rest.partition("@")[2]
    elif "@" in host or ("@" in rest and ":" in host):  # where does the password end?
        return f"{scheme}://{_HIDDEN}"
    path, mark, query = rest.partition("#")[0].partition("?")
    return f"{scheme}://{path}{mark}{_PARAMETER.sub(_hide_parameter, query)}"


def _hide_parameter(match: re.Match[str]) -> str:
    name, is_said, _ = match[0].partition("=")
    if name.lower() in _HARMLESS:
        return match[0]
    return f"{name}={_HIDDEN}" if is_said else _HIDDEN
