"""A model trained elsewhere that is fed or read wrongly: edge-convert says so, and names what fits."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from small_run import CLASSES, SIDE, write_color_images
from stranger_models import color_model, write_float_tflite

from converter.cli import main

pytestmark = pytest.mark.tensorflow


def brightness_model(*, single: bool = False) -> Any:
    """A ``keras.Model`` for pixels in -1..1 that tells dark images from light ones; of 0..1 all are light to it."""
    import keras

    image = keras.Input((SIDE, SIDE, 3))
    means = keras.layers.GlobalAveragePooling2D()(image)
    weights = np.full((3, 1), 4.0) if single else np.array([[-4.0, 4.0]] * 3)
    outputs = weights.shape[1]
    scores = keras.layers.Dense(outputs, "sigmoid" if single else "softmax", name="classes")(means)
    model = keras.Model(image, scores)
    model.get_layer("classes").set_weights([weights, np.zeros(outputs)])
    return model


def write_brightness_images(root: Path, count: int, noise: int = 60) -> Path:
    generator = np.random.default_rng(1)
    for name, level in (("dark", 70), ("light", 190)):
        (root / name).mkdir(parents=True)
        for number in range(count):
            pixels = level + generator.integers(-noise, noise, (SIDE, SIDE, 3))
            Image.fromarray(pixels.astype(np.uint8)).save(root / name / f"{number}.png")
    return root


@pytest.fixture(scope="module")
def brightness(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The model, its labels and its images as arguments."""
    folder = tmp_path_factory.mktemp("brightness")
    brightness_model().save(folder / "m.keras")
    (folder / "labels.txt").write_text("dark\nlight\n")
    images = write_brightness_images(folder / "eval", 25)
    return [str(folder / "m.keras"), "--labels", str(folder / "labels.txt"), "--eval-data", str(images)]


