"""A quantized file is taken closer to its float file on images that nothing was learnt from, or is left alone."""

import logging
from pathlib import Path
from typing import Any

import many_operators
import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow

IMAGES = 40


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    return many_operators.images(IMAGES)


@pytest.fixture(scope="module")
def files(pixels: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """Of a model that int8 spoils: the ranges of neighbouring channels differ by a hundred."""
    from lopsided_model import build

    resized = np.repeat(np.repeat(pixels, 2, axis=1), 2, axis=2)
    return many_operators.convert(build("Sequential"), resized, tmp_path_factory.mktemp("files"))


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("converter.quantize.distill.tune.PATIENCE", 40)


@pytest.fixture
def inputs(pixels: np.ndarray) -> Any:
    resized = np.repeat(np.repeat(pixels, 2, axis=1), 2, axis=2)
    return lambda: iter(resized[:, None])


def distance(content: bytes, float32: bytes, seed: int = 7) -> float:
    """How far its interpreter's scores are from the float file's, on images of their own."""
    from ai_edge_litert.interpreter import Interpreter

    fresh = np.repeat(np.repeat(many_operators.images(60, seed), 2, axis=1), 2, axis=2)
    rows = []
    for file in (content, float32):
        interpreter = Interpreter(model_content=file)
        interpreter.allocate_tensors()
        (given,), (taken,) = interpreter.get_input_details(), interpreter.get_output_details()
        scores = []
        for image in fresh[:, None]:
            if given["dtype"] == np.uint8:
                scale, zero_point = given["quantization"]
                image = np.clip(np.rint(image / scale) + zero_point, 0, 255).astype(np.uint8)
            interpreter.set_tensor(given["index"], image)
            interpreter.invoke()
            scores.append(interpreter.get_tensor(taken["index"])[0])
        rows.append(np.array(scores) / (256 if taken["dtype"] == np.uint8 else 1))
    return float(np.abs(rows[0] - rows[1]).mean())


def test_scores_come_closer_to_the_float_models(files: tuple[bytes, bytes], inputs: Any) -> None:
    from converter.quantize.distill import Settings, distilled

    float32, int8 = files
    result = distilled(int8, float32, inputs, Settings(5.0))
    assert result.after < result.before / 2
    assert distance(result.content, float32) < distance(int8, float32) / 2
    assert abs(len(result.content) - len(int8)) < 1024
    assert distilled(int8, float32, inputs, Settings(5.0)).content == result.content


def test_an_interrupted_run_goes_on_where_it_was(
    files: tuple[bytes, bytes], inputs: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from converter.quantize.distill import Settings, distilled
    from converter.quantize.distill import distillation as module
    from converter.quantize.distill.store import Store

    float32, int8 = files
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "whole"))
    whole = distilled(int8, float32, inputs, Settings(5.0))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "in two"))
    save = Store.save_state

    def interrupted(store: Store, state: Any) -> None:
        save(store, state)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Store, "save_state", interrupted)
        with pytest.raises(KeyboardInterrupt):
            distilled(int8, float32, inputs, Settings(5.0))
    monkeypatch.setattr(module, "reconstruct", None)  # it must not begin anew
    again = distilled(int8, float32, inputs, Settings(5.0))
    assert again == whole


def test_what_is_kept_is_not_gone_on_from_with_other_images(
    files: tuple[bytes, bytes], inputs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from converter.errors import NotApplicableError
    from converter.quantize.distill import Settings, distilled

    distilled(files[1], files[0], inputs, Settings(5.0))
    with pytest.raises(NotApplicableError, match=r"^1e-09 minutes were not enough to go through its layers"):
        distilled(files[1], files[0], lambda: iter(list(inputs())[::-1]), Settings(1e-9))


def test_a_damaged_store_is_computed_again(
    files: tuple[bytes, bytes], inputs: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    from converter.quantize.distill import Settings, distilled

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = distilled(files[1], files[0], inputs, Settings(5.0))
    kept = list(tmp_path.rglob("*.npz"))
    assert kept
    for path in kept:
        path.write_bytes(b"PK damaged")
    with caplog.at_level(logging.WARNING):
        assert distilled(files[1], files[0], inputs, Settings(5.0)) == first
    assert "damaged, so it is computed again" in caplog.text


def test_too_few_images_are_said(files: tuple[bytes, bytes], inputs: Any) -> None:
    from converter.errors import NotApplicableError
    from converter.quantize.distill import Settings, distilled

    with pytest.raises(NotApplicableError, match="it takes 10 calibration images or more, and there are 9"):
        distilled(files[1], files[0], lambda: iter(list(inputs())[:9]), Settings(5.0))


def test_a_file_with_other_layers_is_refused(files: tuple[bytes, bytes], inputs: Any, tmp_path: Path) -> None:
    from lopsided_model import build

    from converter.errors import NotApplicableError
    from converter.quantize.distill import Settings, distilled

    resized = np.concatenate(list(inputs()))
    other, _ = many_operators.convert(build("flat"), resized, tmp_path)
    with pytest.raises(NotApplicableError, match="other layers than the float model"):
        distilled(files[1], other, inputs, Settings(5.0))


def test_a_float_file_has_nothing_to_distil(files: tuple[bytes, bytes], inputs: Any) -> None:
    from converter.errors import NotApplicableError
    from converter.quantize.distill import Settings, distilled

    with pytest.raises(NotApplicableError, match="no layer in int8"):
        distilled(files[0], files[0], inputs, Settings(5.0))
