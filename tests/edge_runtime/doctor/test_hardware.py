"""What edge-doctor says of made-up boards: a Pi 4 in trouble, a Pi 5 that is well, a machine that tells nothing."""

import os
from pathlib import Path

import pytest

from edge_runtime.board.machine import Machine
from edge_runtime.contracts.errors import ContractError
from edge_runtime.doctor.findings import Finding
from edge_runtime.doctor.hardware import (
    check_board,
    check_disk,
    check_edge_tpu,
    check_governor,
    check_memory,
    check_temperature,
    check_throttling,
)
from edge_runtime.doctor.packages import check_python

PI_4_IN_TROUBLE = {
    "proc/device-tree/model": "Raspberry Pi 4 Model B Rev 1.4\0",
    "proc/meminfo": "MemTotal:         948304 kB\nMemFree:           20000 kB\nMemAvailable:      80000 kB\n",
    "sys/class/thermal/thermal_zone0/temp": "82300\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "powersave\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_driver": "cpufreq-dt\n",
}
PI_5 = {
    "proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\0",
    "proc/meminfo": "MemTotal:        8245248 kB\nMemFree:         6000000 kB\nMemAvailable:    7000000 kB\n",
    "sys/class/thermal/thermal_zone0/temp": "48150\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "ondemand\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_driver": "cpufreq-dt\n",
}


def machine_with(folder: Path, files: dict[str, str]) -> Machine:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return Machine(proc=folder / "proc", sys_root=folder / "sys", dev=folder / "dev", folder=folder)


