"""Runs edge-run for many frames with every kind of sink, takes broker, consumer and viewer away, and checks the books.

The camera is a plug-in, as another package would add it: it makes frames of one colour, a new one every 200 frames,
every 1,000th is damaged, and it comes to an end.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from mosquitto import Broker
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from tiny_model import LABELS, write_tiny_model

from edge_runtime.console.child_process import console_script

_TOPIC = "soak"
_PATIENCE_SECONDS = 60.0
_CAMERA = """
import time
import numpy as np
from edge_runtime.errors import ImageError
from edge_runtime.sources import EndOfStream

COLORS = [np.full((48, 64, 3), color, np.uint8) for color in ((255, 0, 0), (0, 255, 0), (0, 0, 255))]


class SoakCamera:
    def __init__(self, address):
        self.count, self.rate = (int(part) for part in address.removeprefix("soak:").split(","))
        self.number = 0

    def open(self):
        self.start = time.monotonic()

    def read(self):
        if self.number == self.count:
            raise EndOfStream
        self.number += 1
        time.sleep(max(0.0, self.start + self.number / self.rate - time.monotonic()))
        if self.number % 1000 == 0:
            raise ImageError("soak: damaged on purpose")
        return COLORS[self.number // 200 % 3]

    def close(self):
        pass
"""


@dataclass
class Books:
    """What edge-run said, what its file holds, and what arrived elsewhere.

    Attributes:
        produced, delivered, dropped, failed: from its closing line.
        results, failures: lines of the file.
        events: of the file, (kind, frame).
        received: events that arrived at the consumer.
        pictures: how many the viewer got.
        memory_mb: resident memory, sampled once the first 10,000 frames (or a tenth, if that is less) were through.
        errors: what is wrong with the file.
    """

    produced: int = 0
    delivered: int = 0
    dropped: int = 0
    failed: int = 0
    results: int = 0
    failures: int = 0
    events: set[tuple[str, int]] = field(default_factory=set)
    received: set[tuple[str, int]] = field(default_factory=set)
    pictures: int = 0
    memory_mb: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def faults(self, frames: int) -> list[str]:
        """What does not add up; nothing where all is well."""
        checks = {
            f"{self.produced} frames captured, not {frames}": self.produced == frames,
            "captured is not delivered + dropped + failed": self.produced
            == self.delivered + self.dropped + self.failed,
            f"{self.results} results in the file, {self.delivered} delivered": self.results == self.delivered,
            f"{self.failures} failures in the file, {self.failed} failed": self.failures == self.failed,
            f"{len(self.events - self.received)} events never arrived": self.events <= self.received,
            f"{len(self.received - self.events)} events arrived that are not in the file": self.received <= self.events,
            "no event at all": bool(self.events),
            "no picture reached the viewer": self.pictures > 0,
        }
        return [text for text, holds in checks.items() if not holds] + self.errors


class Consumer:
    """Someone who wants every event (QoS 1), also those of while he was away."""

    def __init__(self, port: int) -> None:
        self.received: set[tuple[str, int]] = set()
        self._port = port
        self._client = self._connect()

    def leave(self) -> None:
        """Goes away without a word; the broker keeps what comes."""
        self._client.disconnect()
        self._client.loop_stop()

    def come_back(self) -> None:
        """Is there again."""
        self._client = self._connect()

    def _connect(self) -> Client:
        client = Client(CallbackAPIVersion.VERSION2, client_id="soak consumer", clean_session=False)
        client.reconnect_delay_set(1, 1)
        client.on_message = self._keep
        subscribed = threading.Event()
        client.on_connect = lambda *_: client.subscribe(f"{_TOPIC}/event", qos=1)
        client.on_subscribe = lambda *_: subscribed.set()
        client.connect_async("127.0.0.1", self._port)
        client.loop_start()
        assert subscribed.wait(_PATIENCE_SECONDS)
        return client

    def _keep(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        event = json.loads(message.payload)
        self.received.add((event["event"], event["frame"]))


def soak(folder: Path, frames: int, rate: int, away_seconds: float) -> Books:
    """Runs it; the broker is restarted at a quarter and a half of the frames, the consumer leaves at three quarters."""
    books, target, port = Books(), folder / "out.jsonl", _free_port()
    broker = Broker(folder)
    broker.start()
    consumer = Consumer(broker.port)
    process = _start(folder, f"soak:{frames},{rate}", target, broker.port, port)
    said: list[str] = []
    reader = threading.Thread(target=lambda: said.extend(process.stderr or ()))
    watcher = threading.Thread(target=_watch, args=(process, target, min(10_000, frames // 10), books))
    viewer = threading.Thread(target=_view, args=(process, port, books))
    for thread in (reader, watcher, viewer):
        thread.start()
    try:
        for part in (0.25, 0.5):
            _wait(process, lambda part=part: _last_frame(target) >= part * frames)
            broker.stop()
            time.sleep(away_seconds)
            broker.start()
        _wait(process, lambda: _last_frame(target) >= 0.75 * frames)
        consumer.leave()
        time.sleep(away_seconds)
        consumer.come_back()
        process.wait()
        for thread in (reader, watcher, viewer):
            thread.join()
        _read_books(books, target, "".join(said))
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while consumer.received != books.events and time.monotonic() < deadline:
            time.sleep(0.05)
        books.received = consumer.received
    finally:
        process.kill()
        process.wait()
        if process.stderr is not None:
            process.stderr.close()
        consumer.leave()
        broker.stop()
    return books


def _start(folder: Path, source: str, target: Path, broker: int, preview: int) -> subprocess.Popen[str]:
    (folder / "soak_camera.py").write_text(_CAMERA)
    information = folder / "soak_camera-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: soak-camera\n")
    (information / "entry_points.txt").write_text("[edge_deploy_kit.connections]\nsoak = soak_camera:SoakCamera\n")
    (folder / "labels.txt").write_text("\n".join(LABELS))
    model = write_tiny_model(folder / "tiny.tflite", dtype="uint8", input_quantization=(1 / 32, 0))
    command = [
        *console_script("edge-run"), str(model), source, "--labels", str(folder / "labels.txt"),
        "--events", "--sink", f"jsonl:{target}", "--sink", f"mqtt://127.0.0.1:{broker}/{_TOPIC}",
        "--sink", f"preview:{preview}",
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)


def _watch(process: subprocess.Popen[str], target: Path, first: int, books: Books) -> None:
    """Samples memory once the first frames are through."""
    while process.poll() is None:
        time.sleep(0.2)
        if _last_frame(target) < first:
            continue
        with suppress(OSError):
            found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc", str(process.pid), "status").read_text())
            if found:
                books.memory_mb.append(int(found[1]) * 1024 / 1e6)


def _view(process: subprocess.Popen[str], port: int, books: Books) -> None:
    while process.poll() is None:
        time.sleep(0.1)
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/picture", timeout=5) as answer:
            books.pictures += answer.read(2) == b"\xff\xd8"


def _wait(process: subprocess.Popen[str], condition: Callable[[], bool]) -> None:
    while not condition() and process.poll() is None:
        time.sleep(0.05)


def _last_frame(target: Path) -> int:
    """The number in the last whole line of the file."""
    if not target.exists():
        return -1
    with target.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - 2000))
        lines = file.read().split(b"\n")[1:-1]
    return int(json.loads(lines[-1])["frame"]) if lines else -1


def _read_books(books: Books, target: Path, said: str) -> None:
    found = re.search(r"(\d+) frames captured, (\d+) delivered, (\d+) dropped, (\d+) failed", said)
    if found is None:
        books.errors.append(f"edge-run gave no account of its frames: {said[-500:]}")
        return
    books.produced, books.delivered, books.dropped, books.failed = (int(number) for number in found.groups())
    before = -1
    for line in target.read_bytes().splitlines():
        entry = json.loads(line)
        if "event" in entry:
            books.events.add((entry["event"], entry["frame"]))
            continue
        books.failures += "error" in entry
        books.results += "error" not in entry
        if entry["frame"] <= before:
            books.errors.append(f"frame {entry['frame']} comes after {before}")
        before = entry["frame"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
