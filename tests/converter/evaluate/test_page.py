"""Names on the page: without the folders that all models have in common."""

import pytest

from converter.evaluate.page import short_names


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["a/b/m.tflite"], ["m.tflite"]),
        (["a/b/m.tflite", "a/b/n.tflite"], ["m.tflite", "n.tflite"]),
        (["a/x/m.tflite", "a/y/m.tflite"], ["x/m.tflite", "y/m.tflite"]),
        (["run", "run/model.keras"], ["run", "run/model.keras"]),
        (["/a/m", "b/m"], ["/a/m", "b/m"]),
    ],
)
def test_short_names(names: list[str], short: list[str]) -> None:
    assert short_names(names) == dict(zip(names, short, strict=True))
