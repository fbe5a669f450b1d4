"""A real MQTT broker on a free port of this machine, and someone who listens to it."""

from __future__ import annotations

import getpass
import queue
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from programs import program

PATIENCE_SECONDS = 60


class Message(NamedTuple):
    """What a listener got."""

    topic: str
    payload: str
    qos: int
    retain: bool


class Broker:
    """mosquitto with a configuration of its own; it can hang, and be started again on the same port."""

    def __init__(self, folder: Path, *settings: str) -> None:
        self.port = _free_port()
        self._program = program("mosquitto")
        self._configuration = folder / f"mosquitto-{self.port}.conf"
        said = settings or ("allow_anonymous true",)
        kept = [f"user {getpass.getuser()}", "persistence true", f"persistence_location {folder}/"]
        self._configuration.write_text("\n".join([f"listener {self.port} 127.0.0.1", *kept, *said, ""]))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it and waits until it listens."""
        self._process = subprocess.Popen([self._program, "-c", str(self._configuration)], stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert self._process.poll() is None, "mosquitto ended"
            time.sleep(0.01)
        raise AssertionError("mosquitto does not listen")

    def stop(self) -> None:
        """Ends it; what its subscribers have not got yet it keeps for them."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def signal(self, number: signal.Signals) -> None:
        """SIGSTOP makes it hang, SIGCONT go on."""
        assert self._process is not None
        self._process.send_signal(number)


@contextmanager
def running_broker(folder: Path, *settings: str) -> Iterator[Broker]:
    """A broker that runs in the block."""
    broker = Broker(folder, *settings)
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()


@contextmanager
def listener(port: int, topic: str) -> Iterator[queue.Queue[Message]]:
    """The messages on ``topic``, from when the block begins; none is lost in an outage."""
    messages: queue.Queue[Message] = queue.Queue()
    subscribed: queue.Queue[bool] = queue.Queue()

    def keep(_client: Client, _data: object, message: MQTTMessage) -> None:
        messages.put(
            Message(message.topic, message.payload.decode("utf-8", "replace"), message.qos, bool(message.retain))
        )

    client = Client(CallbackAPIVersion.VERSION2, client_id=f"listener to {topic}", clean_session=False)
    client.reconnect_delay_set(1, 1)
    client.on_message = keep
    client.on_connect = lambda *_: client.subscribe(topic, qos=1)
    client.on_subscribe = lambda *_: subscribed.put(True)
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        subscribed.get(timeout=PATIENCE_SECONDS)
        yield messages
    finally:
        client.disconnect()
        client.loop_stop()


def wait_for(messages: queue.Queue[Message], fits: Callable[[Message], bool]) -> Message:
    """The next message that ``fits``."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (left := deadline - time.monotonic()) > 0:
        message = messages.get(timeout=left)
        if fits(message):
            return message
    raise AssertionError("no such message came")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