@pytest.fixture(scope="module")
def colors(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A model of colours, and images."""
    folder = tmp_path_factory.mktemp("colors")
    color_model().save(folder / "m.keras")
    return folder / "m.keras", write_color_images(folder / "eval", 16, seed=3)


def convert(arguments: list[str], out: Path, capfd: pytest.CaptureFixture[str]) -> tuple[int, str, dict[str, Any]]:
    """The exit code, the last line on stderr, and the report."""
    capfd.readouterr()
    code = main([*arguments, "--quantize", "float32", "--golden", "0", "--out", str(out)])
    lines = capfd.readouterr().err.splitlines()
    report = json.loads(out.with_suffix(".report.json").read_text())
    assert out.with_suffix(".report.html").is_file()
    return code, lines[-1], report


def test_a_wrong_normalization_is_refused_and_the_right_one_named(
    brightness: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "o.tflite"
    code, line, report = convert([*brightness, "--normalization", "0..1"], out, capfd)
    assert code == 3
    page = out.with_suffix(".report.html")
    assert line == (
        f"edge-convert: {out}: not written: top-1 of the float model is 50.0% on 50 images, where guessing gives "
        f"50.0% (p = 1); with --normalization -1..1 the float model gets 100.0% of 50; see {page.name}; "
        "--allow-chance converts it as it is"
    )
    assert not out.exists()
    (fit,) = report["fits"]
    assert (fit["option"], fit["before"], fit["after"]) == ("--normalization -1..1", 0.5, 1.0)
    assert "does no better than guessing" in page.read_text()
    assert convert([*brightness, *fit["option"].split()], out, capfd)[0] == 0


@pytest.mark.parametrize("allow", [[], ["--allow-chance"]])
def test_a_model_whose_scores_are_no_numbers_is_told_so_and_not_that_it_guesses(
    allow: list[str], brightness: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = brightness_model()
    weights, bias = model.get_layer("classes").get_weights()
    weights[0, 0] = np.nan
    model.get_layer("classes").set_weights([weights, bias])
    model.save(tmp_path / "m.keras")
    arguments = [str(tmp_path / "m.keras"), *brightness[1:], "--normalization", "-1..1", "--quantize", "float32"]
    assert main([*arguments, *allow, "--out", str(tmp_path / "o.tflite")]) == 1
    assert capfd.readouterr().err.splitlines()[-1] == (
        f"edge-convert: {tmp_path / 'm.keras'}: the float model gives scores that are no numbers (NaN or infinite) for "
        "50 of 50 images; train it again, or convert a copy from before its weights became NaN"
    )


def test_allow_chance_converts_it_and_says_what_it_is(
    brightness: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "o.tflite"
    code, line, report = convert([*brightness, "--normalization", "0..1", "--allow-chance"], out, capfd)
    assert code == 0
    assert "where guessing gives 50.0% (p = 1); with --normalization -1..1 the float model gets 100.0%" in line
    assert line.endswith("; converted because of --allow-chance")
    assert out.is_file()
    assert report["chance"]["found"] == 0.5


@pytest.mark.parametrize(
    ("written", "found", "checked"),
    [
        ("green blue red", "0.0%", 48),  # one place off, as with a class "background" too many
        ("green red blue", "33.3%", 24),  # no usual mistake: half of the images suggest it, the others confirm it
    ],
)
def test_labels_in_the_wrong_order_are_refused_and_the_right_order_named(
    written: str, found: str, checked: int, colors: tuple[Path, Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model, images = colors
    labels, out = tmp_path / "labels.txt", tmp_path / "o.tflite"
    labels.write_text("\n".join(written.split()))
    arguments = [str(model), "--labels", str(labels), "--eval-data", str(images), "--normalization", "-1..1"]
    code, line, report = convert(arguments, out, capfd)
    assert code == 3
    assert f"top-1 of the float model is {found} on 48 images" in line
    assert f"; with --labels in the order red, green, blue the float model gets 100.0% of {checked}; see" in line
    assert tuple(report["fits"][0]["labels"]) == CLASSES
    assert ", ".join(CLASSES) in out.with_suffix(".report.html").read_text()


def test_the_wrong_order_of_the_channels_is_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A swap of the labels would serve as well here: of two that do, the way to feed the model is named."""
    import keras

    shades = {"red": (230, 40, 40), "blue": (40, 40, 230), "orange": (230, 130, 40), "violet": (130, 40, 230)}
    image = keras.Input((SIDE, SIDE, 3))
    means = keras.layers.GlobalAveragePooling2D()(image)
    model = keras.Model(image, keras.layers.Dense(4, "softmax", name="classes")(means))
    targets = np.array(list(shades.values()))[:, ::-1] / 127.5 - 1  # it takes BGR
    model.get_layer("classes").set_weights([8 * targets.T, -4 * (targets**2).sum(axis=1)])
    model.save(tmp_path / "m.keras")
    (tmp_path / "labels.txt").write_text("".join(f"{name}\n" for name in shades))
    generator = np.random.default_rng(0)
    for name, shade in shades.items():
        (tmp_path / "eval" / name).mkdir(parents=True)
        for number in range(12):
            pixels = np.asarray(shade) + generator.integers(-25, 25, (SIDE, SIDE, 3))
            Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "eval" / name / f"{number}.png")
    arguments = [str(tmp_path / "m.keras"), "--labels", str(tmp_path / "labels.txt"), "--normalization", "-1..1"]
    code, line, report = convert([*arguments, "--eval-data", str(tmp_path / "eval")], tmp_path / "o.tflite", capfd)
    assert code == 3
    assert "; with --color bgr the float model gets 100.0% of 48; see" in line
    assert report["fits"][0]["labels"] == []


