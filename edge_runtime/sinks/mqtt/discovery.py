"""What Home Assistant is told, retained, so that a device with its entities appears by itself.

The format is that of Home Assistant's MQTT discovery: <prefix>/<component>/<node>/<object>/config.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from edge_runtime.console.command import tool_version
from edge_runtime.contracts.version import DISTRIBUTION

_EVENT_TEMPLATE = (
    "{{ {'event_type': value_json.event, 'label': value_json.label | default(none), "
    "'score': value_json.score | default(none), 'duration_ms': value_json.duration_ms | default(none), "
    "'reason': value_json.reason | default(none)} | to_json }}"
)


LABEL_SENSORS = 20
"""So many labels get a sensor of their own, at the most."""


def discovery_messages(
    prefix: str, topic: str, model: str, labels: Sequence[str] = (), *, picture: bool = False
) -> dict[str, dict[str, Any]]:
    """From topic to configuration: sensors for the best label, its score, each label and the camera, events, a picture.

    Args:
        prefix: that Home Assistant listens to.
        topic: of the results.
        model: the model file.
        labels: those that get a sensor each; none do where there are more than LABEL_SENSORS.
        picture: whether pictures are sent.
    """
    node = _node(topic)
    entities = {**_of_results(topic), **_of_the_source(topic)}
    if len(labels) <= LABEL_SENSORS:
        entities |= {("binary_sensor", f"label_{index}"): _of_label(topic, name) for index, name in enumerate(labels)}
    if picture:
        entities["image", "picture"] = {
            "name": "Picture", "image_topic": f"{topic}/picture", "content_type": "image/jpeg", **_availability(topic)
        }  # fmt: skip
    device = _device(node, topic, model)
    return {
        f"{prefix}/{component}/{node}/{name}/config": {"unique_id": f"edge_run_{node}_{name}", **entity, **device}
        for (component, name), entity in entities.items()
    }


def _node(topic: str) -> str:
    """An id of letters, digits, - and _ that no other topic has."""
    node = re.sub("[^a-zA-Z0-9_-]", "_", topic)
    if re.fullmatch("[a-zA-Z0-9/-]*", topic):
        return node
    return f"{node}_{sha256(topic.encode()).hexdigest()[:8]}"  # other topics may have become the same


def _device(node: str, topic: str, model: str) -> dict[str, Any]:
    device = {
        "identifiers": [f"edge_run_{node}"],
        "name": topic,
        "manufacturer": DISTRIBUTION,
        "model": Path(model).name,
        "sw_version": tool_version(),
    }
    return {"device": device, "origin": {"name": DISTRIBUTION, "sw_version": tool_version()}}


def _availability(topic: str, *, without_camera: bool = False) -> dict[str, Any]:
    """What was there before the camera was lost says nothing of now."""
    process = {"topic": f"{topic}/status"}
    if without_camera:
        return {"availability": [process]}
    camera = {"topic": f"{topic}/source", "payload_available": "there", "payload_not_available": "lost"}
    return {"availability": [process, camera], "availability_mode": "all"}


def _of_results(topic: str) -> dict[tuple[str, str], dict[str, Any]]:
    state = {"state_topic": f"{topic}/state", **_availability(topic)}
    return {
        ("sensor", "label"): {"name": "Label", "value_template": "{{ value_json.label or 'none' }}", **state},
        ("sensor", "score"): {
            "name": "Score",
            "value_template": "{{ (value_json.score * 100) | round(1) }}",
            "unit_of_measurement": "%",
            "state_class": "measurement",
            **state,
        },
    }


def _of_label(topic: str, label: str) -> dict[str, Any]:
    return {
        "name": label,
        "state_topic": f"{topic}/state",
        "value_template": f"{{{{ 'ON' if {json.dumps(label)} in value_json.labels else 'OFF' }}}}",
        **_availability(topic),
    }


def _of_the_source(topic: str) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        ("event", "change"): {
            "name": "Change",
            "state_topic": f"{topic}/event",
            "event_types": ["entered", "left", "source_lost", "source_back"],
            "value_template": _EVENT_TEMPLATE,
            **_availability(topic, without_camera=True),
        },
        ("binary_sensor", "camera"): {
            "name": "Camera problem",
            "device_class": "problem",
            "entity_category": "diagnostic",
            "state_topic": f"{topic}/source",
            "payload_on": "lost",
            "payload_off": "there",
            **_availability(topic, without_camera=True),
        },
    }
