"""What Home Assistant is told, retained, so that a device with its entities appears by itself.

The format is that of Home Assistant's MQTT discovery: <prefix>/<component>/<node>/<object>/config.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from edge_runtime.console.command import tool_version
from edge_runtime.contracts.version import DISTRIBUTION

_EVENT_TEMPLATE = (
    "{{ {'event_type': value_json.event, 'label': value_json.label, 'score': value_json.score, "
    "'duration_ms': value_json.duration_ms | default(none)} | to_json }}"
)


def discovery_messages(prefix: str, topic: str, model: str) -> dict[str, dict[str, Any]]:
    """From topic to configuration: a sensor for the best label, one for its score, and one event entity.

    Args:
        prefix: that Home Assistant listens to.
        topic: of the results.
        model: the model file.
    """
    node = re.sub(r"[^a-zA-Z0-9_-]+", "_", topic)
    common = {
        "availability_topic": f"{topic}/status",
        "device": {
            "identifiers": [f"edge_run_{node}"],
            "name": topic,
            "manufacturer": DISTRIBUTION,
            "model": Path(model).name,
            "sw_version": tool_version(),
        },
        "origin": {"name": DISTRIBUTION, "sw_version": tool_version()},
    }
    state = {"state_topic": f"{topic}/state"}
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
            "event_types": ["entered", "left"],
            "value_template": _EVENT_TEMPLATE,
        },
    }
    return {
        f"{prefix}/{component}/{node}/{name}/config": {"unique_id": f"edge_run_{node}_{name}", **entity, **common}
        for (component, name), entity in entities.items()
    }
