"""The sample's models in userlands of 64-bit and 32-bit Raspberry Pi OS, under QEMU, for real."""

import re
from pathlib import Path

import pytest
from environments import environment_python
from needs import missing

from tools.pi_userland import __main__ as command
from tools.pi_userland.debian import mirror
from tools.pi_userland.steps import UserlandError

pytestmark = [pytest.mark.device, pytest.mark.tensorflow, pytest.mark.slow]


def test_the_sample_models_give_the_same_answers_on_a_raspberry_pi(
    sample_int8: Path, sample_float32: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    environment_python("tflite-runtime")  # armhf is compared with it
    try:
        mirror()
    except UserlandError as error:
        missing("debian", str(error))
    assert command.main([str(sample_int8), str(sample_float32)]) == 0
    head, *rows = (re.split("  +", line) for line in capfd.readouterr().out.splitlines()[:7])
    shown = {(userland, model): (images, same, difference) for userland, _, model, images, same, difference, *_ in rows}
    assert len(shown) == 6
    assert {row[head.index("self-test")] for row in rows} == {"passed"}
    assert {images for images, _, _ in shown.values()} == {"39"}
    for root in ("bookworm-arm64", "trixie-arm64"):  # XNNPACK computes int8 to the last bit alike
        assert shown[root, "model.tflite"] == ("39", "39", "none")
