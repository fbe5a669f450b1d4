"""Strangers' models: what the file does not say, the user must; what it says goes."""

import logging
from pathlib import Path

import pytest
from odd_models import write_mean_model
from tiny_model import LABELS, solid_frame, write_tiny_model

from edge_runtime import Classifier
from edge_runtime.contracts.errors import ContractError

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "labels.txt"
    path.write_text("\n".join(LABELS) + "\n\n")
    return path


@pytest.mark.parametrize("activation", ["softmax", "none", "logistic"])
@pytest.mark.parametrize("dtype", ["float32", "uint8", "int8"])
def test_every_input_type_and_ending_gives_the_right_colour(
    tmp_path: Path, labels: Path, dtype: str, activation: str
) -> None:
    quantization = (1 / 64, -128) if dtype == "int8" else (1 / 64, 0)
    path = write_tiny_model(tmp_path / "m.tflite", dtype=dtype, activation=activation, input_quantization=quantization)
    normalization = "0..1" if dtype == "float32" else None
    with Classifier(path, labels=labels, normalization=normalization, top_k=3) as classifier:
        for color, name in zip((RED, GREEN, BLUE), LABELS, strict=True):
            result = classifier.classify(solid_frame(color))
            assert result.categories[0].label == name
            assert 0 <= result.categories[-1].score < result.categories[0].score <= 1
            assert classifier.scores(solid_frame(color)).sum() == pytest.approx(1, abs=0.02) or activation == "logistic"


def test_logits_get_a_softmax_and_probabilities_do_not(tmp_path: Path, labels: Path) -> None:
    ending_in = {
        activation: Classifier(
            write_tiny_model(tmp_path / f"{activation}.tflite", activation=activation),
            labels=labels,
            normalization="0..1",
        )
        for activation in ("none", "softmax")
    }
    frame = solid_frame((200, 30, 90))
    assert ending_in["none"].scores(frame) == pytest.approx(ending_in["softmax"].scores(frame), abs=1e-6)


def test_float_model_without_normalization_is_refused_with_the_fix(tmp_path: Path, labels: Path) -> None:
    path = write_tiny_model(tmp_path / "m.tflite")
    with pytest.raises(ContractError, match=r"m\.tflite: .*add --normalization -1\.\.1"):
        Classifier(path, labels=labels)


def test_a_normalization_of_three_channels_does_not_go_with_grey(tmp_path: Path, labels: Path) -> None:
    path = write_mean_model(tmp_path / "m.tflite", (1, 8, 8, 1), (1, 2))
    with pytest.raises(ContractError) as error:
        Classifier(path, labels=labels, normalization="imagenet")
    assert str(error.value) == f"{path}: --normalization imagenet is for 3 channels; its input has 1"


@pytest.mark.parametrize(("names", "hint"), [("a\nb\n", "background"), ("a\nb\nc\nd\n", "4 labels for the 3 classes")])
def test_labels_whose_number_does_not_fit_are_refused(tmp_path: Path, names: str, hint: str) -> None:
    (tmp_path / "labels.txt").write_text(names)
    with pytest.raises(ContractError, match=rf"labels\.txt: .*{hint}"):
        Classifier(write_tiny_model(tmp_path / "m.tflite"), labels=tmp_path / "labels.txt", normalization="0..1")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"", b"a\n\nc\n"])
def test_a_label_file_that_is_no_label_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "labels.txt").write_bytes(content)
    with pytest.raises(ContractError, match=r"labels\.txt"):
        Classifier(write_tiny_model(tmp_path / "m.tflite"), labels=tmp_path / "labels.txt", normalization="0..1")


def test_missing_labels_are_said_and_replaced_by_numbers(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "edge-deploy-kit"):
        classifier = Classifier(write_tiny_model(tmp_path / "m.tflite"), normalization="0..1")
    assert "no labels in the file" in caplog.text
    assert classifier.classify(solid_frame(BLUE)).categories[0].label == "2"


def test_sigmoid_over_classes_is_multi_label_and_a_single_one_binary(tmp_path: Path, labels: Path) -> None:
    many = Classifier(
        write_tiny_model(tmp_path / "many.tflite", activation="logistic"), labels=labels, normalization="0..1"
    )
    assert many.contract.task == "multi-label"
    (tmp_path / "two.txt").write_text("dark\nbright\n")
    one = Classifier(
        write_tiny_model(tmp_path / "one.tflite", activation="none", channels=1),
        labels=tmp_path / "two.txt",
        normalization="-1..1",
    )
    assert one.contract.task == "binary"
    assert one.classify(solid_frame((250, 250, 250))).categories[0].label == "bright"
    assert one.classify(solid_frame((5, 5, 5))).categories[0].label == "dark"


def test_a_sigmoid_that_the_user_names_makes_the_task_a_guess_that_is_said(
    tmp_path: Path, labels: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write_tiny_model(tmp_path / "m.tflite", activation="none")
    said = {"normalization": "0..1", "activation": "sigmoid", "color": "rgb", "resize": "squash"}
    with caplog.at_level(logging.INFO, "edge-deploy-kit"):
        assert Classifier(path, labels=labels, **said).contract.task == "multi-label"
        assert "taken for: --task multi-label (its outputs are sigmoids)" in caplog.text
        caplog.clear()
        assert Classifier(path, labels=labels, **said, task="single-label").contract.task == "single-label"
        assert "taken for" not in caplog.text


def test_user_normalization_is_applied_to_a_quantised_model(tmp_path: Path, labels: Path) -> None:
    path = write_tiny_model(tmp_path / "m.tflite", dtype="uint8", activation="none", input_quantization=(1 / 128, 128))
    plain = Classifier(path, labels=labels).scores(solid_frame(RED))
    halved = Classifier(path, labels=labels, normalization="0,510").scores(solid_frame(RED))
    assert halved[0] < plain[0]


@pytest.mark.parametrize("wrong", [{"top_k": 0}, {"threshold": 1.5}, {"threshold": -0.1}, {"backend": "tpu"}])
def test_impossible_arguments_are_refused(tmp_path: Path, labels: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(ContractError):
        Classifier(write_tiny_model(tmp_path / "m.tflite"), labels=labels, normalization="0..1", **wrong)


def test_a_multi_label_model_gives_every_label_that_reaches_its_threshold(
    tmp_path: Path, labels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "edge_runtime.inference.classifier.DEFAULT_TOP_K", 1
    )  # so that three labels are more than usual
    path = write_tiny_model(tmp_path / "m.tflite", activation="logistic")
    white = solid_frame((255, 255, 255))
    many = Classifier(path, labels=labels, normalization="0..1", threshold=0.5)
    assert len(many.classify(white).categories) == 3
    assert (
        len(Classifier(path, labels=labels, normalization="0..1", threshold=0.5, top_k=2).classify(white).categories)
        == 2
    )
    assert len(Classifier(path, labels=labels, normalization="0..1").classify(white).categories) == 1
