"""Right answers on real things: other people's models and photos, against the figures in data/README.md."""

import csv

import numpy as np
import pytest
from shared import SHARED_DATA, needs_shared_data

from edge_runtime import Classifier, read_image
from edge_runtime.preprocess import resize_numpy

pytestmark = needs_shared_data

MODELS = SHARED_DATA / "tflite"
BACKGROUND_LABELS = MODELS / "imagenet_labels_1001.txt"

# Top-1 hits among the 500 photos of imagenet_500/, as data/README.md states them (0.542, 0.512, ...).
STATED_HITS = {
    ("mobilenet_v1_0.25_224_float_metadata", "center-crop:0.875"): 271,
    ("mobilenet_v1_0.25_224_float_metadata", "squash"): 256,
    ("mobilenet_v1_0.25_224_uint8_metadata", "center-crop:0.875"): 271,
    ("mobilenet_v1_0.25_224_uint8_metadata", "squash"): 239,
    ("mobilenet_v2_1.0_224_uint8", "center-crop:0.875"): 439,
    ("mobilenet_v2_1.0_224_uint8", "squash"): 413,
}
ONE_POINT = 5


@pytest.fixture(scope="module")
def imagenet() -> list[tuple[np.ndarray, int]]:
    with (SHARED_DATA / "imagenet_500" / "labels.csv").open() as file:
        rows = list(csv.DictReader(file))
    return [(read_image(SHARED_DATA / "imagenet_500" / row["filename"]), int(row["index_1001"])) for row in rows]


def open_model(name: str, **options: object) -> Classifier:
    labels = None if name.endswith("_metadata") else BACKGROUND_LABELS
    return Classifier(MODELS / f"{name}.tflite", labels=labels, threads=2, **options)


@pytest.mark.parametrize(
    ("name", "mode"),
    [pytest.param(name, mode, marks=pytest.mark.slow if "v2" in name else ()) for name, mode in STATED_HITS],
)
def test_top1_is_within_one_point_of_what_is_stated(
    imagenet: list[tuple[np.ndarray, int]], name: str, mode: str
) -> None:
    with open_model(name, resize=mode) as classifier:
        hits = sum(classifier.classify(pixels).categories[0].index == index for pixels, index in imagenet)
    assert hits >= STATED_HITS[name, mode] - ONE_POINT


def test_wrong_channel_order_and_range_would_show(imagenet: list[tuple[np.ndarray, int]]) -> None:
    name = "mobilenet_v1_0.25_224_float_metadata"
    subset = imagenet[::2]

    def hits(flip: int, **options: object) -> int:
        with open_model(name, **options) as classifier:
            return sum(
                classifier.classify(pixels[..., ::flip]).categories[0].index == index for pixels, index in subset
            )

    right = hits(1)
    assert hits(-1) < right - 10 * len(subset) // 100
    assert hits(1, normalization="0..1") < right - 5 * len(subset) // 100


@pytest.mark.parametrize("resizer", ["opencv", "numpy"])
def test_the_clear_photos_are_recognised(resizer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if resizer == "numpy":
        monkeypatch.setattr(
            "edge_runtime.preprocess.resize.load_resizers", lambda: ("numpy", resize_numpy.resize, resize_numpy.halve)
        )
    with (SHARED_DATA / "photos" / "labels.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["imagenet_labels"]]
    assert len(rows) == 8
    with open_model("mobilenet_v2_1.0_224_uint8") as classifier:
        for row in rows:
            label = classifier.classify(read_image(SHARED_DATA / "photos" / row["filename"])).categories[0].label
            names = {name.strip().replace(" ", "_") for name in label.split(",")}
            assert names & set(row["imagenet_labels"].split("|")), (row["filename"], label)


def test_opencv_and_numpy_give_the_same_top1_on_photos(monkeypatch: pytest.MonkeyPatch) -> None:
    photos = [read_image(path) for path in sorted((SHARED_DATA / "photos").glob("*.[bj]*"))]
    answers = []
    for resizers in (None, ("numpy", resize_numpy.resize, resize_numpy.halve)):
        if resizers is not None:
            monkeypatch.setattr("edge_runtime.preprocess.resize.load_resizers", lambda found=resizers: found)
        with open_model("mobilenet_v2_1.0_224_uint8") as classifier:
            answers.append([classifier.classify(photo).categories[0].index for photo in photos])
    assert answers[0] == answers[1]


def test_an_int8_model_and_its_float_original_agree_when_both_get_the_right_numbers(
    imagenet: list[tuple[np.ndarray, int]],
) -> None:
    def person(name: str, normalization: str | None) -> np.ndarray:
        labels = MODELS / "vww_labels.txt"
        with Classifier(MODELS / f"{name}.tflite", labels=labels, normalization=normalization) as classifier:
            return np.array([classifier.scores(pixels)[1] for pixels, _ in imagenet[:200]])

    int8 = person("vww_96_int8", None)
    right, wrong = person("vww_96_float", "0..1"), person("vww_96_float", "-1..1")
    assert np.abs(int8 - right).mean() <= 0.03
    assert np.abs(int8 - wrong).mean() > 0.1
