"""Discovery messages against Home Assistant's own schemas; home_assistant_keys.json says where these stand."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mosquitto import PATIENCE_SECONDS, listener, running_broker, wait_for
from results import made_frame, made_result

from edge_runtime.contracts.results import Category, ClassificationResult, Timing
from edge_runtime.sinks import open_sink
from edge_runtime.sinks.base import RunInfo
from edge_runtime.sinks.mqtt.discovery import LABEL_SENSORS, discovery_messages

KEYS = json.loads(Path(__file__).with_name("home_assistant_keys.json").read_text())
LABELS = ("glass", 'a "quoted" one', "Grün", "}}{% x %}")


def fits(found: dict[str, Any], schema: dict[str, list[str]], more: list[str] = ()) -> bool:
    return set(schema["required"]) <= set(found) <= {*schema["required"], *schema["optional"], *more}


def faults(topic: str, message: dict[str, Any]) -> list[str]:
    """What Home Assistant would not take."""
    _, component, node, name, config = topic.split("/")
    wrong = [] if fits(message, KEYS["components"][component], KEYS["common"]) else [f"keys {sorted(message)}"]
    wrong += [f"{each}" for each in message["availability"] if not fits(each, KEYS["availability"])]
    wrong += [] if message.get("availability_mode", "latest") in KEYS["availability_modes"] else ["availability_mode"]
    wrong += [] if set(message["device"]) <= set(KEYS["device"]) and message["device"]["identifiers"] else ["device"]
    wrong += [] if fits(message["origin"], KEYS["origin"]) else ["origin"]
    wrong += [part for part in (node, name) if not re.fullmatch("[a-zA-Z0-9_-]+", part)]
    return wrong + ([] if config == "config" else [config])


def test_every_message_is_one_that_home_assistant_takes() -> None:
    found = discovery_messages("ha", "küche/bin 1", "models/waste.tflite", LABELS, picture=True)
    assert {topic: faults(topic, message) for topic, message in found.items()} == {topic: [] for topic in found}
    assert {topic.split("/")[1] for topic in found} == set(KEYS["components"])
    broken = {"unique_id": "x", "topics": 1} | next(iter(found.values()))
    assert faults(next(iter(found)), broken) != []


def test_each_label_has_a_sensor_that_follows_the_camera() -> None:
    found = discovery_messages("ha", "bin", "m.tflite", LABELS)
    for index, label in enumerate(LABELS):
        message = found[f"ha/binary_sensor/bin/label_{index}/config"]
        quoted = re.fullmatch(r"\{\{ 'ON' if (\".*\") in value_json\.labels else 'OFF' \}\}", message["value_template"])
        assert (json.loads(quoted[1]), message["name"]) == (label, label)
        assert {each["topic"] for each in message["availability"]} == {"bin/status", "bin/source"}
    many = [str(number) for number in range(LABEL_SENSORS + 1)]
    assert not any("label_" in topic for topic in discovery_messages("ha", "bin", "m.tflite", many))


@given(
    st.lists(
        st.text(st.characters(exclude_characters="+#\0", exclude_categories=["Cs"]), min_size=1, max_size=8),
        min_size=2,
        unique=True,
    )
)
def test_no_two_topics_share_an_id(topics: list[str]) -> None:
    found = [message for topic in topics for message in discovery_messages("ha", topic, "m.tflite").values()]
    assert len({message["unique_id"] for message in found}) == len(found)
    assert len({message["device"]["identifiers"][0] for message in found}) == len(topics)


@pytest.mark.parametrize("topics", [("home/bin", "home_bin"), ("a//b", "a/b"), ("a b", "a_b"), ("a/b", "a-b")])
def test_topics_that_look_alike_are_different_devices(topics: tuple[str, str]) -> None:
    found = [set(discovery_messages("ha", topic, "m.tflite")) for topic in topics]
    assert not found[0] & found[1]


@pytest.mark.parametrize(("shows_several", "expected"), [(False, ["glass"]), (True, ["glass", "paper"])])
def test_labels_that_are_there_and_the_picture_are_told(
    tmp_path: Path, shows_several: bool, expected: list[str]
) -> None:
    run = RunInfo(labels=("paper", "glass"), shows_several=shows_several)
    categories = (Category(1, "glass", 0.9), Category(0, "paper", 0.6))
    both = ClassificationResult(categories, Timing(1, 1, 1))
    result = made_result()
    object.__setattr__(result, "classification", both)
    with running_broker(tmp_path) as broker, listener(broker.port, "#") as messages:
        sink = open_sink(f"mqtt://127.0.0.1:{broker.port}/bin?discovery&picture", run)
        sink.write(result, made_frame())
        state = wait_for(messages, lambda message: message.topic == "bin/state")
        assert json.loads(state.payload) == {"label": "glass", "score": 0.9, "labels": expected}
        sink.close()
    with running_broker(tmp_path) as broker, listener(broker.port, "bin/picture") as messages:
        sink = open_sink(f"mqtt://127.0.0.1:{broker.port}/bin?picture", run)
        for number in range(5):  # the same again is no news
            sink.write(made_result(number), made_frame(number))
        sink.write(made_result(6, "paper"), made_frame(6, shade=200))  # too soon: a second apart at the least
        pictures = {messages.get(timeout=PATIENCE_SECONDS).payload}
        sink.close()
        while not messages.empty():
            pictures.add(messages.get().payload)
        assert len(pictures) == 1
        assert "JFIF" in pictures.pop()
