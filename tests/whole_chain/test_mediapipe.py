"""Our files in MediaPipe Tasks' ImageClassifier, which knows them by their TFLite metadata alone."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from environments import ROOT, environment_python
from PIL import Image
from small_run import write_color_images, write_dark_images
from stranger_models import color_model, write_labels
from tiny_model import LABELS, write_tiny_model

from converter import ConvertConfig, convert
from converter.tflite.metadata_write import (
    CALIBRATION_NAME,
    LABELS_NAME,
    ModelCard,
    append_files,
    build_metadata,
    calibration_file,
    label_file,
)
from converter.tflite.packing import pack_model
from edge_runtime import Classifier, read_image
from edge_runtime.contracts.preprocessing import PreprocessSpec
from edge_runtime.contracts.tensors import DType, TensorSpec
from edge_runtime.contracts.training import TrainingRecord
from edge_runtime.preprocess import Preprocessor

SAMPLE_TEST = ROOT / "trainer" / "assets" / "sample" / "test"

pytestmark = pytest.mark.device

Answers = dict[str, list[tuple[int, str, float]]]


def mediapipe_answers(*pairs: tuple[Path, Path]) -> list[Answers]:
    """Of each model on the images of its folder; all in one process, which takes two seconds to start."""
    script = ROOT / "tests" / "support" / "mediapipe_scores.py"
    command = [environment_python("mediapipe"), str(script), *(str(path) for pair in pairs for path in pair)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def our_answers(model: Path, folder: Path) -> Answers:
    with Classifier(model, backend="litert", top_k=100) as classifier:
        return {
            path.relative_to(folder).as_posix(): [
                (category.index, category.label, category.score)
                for category in classifier.classify(read_image(path)).categories
            ]
            for path in sorted(folder.rglob("*.png"))
        }


def same_top1(ours: Answers, theirs: Answers) -> float:
    assert ours.keys() == theirs.keys()
    return float(np.mean([ours[name][0][:2] == tuple(theirs[name][0][:2]) for name in ours]))


def assert_same_answers(ours: Answers, theirs: Answers, tolerance: float) -> None:
    assert ours.keys() == theirs.keys()
    for name, answer in ours.items():
        assert [entry[:2] for entry in answer] == [tuple(entry[:2]) for entry in theirs[name]], name
        np.testing.assert_allclose([entry[2] for entry in answer], [entry[2] for entry in theirs[name]], atol=tolerance)


def write_resized(folder: Path, to: Path, side: int) -> Path:
    """The images of a folder as our resampling makes them, so that MediaPipe has nothing to resize."""
    preprocess = Preprocessor(PreprocessSpec(side, side), TensorSpec((1, side, side, 3), "uint8", 1 / 127.5, 127))
    for path in folder.rglob("*.png"):
        pixels = np.empty((1, side, side, 3), np.uint8)
        preprocess(read_image(path), pixels)
        target = to / path.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels[0]).save(target)
    return to


@pytest.mark.tensorflow
def test_the_samples_model_gives_the_same_labels_and_scores(sample_int8: Path, tmp_path: Path) -> None:
    resized = write_resized(SAMPLE_TEST, tmp_path / "resized", 48)
    ours = our_answers(sample_int8, resized)
    theirs, enlarged_by_itself = mediapipe_answers((sample_int8, resized), (sample_int8, SAMPLE_TEST))
    assert len(ours) == 400
    assert same_top1(ours, theirs) == 1.0
    assert_same_answers(ours, theirs, tolerance=1e-6)
    assert same_top1(our_answers(sample_int8, SAMPLE_TEST), enlarged_by_itself) >= 0.95, "it differs little"


@pytest.mark.slow  # bytes are compared below
@pytest.mark.tensorflow
def test_a_float_model_is_normalised_as_we_do(small_run: Path, tmp_path: Path) -> None:
    model = tmp_path / "colors.tflite"
    convert(ConvertConfig(small_run, quantize="float32"), model)
    folder = TrainingRecord.load(small_run).part("test").root
    (theirs,) = mediapipe_answers((model, folder))
    assert_same_answers(our_answers(model, folder), theirs, tolerance=1e-5)


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("normalization", "output"),
    [
        ("imagenet", "uint8"),
        ("0..1", "float32"),
        *(pytest.param(*pair, marks=pytest.mark.slow) for pair in (("imagenet", "float32"), ("0..1", "uint8"))),
    ],
)
def test_bytes_are_pixels_and_scores_probabilities_however_dark_the_calibration(
    normalization: str, output: DType, tmp_path: Path
) -> None:
    """MediaPipe feeds an 8-bit input the bytes of the picture, and knows no softmax that is not in the file."""
    color_model(activation=None).save(tmp_path / "m.keras")
    folder = write_color_images(tmp_path / "eval", 5, seed=300)
    model = tmp_path / "m.tflite"
    config = ConvertConfig(
        tmp_path / "m.keras",
        quantize="int8",
        max_drop=100,
        normalization=normalization,
        labels=write_labels(tmp_path / "labels.txt"),
        eval_data=folder,
        calibration_data=write_dark_images(tmp_path / "dark"),
        output_type=output,
    )
    convert(config, model)
    (theirs,) = mediapipe_answers((model, folder))
    assert_same_answers(our_answers(model, folder), theirs, tolerance=1e-6)
    sums = [sum(score for _, _, score in answer) for answer in theirs.values()]
    np.testing.assert_allclose(sums, 1, atol=3 / 256)


def write_model(path: Path, dtype: str, thresholds: Sequence[float]) -> Path:
    """Gives each channel's mean as that label's score."""
    spec = PreprocessSpec(6, 8, mean=(0.0,), std=(255.0,))
    model = write_tiny_model(path, dtype=dtype, activation="none", input_quantization=(1 / 255, 0))
    packed = pack_model(model.read_bytes(), build_metadata(ModelCard("colors", ""), spec, thresholds))
    files = {LABELS_NAME: label_file(LABELS), CALIBRATION_NAME: calibration_file(thresholds)}
    model.write_bytes(append_files(packed, {name: text for name, text in files.items() if text is not None}))
    return model


def test_thresholds_cut_off_the_same_labels(tmp_path: Path) -> None:
    cases = [(dtype, limits) for dtype in ("float32", "uint8") for limits in ((0.5, 0.5, 0.5), (0.2, 0.5, 0.9))]
    colors = [(255, 255, 255), (0, 0, 0), (60, 200, 200), (50, 127, 229), (51, 128, 230), (255, 0, 128)]
    folder = tmp_path / "images"
    folder.mkdir()
    for number, color in enumerate(colors):
        Image.new("RGB", (8, 6), color).save(folder / f"{number}.png")
    models = [write_model(tmp_path / f"{number}.tflite", *case) for number, case in enumerate(cases)]
    for case, answers in zip(cases, mediapipe_answers(*((model, folder) for model in models)), strict=True):
        for number, color in enumerate(colors):
            expected = {
                label: score / 255
                for label, score, threshold in zip(LABELS, color, case[1], strict=True)
                if score / 255 >= threshold
            }
            found = {label: score for _, label, score in answers[f"{number}.png"]}
            assert found == pytest.approx(expected, abs=1e-5), case
