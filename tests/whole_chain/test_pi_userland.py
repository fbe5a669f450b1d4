"""The sample's models in userlands of 64-bit and 32-bit Raspberry Pi OS, under QEMU: tools/pi-userland, for real."""

import os
import re
import sys
from pathlib import Path

import pytest
from pi_userland import __main__ as command

from converter.cli import main as convert

pytestmark = [pytest.mark.device, pytest.mark.tensorflow]


def test_the_sample_models_give_the_same_answers_on_a_raspberry_pi(
    sample_run: Path, sample_int8: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    if sys.version_info >= (3, 12):
        pytest.skip("armhf is compared with tflite-runtime here, which has no wheel for Python 3.12 or later")
    if not Path("/usr/share/keyrings/debian-archive-keyring.gpg").is_file() and not os.environ.get("CI"):
        pytest.skip("needs Debian, whose apt knows a mirror of Debian")
    float32 = tmp_path / "float32.tflite"
    assert convert([str(sample_run), "--out", str(float32), "--quantize", "float32"]) == 0
    capfd.readouterr()
    assert command.main([str(sample_int8), str(float32)]) == 0
    head, *rows = (re.split("  +", line) for line in capfd.readouterr().out.splitlines()[:7])
    shown = {(userland, model): (images, same, difference) for userland, _, model, images, same, difference, *_ in rows}
    assert len(shown) == 6
    assert {row[head.index("self-test")] for row in rows} == {"passed"}
    assert {images for images, _, _ in shown.values()} == {"39"}
    for root in ("bookworm-arm64", "trixie-arm64"):  # XNNPACK computes int8 to the last bit alike
        assert shown[root, "model.tflite"] == ("39", "39", "none")
