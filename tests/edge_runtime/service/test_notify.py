"""What systemd is told, over a real datagram socket."""

import errno
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from edge_runtime.service.notify import Heartbeat, ServiceManager, watchdog_seconds
from edge_runtime.sources import FrameCounts, Patience

PATIENCE_SECONDS = 60


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.settimeout(PATIENCE_SECONDS)
        listening.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.delenv("WATCHDOG_PID", raising=False)
        yield listening


def heard(systemd: socket.socket) -> list[str]:
    return systemd.recv(4096).decode().split("\n")


def told(message: str) -> bool:
    manager = ServiceManager()
    try:
        return manager.notify(message)
    finally:
        manager.close()


def test_a_message_arrives_as_it_is(systemd: socket.socket) -> None:
    assert told("STATUS=grün")
    assert heard(systemd) == ["STATUS=grün"]


def test_an_abstract_name_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("\0edge-run-test")
        monkeypatch.setenv("NOTIFY_SOCKET", "@edge-run-test")
        assert told("READY=1")
        assert heard(listening) == ["READY=1"]


@pytest.mark.parametrize("address", [None, "", "relative", "/nowhere/notify"])
def test_nobody_to_tell_is_no_error(address: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    if address is not None:
        monkeypatch.setenv("NOTIFY_SOCKET", address)
    assert not told("READY=1")


@pytest.mark.parametrize(
    ("usec", "pid", "expected"), [("3000000", "", 3.0), ("0", "", None), ("x", "", None), ("3000000", "1", None)]
)
def test_the_watchdog_is_for_this_process_or_not(
    usec: str, pid: str, expected: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", usec)
    monkeypatch.setenv("WATCHDOG_PID", pid)
    assert watchdog_seconds() == expected


def test_ready_comes_with_the_first_result_and_no_sign_of_life_from_a_run_that_hangs(
    systemd: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "30000")
    counts = FrameCounts(produced=2)
    with Heartbeat(counts, Patience(result=0.0)):
        counts.delivered = 1  # and one is under way, for longer than its patience
        ready, status = heard(systemd)
        assert ready == "READY=1"
        assert status.startswith("STATUS=2 frames captured, 1 delivered")
        counts.delivered = 2
        alive, status = heard(systemd)
        assert alive == "WATCHDOG=1"
        assert ", 2 delivered" in status  # so none came while it hung
        assert heard(systemd)[0] == "WATCHDOG=1"  # waiting for a camera is no hanging
    while (said := heard(systemd)) != ["STOPPING=1"]:
        assert said[0] == "WATCHDOG=1"


def test_signs_of_life_end_when_the_source_is_silent_for_too_long(
    systemd: socket.socket, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "30000")
    counts = FrameCounts(produced=1, delivered=1)
    with Heartbeat(counts, Patience(silence=0.2)):
        assert heard(systemd)[0] == "READY=1"
        assert heard(systemd)[0] == "WATCHDOG=1"
        systemd.settimeout(0.5)
        with suppress(TimeoutError):
            while True:
                assert heard(systemd)[0] == "WATCHDOG=1"
        systemd.settimeout(PATIENCE_SECONDS)
        counts.produced = counts.delivered = 2  # it is back before systemd has ended this process
        assert heard(systemd)[0] == "WATCHDOG=1"
    assert caplog.text.count("no more signs of life") == 1
    assert "no frame for 0 s; no more signs of life: systemd starts the service anew" in caplog.text


def test_signs_of_life_need_no_descriptor(systemd: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "30000")
    with Heartbeat(FrameCounts(), Patience()) as heartbeat:

        def refuse(*_: object) -> None:
            raise OSError(errno.EMFILE, "Too many open files")

        monkeypatch.setattr("edge_runtime.service.notify.socket.socket", refuse)
        heartbeat._counts.produced = heartbeat._counts.delivered = 1
        assert [heard(systemd)[0] for _ in range(2)] == ["READY=1", "WATCHDOG=1"]


def test_without_a_watchdog_it_says_ready_and_stopping(systemd: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    with Heartbeat(FrameCounts(produced=1, failed=1), Patience()):
        assert heard(systemd)[0] == "READY=1"
    assert heard(systemd) == ["STOPPING=1"]