def test_a_model_that_is_right_more_often_otherwise_passes_with_a_warning(
    brightness: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Between dark and light it draws the line at 100 instead of 127.5, and half of the dark images lie between."""
    for name, levels in (("dark", range(70, 126)), ("light", range(140, 196))):
        (tmp_path / "eval" / name).mkdir(parents=True)
        for level in levels:
            Image.new("RGB", (SIDE, SIDE), (level, level, level)).save(tmp_path / "eval" / name / f"{level}.png")
    arguments = [*brightness[:-1], str(tmp_path / "eval"), "--normalization", "100,127.5"]
    code, line, report = convert(arguments, tmp_path / "o.tflite", capfd)
    assert code == 0
    assert ": with --normalization -1..1 the float model gets 100.0% of 112, and 76.8 % as it is (p = " in line
    assert line.endswith("): check how it was trained")
    assert report["chance"]["p_value"] < 0.05


def test_a_binary_model_of_one_output_is_questioned_too(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    brightness_model(single=True).save(tmp_path / "m.keras")
    (tmp_path / "labels.txt").write_text("light\ndark\n")  # its one score is that of the second
    images = write_brightness_images(tmp_path / "eval", 25)
    arguments = [str(tmp_path / "m.keras"), "--labels", str(tmp_path / "labels.txt"), "--eval-data", str(images)]
    code, line, _ = convert([*arguments, "--normalization", "-1..1"], tmp_path / "o.tflite", capfd)
    assert code == 3
    assert "accuracy of the float model is 0.0% on 50 images" in line
    assert "; with --labels in the order dark, light the float model gets 100.0% of 50; see" in line


def test_a_model_that_nothing_fits_is_refused_without_a_guess(
    brightness: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    noise = np.random.default_rng(0)
    images = tmp_path / "noise"
    for name in ("dark", "light"):
        (images / name).mkdir(parents=True)
        for number in range(40):
            level = int(noise.integers(30, 220))
            Image.new("RGB", (SIDE, SIDE), (level, level, level)).save(images / name / f"{number}.png")
    arguments = [*brightness[:-1], str(images), "--normalization", "-1..1"]
    code, line, report = convert(arguments, tmp_path / "o.tflite", capfd)
    assert code == 3
    assert "; no other normalization or order of channels or labels fits: check --labels and the images; see" in line
    assert report["fits"] == []


def test_a_float_tflite_is_questioned_too(
    colors: tuple[Path, Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = write_float_tflite(tmp_path / "m.tflite")
    (tmp_path / "labels.txt").write_text("blue\nred\ngreen\n")
    arguments = [str(model), "--labels", str(tmp_path / "labels.txt"), "--eval-data", str(colors[1])]
    code, line, _ = convert([*arguments, "--normalization", "-1..1"], tmp_path / "o.tflite", capfd)
    assert code == 3
    assert "with --labels in the order red, green, blue" in line


def test_few_images_do_not_accuse_but_say_that_they_are_few(
    brightness: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    images = write_brightness_images(tmp_path / "eval", 2)
    out = tmp_path / "o.tflite"
    capfd.readouterr()
    arguments = [*brightness[:-1], str(images), "--normalization", "0..1", "--quantize", "float32", "--golden", "0"]
    assert main([*arguments, "--out", str(out)]) == 0
    assert ": too few images to tell these apart (--eval-data)" in capfd.readouterr().err


def test_of_a_run_it_is_said_and_nothing_else_is_tried(
    small_run: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("converter.doubts.question.find_fits", lambda *_, **__: pytest.fail("it knows how it is fed"))
    images = write_color_images(tmp_path / "eval", 16, seed=3)
    shown = [images / name for name in CLASSES]
    for name, folder in zip(("a", "b", "c"), shown, strict=True):
        folder.rename(images / name)
    for name, target in zip(("a", "b", "c"), (shown[1], shown[2], shown[0]), strict=True):
        (images / name).rename(target)
    code, line, report = convert([str(small_run), "--eval-data", str(images)], tmp_path / "o.tflite", capfd)
    assert code == 0
    assert line.endswith(": look at how it was trained")
    assert report["chance"]["found"] == 0.0
