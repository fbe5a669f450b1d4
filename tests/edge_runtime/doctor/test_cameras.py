"""What edge-doctor says of cameras: made-up /dev and /sys, and a stand-in for picamera2."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge_runtime.board.machine import Machine
from edge_runtime.doctor.cameras import check_picamera2, check_usb_cameras
from edge_runtime.doctor.children import Attempt
from edge_runtime.doctor.findings import Finding

NUMPY_WORKS = Attempt({"version": "2.0"})
NOBODY = 65534
PICAMERA2 = """
__version__ = "0.3.27"
print("libcamera chatter on stdout")
class Picamera2:
    @staticmethod
    def global_camera_info():
        return {cameras!r}
"""
SENSOR = {"Model": "imx708", "Location": 2, "Rotation": 180, "Id": "/base/axi/rp1/i2c@88000/imx708@1a", "Num": 1}
WEBCAM = {"Model": "HD Webcam", "Location": 2, "Rotation": 0, "Id": "/base/axi/usb@200000-1:1.0-046d:0825", "Num": 0}


def add_node(root: Path, number: int, name: str, parent: str, index: int) -> None:
    device = root / "sys" / "devices" / parent
    device.mkdir(parents=True, exist_ok=True)
    entry = root / "sys" / "class" / "video4linux" / f"video{number}"
    entry.mkdir(parents=True)
    (entry / "device").symlink_to(device)
    (entry / "name").write_text(f"{name}\n")
    (entry / "index").write_text(f"{index}\n")
    (root / "dev").mkdir(exist_ok=True)
    (root / "dev" / f"video{number}").touch()


def machine_at(root: Path, prefix: str = "/usr") -> Machine:
    return Machine(
        proc=root / "proc", sys_root=root / "sys", dev=root / "dev", prefix=Path(prefix), base_prefix=Path("/usr")
    )


def make_raspberry_pi(root: Path) -> None:
    model = root / "proc" / "device-tree" / "model"
    model.parent.mkdir(parents=True)
    model.write_text("Raspberry Pi 5 Model B Rev 1.0\0")


@contextmanager
def as_ordinary_user() -> Iterator[None]:
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_only_picture_nodes_of_usb_cameras_are_told(tmp_path: Path) -> None:
    add_node(tmp_path, 10, "HD Webcam", "platform/scb/usb1/1-1/1-1:1.0", index=0)
    add_node(tmp_path, 11, "HD Webcam", "platform/scb/usb1/1-1/1-1:1.0", index=1)
    add_node(tmp_path, 2, "Doorcam", "platform/scb/usb2/2-1/2-1:1.0", index=0)
    add_node(tmp_path, 31, "bcm2835-codec-decode", "platform/soc/vchiq/bcm2835-codec", index=0)
    found = check_usb_cameras(machine_at(tmp_path))
    assert found == Finding("usb-cameras", "ok", "camera:2 (Doorcam), camera:10 (HD Webcam)")


def test_no_camera_is_absent(tmp_path: Path) -> None:
    assert check_usb_cameras(machine_at(tmp_path)) == Finding("usb-cameras", "absent", "none is connected")


def test_a_camera_this_user_may_not_open_names_the_group() -> None:
    root = Path(tempfile.mkdtemp())  # not in pytest's own folder, which an ordinary user may not enter
    try:
        root.chmod(0o755)
        add_node(root, 0, "HD Webcam", "usb1/1-1/1-1:1.0", index=0)
        (root / "dev" / "video0").chmod(0o600 if os.geteuid() == 0 else 0)
        with as_ordinary_user():
            found = check_usb_cameras(machine_at(root))
        assert found.status == "problem"
        assert str(root / "dev" / "video0") in found.detail
        assert found.fix.startswith('sudo usermod -aG video "$USER"')
    finally:
        shutil.rmtree(root)


def test_cameras_on_the_connector_keep_their_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "picamera2.py").write_text(PICAMERA2.format(cameras=[WEBCAM, SENSOR]))
    monkeypatch.syspath_prepend(tmp_path)
    assert check_picamera2(machine_at(tmp_path), NUMPY_WORKS) == [
        Finding("picamera2", "ok", "0.3.27"),
        Finding("board-cameras", "ok", "picamera2:1 (imx708)"),
    ]


def test_no_camera_on_the_connector_says_what_to_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "picamera2.py").write_text(PICAMERA2.format(cameras=[WEBCAM]))
    monkeypatch.syspath_prepend(tmp_path)
    _, cameras = check_picamera2(machine_at(tmp_path), NUMPY_WORKS)
    assert (cameras.name, cameras.status) == ("board-cameras", "absent")
    assert "rpicam-hello --list-cameras" in cameras.fix


def test_picamera2_built_for_another_numpy_names_the_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    message = "numpy.dtype size changed, may indicate binary incompatibility. Expected 96 from C header, got 88"
    (tmp_path / "picamera2.py").write_text(f"raise ValueError({message!r})")
    monkeypatch.syspath_prepend(tmp_path)
    found = check_picamera2(machine_at(tmp_path), NUMPY_WORKS)[0]
    assert found == Finding("picamera2", "problem", f"ValueError: {message}", "pip install 'numpy<2'")


def without_picamera2(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    message = "No module named 'picamera2'"
    (folder / "picamera2.py").write_text(f"raise ModuleNotFoundError({message!r}, name='picamera2')")
    monkeypatch.syspath_prepend(folder)


def test_the_fix_of_a_closed_virtual_environment_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_picamera2(tmp_path, monkeypatch)
    make_raspberry_pi(tmp_path)
    environment = tmp_path / "my environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    closed = check_picamera2(machine_at(tmp_path, str(environment)), NUMPY_WORKS)[0]
    assert closed.status == "absent"
    assert "does not see the system's packages" in closed.detail
    install, _, open_it = closed.fix.partition(" && ")
    assert install == "sudo apt install -y python3-picamera2"
    assert open_it == f"/usr/bin/python3 -m venv --system-site-packages '{environment}'"
    arguments = ["-m", "venv", "--without-pip", "--system-site-packages", str(environment)]
    subprocess.run([sys.executable, *arguments], check=True)
    opened = check_picamera2(machine_at(tmp_path, str(environment)), NUMPY_WORKS)[0]
    assert opened == Finding("picamera2", "absent", "not installed", "sudo apt install -y python3-picamera2")


def test_a_python_that_is_not_the_systems_needs_another_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_picamera2(tmp_path, monkeypatch)
    make_raspberry_pi(tmp_path)
    machine = Machine(proc=tmp_path / "proc", prefix=Path("/opt/env"), base_prefix=Path("/opt/python3.13"))
    found = check_picamera2(machine, NUMPY_WORKS)[0]
    assert "/opt/python3.13" in found.detail
    assert "/usr/bin/python3 -m venv --system-site-packages ~/edge" in found.fix


def test_picamera2_is_not_urged_on_other_boards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_picamera2(tmp_path, monkeypatch)
    found = check_picamera2(machine_at(tmp_path), NUMPY_WORKS)[0]
    assert (found.status, found.fix) == ("absent", None)


def test_nothing_on_numpy_is_tried_while_numpy_does_not_work(tmp_path: Path) -> None:
    found = check_picamera2(machine_at(tmp_path), Attempt(None, "crashed"))
    assert [finding.status for finding in found] == ["absent", "absent"]
    assert "numpy does not work" in found[0].detail
