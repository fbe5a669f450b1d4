"""python -m tools.pi_userland with this machine in the place of a userland: the comparison, and the ways it ends."""

import platform
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from image_folders import write_image_folder
from tiny_model import write_tiny_model

from edge_runtime.console.child_process import child_command
from tools.pi_userland import __main__ as command
from tools.pi_userland import debian
from tools.pi_userland.steps import UserlandError
from tools.pi_userland.userlands import USERLANDS, Userland

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


@pytest.fixture
def model(tmp_path: Path) -> str:
    return str(write_tiny_model(tmp_path / "tiny.tflite", dtype="uint8"))


@pytest.fixture
def images(tmp_path: Path) -> str:
    return str(write_image_folder(tmp_path / "images", {"red": 2, "green": 1}))


def put_in_place_of_the_userland(
    monkeypatch: pytest.MonkeyPatch, edge_run: Path = BIN / "edge-run", delegate: str = "none"
) -> None:
    """Tiny models are taken by no delegate, so that is what is expected unless a test says otherwise."""

    def here(_userland: Userland, name: str) -> list[str]:
        return [str(edge_run if name == "edge-run" else BIN / name)]

    monkeypatch.setitem(USERLANDS, "trixie-arm64", replace(USERLANDS["trixie-arm64"], delegate=delegate))
    monkeypatch.setattr(Userland, "command", here)
    monkeypatch.setattr(command, "build_wheel", lambda: Path("none"))
    monkeypatch.setattr(command, "make_userland", lambda *_: None)


@pytest.mark.slow
def test_the_same_answers_are_shown_and_pass(
    model: str, images: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put_in_place_of_the_userland(monkeypatch)
    assert command.main([model, "--images", images, "--roots", "trixie-arm64"]) == 0
    head, row, doctor = capsys.readouterr().out.splitlines()
    assert head.split()[:3] == ["userland", "interpreter", "model"]
    cells = re.split("  +", row)
    assert cells[:6] == ["trixie-arm64", "litert", "tiny.tflite", "3", "3", "none"]
    assert cells[7:] == ["none", "none", "ok"]
    assert doctor.startswith("trixie-arm64: edge-doctor: ")
    assert doctor.endswith("XNNPACK engages")


@pytest.mark.slow
def test_a_delegate_that_does_not_engage_fails(
    model: str, images: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put_in_place_of_the_userland(monkeypatch, delegate="xnnpack")
    assert command.main([model, "--images", images, "--roots", "trixie-arm64"]) == 1
    said = capsys.readouterr()
    assert said.out.splitlines()[1].endswith("FAILED")
    assert said.err.endswith("trixie-arm64: tiny.tflite: the delegate is none, not xnnpack\n")


@pytest.mark.slow
def test_other_answers_fail_and_name_the_image(
    model: str, images: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blind = tmp_path / "blind"  # sees one pixel of each image
    blind.write_text(f'#!/bin/sh\nexec {BIN}/edge-run "$@" --roi 0,0,0.1,0.1\n')
    blind.chmod(0o755)
    put_in_place_of_the_userland(monkeypatch, blind)
    assert command.main([model, "--images", images, "--roots", "trixie-arm64"]) == 1
    said = capsys.readouterr()
    assert said.out.splitlines()[1].endswith("FAILED")
    assert f"trixie-arm64: tiny.tflite: {images}/" in said.err
    assert "a score differs by" in said.err


@pytest.mark.slow
def test_a_command_that_fails_there_is_one_error_with_its_words(
    model: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put_in_place_of_the_userland(monkeypatch)
    assert command.main([model, "--images", "nowhere.png", "--roots", "trixie-arm64"]) == 1
    said = capsys.readouterr().err
    assert "exit code 1 of: " in said
    assert "nowhere.png: no such file" in said


def test_a_missing_model_and_an_unknown_userland_are_told(
    model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main([str(tmp_path / "no.tflite")]) == 1
    assert "no.tflite; make demo makes some" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        command.main([model, "--roots", "jessie-m68k"])
    assert ended.value.code == 2
    assert (
        "no userland 'jessie-m68k'; there are bookworm-arm64, trixie-arm64, bookworm-armhf" in capsys.readouterr().err
    )


def test_another_system_than_debian_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: {"ID": "arch", "PRETTY_NAME": "Arch Linux"})
    with pytest.raises(UserlandError, match=r"^needs Debian, whose apt .*; this is Arch Linux$"):
        debian.unpack_packages("trixie", "arm64", ["libc6"], tmp_path)


def test_the_command_starts_and_explains_itself() -> None:
    command = child_command("tools.pi_userland.__main__:main", "--help")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "--roots LIST" in done.stdout
