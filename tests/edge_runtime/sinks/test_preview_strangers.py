"""Strangers on the network: silent, slow, many. The page stays open to others, and signs of life go on."""

import os
import re
import resource
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from children import running
from results import made_frame, made_result
from tiny_model import write_packed_model

from edge_runtime.sinks import open_sink
from edge_runtime.sinks.base import RunInfo
from edge_runtime.sinks.preview import connections
from edge_runtime.sinks.preview.sink import PreviewSink

PATIENCE_SECONDS = 60
ASK = b"GET /page.css HTTP/1.1\r\nHost: localhost\r\n\r\n"


@contextmanager
def preview() -> Iterator[PreviewSink]:
    sink = open_sink("preview:0", RunInfo())
    noise = np.random.default_rng(0).integers(0, 256, (960, 960, 3), np.uint8)  # as JPEG above half a megabyte
    sink.write(made_result(), replace(made_frame(), pixels=noise))
    try:
        yield sink
    finally:
        sink.close()


def connect(sink: PreviewSink) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(sink.url[:-1].rpartition(":")[2])), PATIENCE_SECONDS)


def answer_to(connection: socket.socket) -> bytes:
    connection.sendall(ASK)
    return connection.recv(15)


def is_closed(connection: socket.socket) -> bool:
    """Whether the other side ends it, before patience does."""
    with suppress(ConnectionResetError):
        while connection.recv(1 << 16):
            pass
    return True


@pytest.mark.parametrize("said", [b"", b"GET /state HTTP/1.1\r\nHost: loc"])
def test_who_asks_for_nothing_whole_is_sent_away(monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.1)
    with preview() as sink, connect(sink) as stranger:
        stranger.sendall(said)
        assert is_closed(stranger)
        assert sink.counts.connections_ended == 1


def test_who_drips_a_request_is_sent_away_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.3)
    with preview() as sink, connect(sink) as stranger:
        started = time.monotonic()
        with suppress(OSError):
            while time.monotonic() - started < PATIENCE_SECONDS:
                stranger.sendall(b"X")
                time.sleep(0.02)
        assert time.monotonic() - started < PATIENCE_SECONDS / 2


def test_who_does_not_read_the_answer_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "ANSWER_SECONDS", 0.3)
    with preview() as sink, connect(sink) as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stranger.sendall(ASK.replace(b"page.css", b"picture") * 40)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not sink.counts.connections_ended:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        with connect(sink) as viewer:
            assert answer_to(viewer) == b"HTTP/1.1 200 OK"


def test_a_viewer_may_ask_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.4)
    with preview() as sink, connect(sink) as viewer:
        for _ in range(5):  # longer than that limit all in all
            time.sleep(0.1)
            assert answer_to(viewer).endswith(b"200 OK")
            while select_more(viewer):
                pass
        assert sink.counts.connections_ended == 0


def select_more(viewer: socket.socket) -> bool:
    viewer.settimeout(0.05)
    try:
        return bool(viewer.recv(1 << 16))
    except TimeoutError:
        return False
    finally:
        viewer.settimeout(PATIENCE_SECONDS)


def test_of_too_many_the_longest_silent_makes_room(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 3)
    with preview() as sink, ExitStack() as stack:
        strangers = []
        for _ in range(3):
            strangers.append(stack.enter_context(connect(sink)))
            time.sleep(0.05)  # so that their order is known
        assert answer_to(strangers[0]).endswith(b"200 OK")  # it was the first, and has asked since
        viewer = stack.enter_context(connect(sink))
        assert answer_to(viewer).endswith(b"200 OK")
        assert is_closed(strangers[1])
        assert answer_to(strangers[2]).endswith(b"200 OK")
    assert "more than 3 connections; those that ask for nothing are closed" in caplog.text


SERVICE = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))
from edge_runtime.run.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_signs_of_life_and_the_page_go_on_among_many_silent_connections(tmp_path: Path) -> None:
    model = str(write_packed_model(tmp_path / "model.tflite"))
    log = tmp_path / "log"
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with ExitStack() as stack:
        systemd = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        systemd.settimeout(PATIENCE_SECONDS)
        systemd.bind(str(tmp_path / "notify"))
        told = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "300000"}
        command = [sys.executable, "-c", SERVICE, model, "synthetic:8x8:100000000", "--max-fps", "50"]
        command += ["--sink", "preview:0", "--sink", f"jsonl:{tmp_path / 'out.jsonl'}"]
        stderr = stack.enter_context(log.open("wb"))
        stack.enter_context(running(command, env=os.environ | told, stderr=stderr))
        assert systemd.recv(4096).startswith(b"READY=1")
        port = int(re.search(r"127\.0\.0\.1:(\d+)", log.read_text())[1])
        strangers = [stack.enter_context(socket.create_connection(("127.0.0.1", port), 60)) for _ in range(400)]
        for _ in range(3):
            assert systemd.recv(4096).startswith(b"WATCHDOG=1")
        with socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS) as viewer:
            viewer.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert viewer.recv(15) == b"HTTP/1.1 200 OK"
        assert is_closed(strangers[0])
    assert log.stat().st_size < 10_000
