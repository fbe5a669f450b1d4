"""What Home Assistant is told, retained, so that a device with its entities appears by itself.

The format is that of Home Assistant's MQTT discovery: <prefix>/<component>/<node>/<object>/config.
"""

from __future__ import annotations

import re
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


def discovery_messages(prefix: str, topic: str, model: str) -> dict[str, dict[str, Any]]:
    """From topic to configuration: sensors for the best label and its score, an event entity, and one for the camera.

    Args:
        prefix: that Home Assistant listens to.
        topic: of the results.
        model: the model file.
    """
    node = re.sub(r"[^a-zA-Z0-9_-]+", "_", topic)
    if not topic.isascii():  # two such topics may differ in nothing else
        node += "_" + sha256(topic.encode()).hexdigest()[:8]
    common = {
        "device": {
            "identifiers": [f"edge_run_{node}"],
            "name": topic,
            "manufacturer": DISTRIBUTION,
            "model": Path(model).name,
            "sw_version": tool_version(),
        },
        "origin": {"name": DISTRIBUTION, "sw_version": tool_version()},
    }
    process = {"topic": f"{topic}/status"}
    camera = {"topic": f"{topic}/source", "payload_available": "there", "payload_not_available": "lost"}
    state = {
        "state_topic": f"{topic}/state",
        "availability": [process, camera],  # what was there before the camera was lost says nothing of now
        "availability_mode": "all",
    }
    entities: dict[tuple[str, str], dict[str, Any]] = {
        ("sensor", "label"): {"name": "Label", "value_template": "{{ value_json.label or 'none' }}", **state},
        ("sensor", "score"): {
            "name": "Score",
            "value_template": "{{ (value_json.score * 100) | round(1) }}",
            "unit_of_measurement": "%",
            "state_class": "measurement",
            **state,
        },
        ("event", "change"): {
            "name": "Change",
            "state_topic": f"{topic}/event",
            "event_types": ["entered", "left", "source_lost", "source_back"],
            "value_template": _EVENT_TEMPLATE,
            "availability": [process],
        },
        ("binary_sensor", "camera"): {
            "name": "Camera problem",
            "device_class": "problem",
            "entity_category": "diagnostic",
            "state_topic": f"{topic}/source",
            "payload_on": "lost",
            "payload_off": "there",
            "availability": [process],
        },
    }
    return {
        f"{prefix}/{component}/{node}/{name}/config": {"unique_id": f"edge_run_{node}_{name}", **entity, **common}
        for (component, name), entity in entities.items()
    }
