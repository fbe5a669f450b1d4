"""What the address behind ``--sink`` and the environment say about an MQTT broker."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from edge_runtime.errors import SinkError

MQTT_FORM = "mqtt[s]://HOST[:PORT]/TOPIC[?discovery[=PREFIX]][&picture]"
DISCOVERY_PREFIX = "homeassistant"
MAX_PASSWORD_BYTES = 65535
_PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """Where to connect to, as whom, and what to publish under.

    Attributes:
        address: as it may be shown.
        topic: of the results; events and the rest lie below it.
        discovery: the prefix that Home Assistant listens to; None tells it nothing.
        picture: whether pictures are sent too.
        ca_file: certificates to trust; None trusts those of the system.
    """

    address: str
    host: str
    port: int
    topic: str
    secure: bool = False
    discovery: str | None = None
    picture: bool = False
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None


def read_settings(address: str, environment: Mapping[str, str] = os.environ) -> MqttSettings:
    """Reads MQTT_FORM, and from the environment EDGE_MQTT_USER, EDGE_MQTT_PASSWORD or _PASSWORD_FILE, and _CA_FILE.

    Raises:
        SinkError: the address is not of that form, or a file cannot be read. No password is shown.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise SinkError(f"mqtt: no such address ({error}); expected {MQTT_FORM}") from error
    if parts.username is not None or parts.password is not None:
        raise SinkError(
            "mqtt: every user of this machine can see a password on the command line; set EDGE_MQTT_USER and "
            "EDGE_MQTT_PASSWORD or EDGE_MQTT_PASSWORD_FILE instead"
        )
    topic = unquote(parts.path[1:])
    if not host or not _is_topic(topic) or "#" in address:
        raise SinkError(f"{address}: expected {MQTT_FORM}, and a topic without + and #")
    user = environment.get("EDGE_MQTT_USER")
    password = _password(environment)
    if password is not None and user is None:
        raise SinkError("mqtt: there is a password without a user; set EDGE_MQTT_USER")
    ca_file = environment.get("EDGE_MQTT_CA_FILE")
    return MqttSettings(
        address=address,
        host=host,
        port=port or _PORTS[parts.scheme],
        topic=topic,
        secure=parts.scheme == "mqtts",
        **_options(parts.query, address),
        user=user,
        password=password,
        ca_file=Path(ca_file) if ca_file else None,
    )


def _options(query: str, address: str) -> dict[str, Any]:
    said = {key: values[0] for key, values in parse_qs(query, keep_blank_values=True).items()}
    prefix = said.get("discovery")
    if not set(said) <= {"discovery", "picture"} or said.get("picture") or (prefix and not _is_topic(prefix)):
        raise SinkError(f"{address}: expected {MQTT_FORM}")
    return {"discovery": None if prefix is None else prefix or DISCOVERY_PREFIX, "picture": "picture" in said}


def _is_topic(text: str) -> bool:
    return bool(text) and not set(text) & {"+", "#", "\0"} and len(text.encode()) < 1000


def _password(environment: Mapping[str, str]) -> str | None:
    path = environment.get("EDGE_MQTT_PASSWORD_FILE")
    if path is None:
        return environment.get("EDGE_MQTT_PASSWORD")
    try:
        with Path(path).open(encoding="utf-8") as file:
            return file.read(MAX_PASSWORD_BYTES).strip("\r\n")
    except OSError as error:
        raise SinkError(f"{path}: cannot read the password of EDGE_MQTT_PASSWORD_FILE: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SinkError(f"{path}: cannot read the password of EDGE_MQTT_PASSWORD_FILE: it is not UTF-8") from error
