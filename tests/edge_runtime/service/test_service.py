"""edge-run as a service: its unit by systemd's own check, and a run from a file that systemd follows."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from children import running
from programs import program
from tiny_model import LABELS, write_tiny_model

from edge_runtime.console.child_process import console_script
from edge_runtime.run.cli import main

PATIENCE_SECONDS = 60


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "labels.txt").write_text("\n".join(LABELS))
    write_tiny_model(tmp_path / "tiny.tflite", dtype="uint8")
    path = tmp_path / "run.toml"
    path.write_text(
        'model = "tiny.tflite"\nlabels = "labels.txt"\nsource = "synthetic:8x8:100000000"\nmax-fps = 50\n'
        'sink = "events:events.jsonl"\n'
    )
    return path


def verify(unit: Path) -> str:
    command = [program("systemd-analyze"), "verify", str(unit)]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout


def test_systemd_has_nothing_to_say_about_the_unit(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", str(config), "--systemd-unit", "--unit-user", "root"]) == 0
    unit = config.parent / "edge-run.service"
    unit.write_text(capsys.readouterr().out)
    assert verify(unit) == ""
    lines = unit.read_text().splitlines()
    assert f"ExecStart={sys.prefix}/bin/edge-run --config {config} --check" in lines
    assert f"ReadWritePaths={config.parent}" in lines
    unit.write_text(unit.read_text().replace("ProtectSystem=", "ProtectTheSystem="))
    assert "ProtectTheSystem" in verify(unit)  # it says so where something is wrong


def test_a_path_that_a_unit_would_misread_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "my run.toml"
    path.write_text('model = "m"\nsource = "s"\n')
    assert main(["--config", str(path), "--systemd-unit"]) == 2
    assert "do not go into a systemd unit" in capsys.readouterr().err


def test_a_service_runs_as_root_only_where_that_was_asked_for(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "root")
    assert main(["--config", str(config), "--systemd-unit"]) == 2
    assert "the service would run as root; leave sudo out, or name the user" in capsys.readouterr().err
    monkeypatch.setattr("getpass.getuser", lambda: "pi")
    assert main(["--config", str(config), "--systemd-unit"]) == 0
    assert "\nUser=pi\n" in capsys.readouterr().out


def test_a_program_that_is_not_there_is_refused(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.prefix", str(config.parent))
    assert main(["--config", str(config), "--systemd-unit", "--unit-user", "pi"]) == 2
    assert f"{config.parent}/bin/edge-run: no such program" in capsys.readouterr().err


def test_a_service_without_a_sink_is_refused(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = config.read_text()
    config.write_text(text.replace('sink = "events:events.jsonl"\n', ""))
    assert main(["--config", str(config), "--systemd-unit", "--unit-user", "pi"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "names no sink, so each frame would be a line in the journal" in said.err
    config.write_text(text.replace("events:events.jsonl", "jsonl"))
    assert main(["--config", str(config), "--systemd-unit", "--unit-user", "pi"]) == 0


def test_a_unit_needs_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["m.tflite", "camera:0", "--systemd-unit"]) == 2
    assert "--systemd-unit needs a --config FILE" in capsys.readouterr().err


def test_systemd_is_told_of_ready_alive_and_stopping(config: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.settimeout(PATIENCE_SECONDS)
        systemd.bind(str(config.parent / "notify"))
        told = {"NOTIFY_SOCKET": str(config.parent / "notify"), "WATCHDOG_USEC": "200000"}
        command = [*console_script("edge-run"), "--config", "run.toml"]
        with running(command, cwd=config.parent, env=os.environ | told) as process:
            assert systemd.recv(4096).startswith(b"READY=1\nSTATUS=")
            assert systemd.recv(4096).startswith(b"WATCHDOG=1\nSTATUS=")
            process.send_signal(signal.SIGTERM)
            while (said := systemd.recv(4096)) != b"STOPPING=1":
                assert said.startswith(b"WATCHDOG=1")
            assert process.wait() == 130
    assert b'"event": "entered"' in (config.parent / "events.jsonl").read_bytes()
