"""What a machine says about itself is read; what it does not say stays absent."""

import os
from pathlib import Path

import numpy as np
import pytest

from benchmarks.host.environment import Condition, read_condition, read_host
from benchmarks.measure.resources import peak_memory_bytes

PI = {
    "proc/cpuinfo": "processor\t: 0\nBogoMIPS\t: 108.00\n\nRevision\t: c03114\nModel\t\t: Raspberry Pi 4 Model B\n",
    "proc/meminfo": "MemTotal:        3884376 kB\nMemFree:         3000000 kB\n",
    "proc/device-tree/model": "Raspberry Pi 4 Model B Rev 1.4\0",
    "proc/loadavg": "0.42 0.30 0.20 1/123 4567\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "ondemand\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq": "1800000\n",
    "sys/class/thermal/thermal_zone0/temp": "48686\n",
}


@pytest.fixture
def pi(tmp_path: Path) -> Path:
    for name, content in PI.items():
        path = tmp_path / "root" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return tmp_path / "root"


def put_vcgencmd(folder: Path, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir()
    command = folder / "vcgencmd"
    command.write_text(f"#!/bin/sh\n{body}\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_a_raspberry_pi_is_described(pi: Path) -> None:
    host = read_host(pi)
    assert host.board == "Raspberry Pi 4 Model B Rev 1.4"
    assert host.cpu_model is None
    assert host.memory_mb == pytest.approx(3884376 * 1024 / 1e6)
    assert host.cores == len(os.sched_getaffinity(0))


def test_its_condition_is_read(pi: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_vcgencmd(tmp_path / "bin", 'test "$1" = get_throttled && echo throttled=0x50005', monkeypatch)
    condition = read_condition(pi)
    assert condition.governor == "ondemand"
    assert condition.frequency_mhz == 1800.0
    assert condition.temperature_c == 48.686
    assert condition.throttled == "now: under-voltage, throttled; since the start: under-voltage, throttled"
    assert condition.load_1m == 0.42
    assert condition.affinity == tuple(sorted(os.sched_getaffinity(0)))


def test_what_is_not_there_is_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    condition = read_condition(tmp_path)
    assert {getattr(condition, name) for name in condition.__slots__ if name != "affinity"} == {None}
    host = read_host(tmp_path)
    assert (host.board, host.cpu_model, host.memory_mb) == (None, None, None)


def test_words_where_a_number_should_be_are_absent(pi: Path) -> None:
    (pi / "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq").write_text("<unknown>\n")
    assert read_condition(pi).frequency_mhz is None


@pytest.mark.parametrize("body", ["echo VCHI initialization failed; exit 255", "true"])
def test_a_vcgencmd_that_does_not_work_is_absent(
    body: str, pi: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_vcgencmd(tmp_path / "bin", body, monkeypatch)
    assert read_condition(pi).throttled is None


def test_this_machine_is_described_as_it_is() -> None:
    host = read_host()
    assert host.versions["numpy"] == np.__version__
    assert host.machine == os.uname().machine
    assert read_condition().load_1m is not None


def test_peak_memory_is_absent_where_the_system_does_not_tell(tmp_path: Path) -> None:
    assert peak_memory_bytes(tmp_path / "status") is None
    (tmp_path / "status").write_text("VmPeak:\t  9000 kB\nVmHWM:\t  8808 kB\n")
    assert peak_memory_bytes(tmp_path / "status") == 8808 * 1024


@pytest.mark.parametrize(("load", "busy"), [(None, False), (0.0, False), (1.0, False), (1.01, True), (8.0, True)])
def test_a_load_above_one_is_busy(load: float | None, busy: bool) -> None:
    assert Condition(None, None, None, None, load).is_busy is busy
