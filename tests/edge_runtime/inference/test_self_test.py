"""Golden images: chosen by the converter, run by edge-run --self-test."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from packaged import SPEC, make_color_golden_files, write_packaged
from PIL import Image
from tiny_model import LABELS

from converter.deliver.golden import MAX_SIDE, make_golden_files, shrink
from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.golden import GOLDEN_NAME, TEST_PATTERN, ExpectedScore, GoldenImage, GoldenSet
from edge_runtime.contracts.preprocessing import PreprocessSpec
from edge_runtime.inference.self_test import make_test_pattern
from edge_runtime.run.cli import main


@pytest.fixture(scope="module")
def golden_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return make_color_golden_files(tmp_path_factory.mktemp("golden"))


def test_the_device_gives_the_scores_of_the_converter(
    golden_files: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = write_packaged(tmp_path / "m.tflite", dtype="float32", files=golden_files)
    assert main([str(model), "--self-test"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[:-1]] == [
        ["ok", "edge_golden_0.png"],
        ["ok", "edge_golden_1.png"],
        ["ok", "edge_golden_2.png"],
        ["ok", TEST_PATTERN],
    ]
    assert lines[-1].startswith("self-test passed (litert ")


@pytest.mark.parametrize(
    "wrong",
    [
        {"color": "BGR"},
        {"mean": (0.0,), "std": (255.0,)},
        {"resize": "letterbox"},
        {"resize": "center-crop", "crop_fraction": 0.5},
    ],
    ids=["channels swapped", "another normalisation", "letterbox", "cropped"],
)
def test_wrong_preprocessing_fails(
    golden_files: dict[str, bytes], tmp_path: Path, wrong: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    spec = PreprocessSpec(SPEC.height, SPEC.width, **{"mean": SPEC.mean, "std": SPEC.std, **wrong})
    model = write_packaged(tmp_path / "m.tflite", dtype="float32", spec=spec, files=golden_files)
    assert main([str(model), "--self-test"]) == 1
    out = capsys.readouterr().out
    assert "FAILED" in out
    assert out.splitlines()[-1].startswith("self-test FAILED: ")


def test_stored_images_are_small_and_right_and_few(golden_files: dict[str, bytes]) -> None:
    assert sorted(golden_files) == [GOLDEN_NAME, *(f"edge_golden_{number}.png" for number in range(3))]
    golden = GoldenSet.from_json(golden_files[GOLDEN_NAME])
    for image in golden.images[:-1]:
        with Image.open(io.BytesIO(golden_files[image.file])) as stored:
            assert stored.format == "PNG"
            assert stored.size == (MAX_SIDE, 64)
        assert image.expected[0].score > 0.5
    assert {image.expected[0].label for image in golden.images[:-1]} <= set(LABELS)
    assert make_golden_files(Path("m"), None, 0, 0, quantized=True) == {}  # type: ignore[arg-type]


def test_shrinking_keeps_aspect_and_small_images() -> None:
    assert shrink(np.zeros((1000, 10, 3), np.uint8)).shape == (96, 1, 3)
    small = np.zeros((28, 28, 3), np.uint8)
    assert shrink(small) is small


def test_the_pattern_is_what_its_formula_says() -> None:
    pattern = make_test_pattern()
    assert (pattern.shape, pattern.dtype) == ((480, 640, 3), np.uint8)
    for row in range(0, 480, 7):
        for column in range(0, 640, 7):
            inside = (row - 200) ** 2 + (column - 260) ** 2 < 150**2
            assert pattern[row, column].tolist() == [
                column * 255 // 640,
                220 if inside else row * 200 // 480,
                40 if (row // 60 + column // 80) % 2 == 0 else 200,
            ]


def test_a_model_without_golden_images_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = write_packaged(tmp_path / "m.tflite")
    assert main([str(model), "--self-test"]) == 1
    assert "carries no golden images" in capsys.readouterr().err


def broken(golden: dict[str, bytes], change: str) -> dict[str, bytes]:
    files = dict(golden)
    table = json.loads(files[GOLDEN_NAME])
    if change == "image missing":
        del files["edge_golden_1.png"]
    elif change == "image damaged":
        files["edge_golden_1.png"] = files["edge_golden_1.png"][:30]
    elif change == "a class too many":
        table["images"][0]["expected"][0]["index"] = 3
    elif change == "a path":
        table["images"][0]["file"] = "../edge_golden_0.png"
    files[GOLDEN_NAME] = json.dumps(table).encode()
    return files


@pytest.mark.parametrize("change", ["image missing", "image damaged", "a class too many", "a path"])
def test_damage_is_one_line(
    golden_files: dict[str, bytes], tmp_path: Path, change: str, capsys: pytest.CaptureFixture[str]
) -> None:
    model = write_packaged(tmp_path / "m.tflite", dtype="float32", files=broken(golden_files, change))
    assert main([str(model), "--self-test"]) == 1
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1
    assert str(model) in err


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"images": ()}, "images: 0"),
        ({"images": (GoldenImage(TEST_PATTERN, (ExpectedScore(0, "a", 0.5),)),) * 17}, "images: 17"),
        ({"tolerance": 1.0}, "tolerance 1.0"),
    ],
)
def test_the_contract_refuses_nonsense(settings: dict[str, Any], message: str) -> None:
    good = {"images": (GoldenImage(TEST_PATTERN, (ExpectedScore(0, "a", 0.5),)),), "tolerance": 0.1, "made_with": "x"}
    assert GoldenSet.from_json(GoldenSet(**good).to_json()) == GoldenSet(**good)
    with pytest.raises(ContractError, match=message):
        GoldenSet(**{**good, **settings})
    with pytest.raises(ContractError):
        GoldenImage("labels.txt", (ExpectedScore(0, "a", 0.5),))
