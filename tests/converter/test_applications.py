"""Networks of ``keras.applications``: the float32 file answers what Keras answers, and int8 is made."""

from pathlib import Path

import pytest
from application_families import FAMILIES, check, families_of_keras

pytestmark = [pytest.mark.tensorflow, pytest.mark.slow]


def test_every_family_has_a_row() -> None:
    assert families_of_keras() == set(FAMILIES)


@pytest.mark.parametrize("family", ["mobilenet", "mobilenet_v3"])
def test_a_family_converts_to_float32_and_int8(family: str, tmp_path: Path) -> None:
    assert check(family, tmp_path) < 2e-4
