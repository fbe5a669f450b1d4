"""The MQTT sink against a real broker."""

import gc
import json
import logging
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from children import running
from mosquitto import PATIENCE_SECONDS, Broker, Message, listener, running_broker, wait_for
from programs import program
from results import made_result
from tiny_model import LABELS, write_tiny_model

from edge_runtime.console.child_process import console_script
from edge_runtime.contracts.results import SourceChange
from edge_runtime.sinks import open_sink
from edge_runtime.sinks.base import RunInfo
from edge_runtime.sinks.mqtt import sink as mqtt_sink
from edge_runtime.sinks.mqtt.discovery import discovery_messages


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with running_broker(tmp_path) as broker:
        yield broker


@pytest.fixture
def model(tmp_path: Path) -> list[str]:
    (tmp_path / "labels.txt").write_text("\n".join(LABELS))
    path = write_tiny_model(tmp_path / "tiny.tflite", dtype="uint8", input_quantization=(1 / 32, 0))
    return [str(path), "--labels", str(tmp_path / "labels.txt")]


def is_status(text: str) -> object:
    return lambda message: message.topic.endswith("/status") and message.payload == text


def wait_until_connected(sink: mqtt_sink.MqttSink) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not sink._client.is_connected():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_run_is_published_from_online_to_offline(broker: Broker, model: list[str]) -> None:
    sink = f"mqtt://127.0.0.1:{broker.port}/home/bin?discovery"
    command = [*console_script("edge-run"), *model, "synthetic:8x8:100000000", "--sink", sink, "--events"]
    with listener(broker.port, "home/#") as messages, running(command) as process:
        got = [wait_for(messages, lambda message: message.topic == "home/bin/status")]
        got.append(wait_for(messages, lambda message: message.topic == "home/bin/event"))
        got.append(wait_for(messages, lambda message: message.topic == "home/bin"))
        process.send_signal(signal.SIGTERM)
        while not is_status("offline")(got[-1]):
            got.append(wait_for(messages, lambda _: True))
    by_topic: dict[str, list[Message]] = {}
    for message in got:
        by_topic.setdefault(message.topic.removeprefix("home/bin"), []).append(message)
    assert [message.payload for message in by_topic["/status"]] == ["online", "offline"]
    events = [json.loads(message.payload) for message in by_topic["/event"]]
    assert (events[0]["event"], events[0]["frame"]) == ("entered", 0)  # published before there was a connection
    assert {message.qos for message in by_topic["/event"]} == {1}
    frames = [json.loads(message.payload) for message in by_topic[""]]
    assert frames
    assert all(list(frame)[:3] == ["schema", "source", "frame"] for frame in frames)
    with listener(broker.port, "#") as messages:  # someone who comes later learns the same
        later = {
            message.topic: message
            for message in (messages.get(timeout=PATIENCE_SECONDS) for _ in range(7 + len(LABELS)))
        }
    assert later["home/bin/status"].payload == "offline"
    assert all(message.retain for message in later.values())
    assert json.loads(later["home/bin/state"].payload)["label"] in LABELS
    assert len([topic for topic in later if topic.startswith("homeassistant/")]) == 4 + len(LABELS)
    assert later["home/bin/source"].payload == "there"


def test_events_told_while_the_broker_is_gone_arrive_after_its_restart(broker: Broker) -> None:
    sink = open_sink(f"mqtt://127.0.0.1:{broker.port}/bin")
    wait_until_connected(sink)
    with listener(broker.port, "bin/event") as messages:
        broker.stop()
        for number in range(50):
            sink.write(made_result(number, events=True))
        broker.start()
        got = {json.loads(messages.get(timeout=PATIENCE_SECONDS).payload)["frame"] for _ in range(50)}
    sink.close()
    assert got == set(range(50))
    assert (sink.counts.events_sent, sink.counts.events_lost) == (50, 0)
    assert sink.counts.results_sent + sink.counts.results_left_out == 50
    assert sink.counts.results_left_out >= 50 - mqtt_sink.MAX_WAITING_RESULTS