def put_vcgencmd(folder: Path, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    command = folder / "bin" / "vcgencmd"
    command.parent.mkdir()
    command.write_text(f"#!/bin/sh\n{body}\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}{os.pathsep}{os.environ['PATH']}")


def put_throttled(folder: Path, answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    put_vcgencmd(folder, f'test "$1" = get_throttled && echo throttled={answer}', monkeypatch)


def test_a_pi_4_in_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = machine_with(tmp_path, PI_4_IN_TROUBLE)
    put_throttled(tmp_path, "0x50005", monkeypatch)
    assert check_board(machine) == Finding("board", "ok", "Raspberry Pi 4 Model B Rev 1.4")
    memory, temperature, throttling, governor = (
        check_memory(machine), check_temperature(machine), check_throttling(), check_governor(machine)
    )  # fmt: skip
    assert (memory.status, memory.detail) == ("warning", "81 of 971 MB available; edge-run wants 128 MB")
    assert "systemctl set-default multi-user.target" in memory.fix
    assert temperature.status == "warning"
    assert temperature.detail.startswith("82.3 °C")
    assert "fan" in temperature.fix
    assert throttling.status == "problem"
    assert throttling.detail == "now: under-voltage, throttled; since the start: under-voltage, throttled"
    assert "power supply" in throttling.fix
    assert governor.status == "warning"
    assert governor.fix.startswith("echo ondemand | sudo tee /sys/devices/system/cpu/cpu")


def test_a_pi_5_that_is_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = machine_with(tmp_path, PI_5)
    put_throttled(tmp_path, "0x0", monkeypatch)
    assert [check_board(machine), check_memory(machine), check_temperature(machine), check_throttling()] == [
        Finding("board", "ok", "Raspberry Pi 5 Model B Rev 1.0"),
        Finding("memory", "ok", "7168 of 8443 MB available"),
        Finding("temperature", "ok", "48.1 °C"),
        Finding("throttling", "ok", "none since the start"),
    ]
    assert check_governor(machine) == Finding("governor", "ok", "ondemand")


def test_a_machine_that_tells_nothing_is_not_guessed_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    machine = machine_with(tmp_path, {})
    checks = (check_board, check_memory, check_temperature, check_governor)
    found = [*(check(machine) for check in checks), check_throttling()]
    assert {(finding.status, finding.fix) for finding in found} == {("absent", None)}


@pytest.mark.parametrize(
    ("answer", "status", "detail", "fix"),
    [
        ("0x1", "problem", "now: under-voltage", "power supply"),
        ("0x2", "problem", "now: frequency capped", "cool"),
        ("0x8", "problem", "now: soft temperature limit", "cool"),
        ("0x20000", "warning", "since the start: frequency capped", "cool"),
        ("0x50000", "warning", "since the start: under-voltage, throttled", "power supply"),
        ("0xa0008", "problem", "now: soft temperature limit; since the start: frequency capped, soft temperature limit",
         "cool"),
    ],
)  # fmt: skip
def test_throttling_is_decoded(
    answer: str, status: str, detail: str, fix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_throttled(tmp_path, answer, monkeypatch)
    found = check_throttling()
    assert (found.status, found.detail) == (status, detail)
    assert fix in found.fix


def test_a_vcgencmd_that_does_not_work_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_vcgencmd(tmp_path, "echo VCHI initialization failed >&2; exit 255", monkeypatch)
    assert check_throttling() == Finding("throttling", "absent", "vcgencmd does not answer: VCHI initialization failed")


def test_heat_is_judged_on_a_raspberry_pi_only(tmp_path: Path) -> None:
    hot = {"sys/class/thermal/thermal_zone0/temp": "91000"}
    assert check_temperature(machine_with(tmp_path, hot)) == Finding("temperature", "ok", "91.0 °C")


def test_a_temperature_that_is_no_number_is_absent(tmp_path: Path) -> None:
    words = {"sys/class/thermal/thermal_zone0/temp": "<unknown>\n"}
    assert check_temperature(machine_with(tmp_path, words)).status == "absent"


def test_powersave_is_fine_with_a_pstate_driver(tmp_path: Path) -> None:
    folder = "sys/devices/system/cpu/cpu0/cpufreq"
    files = {f"{folder}/scaling_governor": "powersave\n", f"{folder}/scaling_driver": "intel_pstate\n"}
    assert check_governor(machine_with(tmp_path, files)).status == "ok"


def test_a_full_disk_is_a_problem(small_disk: Path) -> None:
    found = check_disk(Machine(folder=small_disk))
    assert (found.status, found.detail) == ("problem", f"0 MB free for {small_disk}")
    assert "apt-get clean" in found.fix


def test_a_folder_that_is_gone_has_no_disk(tmp_path: Path) -> None:
    assert check_disk(Machine(folder=tmp_path / "gone")).status == "absent"


@pytest.mark.parametrize(("version", "status"), [((3, 9, 2), "problem"), ((3, 10, 0), "ok"), ((3, 14, 0), "problem")])
def test_pythons_outside_the_range_are_a_problem(version: tuple[int, int, int], status: str) -> None:
    found = check_python(Machine(python=version, bits=32, prefix=Path("/home/pi/edge"), base_prefix=Path("/usr")))
    assert found.status == status
    assert "32-bit, virtual environment /home/pi/edge" in found.detail
    assert (found.fix is None) == (status == "ok")


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "fine"},
        {"status": "problem"},
        {"status": "warning"},
        {"status": "ok", "fix": "reboot"},
        {"status": "ok", "detail": "two\nlines"},
        {"status": "ok", "detail": ""},
    ],
)
def test_findings_refuse_nonsense(fields: dict[str, str]) -> None:
    with pytest.raises(ContractError):
        Finding(**{"name": "board", "detail": "seen", **fields})


@pytest.mark.parametrize(
    ("files", "places"),
    [
        ({"sys/bus/usb/devices/1-1/idVendor": "1a6e\n", "sys/bus/usb/devices/1-1/idProduct": "089a\n"}, "USB"),
        ({"sys/bus/usb/devices/2-1/idVendor": "18d1\n", "sys/bus/usb/devices/2-1/idProduct": "9302\n"}, "USB"),
        ({"dev/apex_0": ""}, "PCIe"),
    ],
)
def test_an_edge_tpu_is_named_with_what_runs_instead(tmp_path: Path, files: dict[str, str], places: str) -> None:
    other = {"sys/bus/usb/devices/usb1/idVendor": "1d6b\n", "sys/bus/usb/devices/usb1/idProduct": "0002\n"}
    assert check_edge_tpu(machine_with(tmp_path / "without", other)).status == "absent"
    found = check_edge_tpu(machine_with(tmp_path / "with", other | files))
    assert (found.status, found.detail) == ("warning", f"a Coral Edge TPU is connected ({places}), and not used")
    assert "without _edgetpu" in (found.fix or "")