def test_killed_it_is_offline_by_its_last_will(broker: Broker, model: list[str]) -> None:
    sink = f"mqtt://127.0.0.1:{broker.port}/bin"
    command = [*console_script("edge-run"), *model, "synthetic:8x8:100000000", "--sink", sink]
    with listener(broker.port, "bin/#") as messages, running(command) as process:
        wait_for(messages, is_status("online"))
        process.send_signal(signal.SIGKILL)
        assert wait_for(messages, is_status("offline")).topic == "bin/status"


def test_without_a_broker_events_wait_up_to_a_limit_and_are_counted(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(mqtt_sink, "MAX_WAITING_EVENTS", 10)
    monkeypatch.setattr(mqtt_sink, "GOODBYE_SECONDS", 0.0)
    sink = open_sink("mqtt://127.0.0.1:9/bin")
    for number in range(15):
        sink.write(made_result(number, events=True))
    assert sink.counts.events_lost == 5
    sink.close()
    assert (sink.counts.events_sent, sink.counts.events_lost) == (0, 15)
    assert sink.counts.results_left_out == 15
    assert caplog.text.count("10 events wait; further ones are lost") == 1
    assert caplog.text.count("trying on") <= 1


def test_a_broker_that_hangs_holds_nothing_up(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt_sink, "GOODBYE_SECONDS", 0.0)
    sink = open_sink(f"mqtt://127.0.0.1:{broker.port}/bin")
    wait_until_connected(sink)
    broker.signal(signal.SIGSTOP)
    written = 0
    while not sink.counts.results_left_out:
        sink.write(made_result(written, label="x" * 2000))
        written += 1
        assert written < 1_000_000
    assert len(sink._results) <= mqtt_sink.MAX_WAITING_RESULTS
    broker.signal(signal.SIGCONT)
    sink.close()
    assert sink.counts.results_sent + sink.counts.results_left_out == written


def test_home_assistant_is_told_what_to_show(broker: Broker) -> None:
    with listener(broker.port, "ha/#") as messages:
        address = f"mqtt://127.0.0.1:{broker.port}/home/bin?discovery=ha"
        sink = open_sink(address, RunInfo(model="models/waste.tflite"))
        configurations = {}
        while len(configurations) < 4:
            message = messages.get(timeout=PATIENCE_SECONDS)
            configurations[message.topic] = json.loads(message.payload)
        sink.close()
    assert set(configurations) == {
        "ha/sensor/home_bin/label/config", "ha/sensor/home_bin/score/config", "ha/event/home_bin/change/config",
        "ha/binary_sensor/home_bin/camera/config",
    }  # fmt: skip
    label = configurations["ha/sensor/home_bin/label/config"]
    assert (label["state_topic"], label["availability_mode"]) == ("home/bin/state", "all")
    assert label["availability"] == [
        {"topic": "home/bin/status"},
        {"topic": "home/bin/source", "payload_available": "there", "payload_not_available": "lost"},
    ]
    event = configurations["ha/event/home_bin/change/config"]
    assert event["event_types"] == ["entered", "left", "source_lost", "source_back"]
    problem = configurations["ha/binary_sensor/home_bin/camera/config"]
    assert (problem["device_class"], problem["payload_on"], problem["payload_off"]) == ("problem", "lost", "there")
    assert event["availability"] == problem["availability"] == [{"topic": "home/bin/status"}]  # also while it is lost
    assert len({each["unique_id"] for each in configurations.values()}) == 4
    assert {tuple(each["device"]["identifiers"]) for each in configurations.values()} == {("edge_run_home_bin",)}
    assert label["device"]["model"] == "waste.tflite"


def test_user_and_password_come_from_a_file_and_are_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    users = tmp_path / "users"
    users.touch(mode=0o600)
    subprocess.run([program("mosquitto_passwd"), "-b", str(users), "pi", "s3cret"], check=True, capture_output=True)
    users.chmod(0o644)
    tmp_path.chmod(0o755)
    (tmp_path / "password").write_text("wrong-s3cret\n")
    monkeypatch.setenv("EDGE_MQTT_USER", "pi")
    monkeypatch.setenv("EDGE_MQTT_PASSWORD_FILE", str(tmp_path / "password"))
    with running_broker(tmp_path, f"password_file {users}") as broker:
        refused = open_sink(f"mqtt://127.0.0.1:{broker.port}/bin")
        deadline = time.monotonic() + PATIENCE_SECONDS
        while "it refuses: Not authorized" not in caplog.text:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        refused.close()
        (tmp_path / "password").write_text("s3cret\n")
        sink = open_sink(f"mqtt://127.0.0.1:{broker.port}/bin")
        wait_until_connected(sink)
        sink.close()
    assert "s3cret" not in caplog.text
    assert "s3cret" not in repr(sink._settings)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # paho leaves the refused socket open
def test_tls_trusts_only_what_it_is_told_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            program("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate),
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    settings = ("allow_anonymous true", f"certfile {certificate}", f"keyfile {key}")
    with running_broker(tmp_path, *settings) as broker:
        address = f"mqtts://127.0.0.1:{broker.port}/bin"
        stranger = open_sink(address)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while "trying on" not in caplog.text:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert not stranger._client.is_connected()
        stranger.close()
        del stranger
        gc.collect()  # its socket is found here, where that is no failure, and not at the end of all tests
        monkeypatch.setenv("EDGE_MQTT_CA_FILE", str(certificate))
        sink = open_sink(address)
        wait_until_connected(sink)
        sink.close()


def test_topics_that_differ_beyond_ascii_are_different_devices() -> None:
    found = [discovery_messages("ha", topic, "m.tflite") for topic in ("küche", "köche", "kuche")]
    assert len({each["unique_id"] for messages in found for each in messages.values()}) == 12
    assert len({topic for messages in found for topic in messages}) == 12


def test_a_name_server_that_hangs_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    hangs, answers = threading.Event(), threading.Event()

    def getaddrinfo(*_: object, **__: object) -> list[object]:
        hangs.set()
        answers.wait(PATIENCE_SECONDS)
        raise OSError("no such host")

    monkeypatch.setattr("socket.getaddrinfo", getaddrinfo)
    sink = open_sink("mqtt://broker.invalid/bin")
    assert hangs.wait(PATIENCE_SECONDS)
    sink.write(made_result(events=True))
    started = time.monotonic()
    sink.close()
    assert time.monotonic() - started < 2 * mqtt_sink.GOODBYE_SECONDS
    assert sink.counts.events_lost == 1
    answers.set()
    for thread in threading.enumerate():
        if thread.name == "mqtt goodbye":
            thread.join(PATIENCE_SECONDS)


def test_whoever_comes_later_learns_that_the_camera_is_lost(broker: Broker) -> None:
    sink = open_sink(f"mqtt://127.0.0.1:{broker.port}/bin")
    wait_until_connected(sink)
    sink.tell(SourceChange("source_lost", "camera:0", 7, "gone"))
    with listener(broker.port, "bin/source") as messages:
        assert wait_for(messages, lambda message: message.payload == "lost").topic == "bin/source"
        broker.stop()  # and a broker that has forgotten is told again
        broker.start()
        assert wait_for(messages, lambda message: message.payload == "lost").topic == "bin/source"
    with listener(broker.port, "bin/#") as messages:
        sink.tell(SourceChange("source_back", "camera:0", 8))
        assert wait_for(messages, lambda message: message.topic == "bin/event" and "source_back" in message.payload)
        assert wait_for(messages, lambda message: message.topic == "bin/source" and message.payload == "there")
    sink.close()
