"""Inputs and outputs as other tools make them: channels first, no channels, open sizes, several outputs."""

import json
import logging
from pathlib import Path

import numpy as np
import pytest
from odd_models import OPEN, write_mean_model
from tiny_model import solid_frame, write_packed_model, write_tiny_model

from edge_runtime import Classifier
from edge_runtime.contracts.errors import ContractError, EdgeDeployError
from edge_runtime.run.cli import main

FRAME = solid_frame((200, 30, 90), (20, 30))
MEANS = np.array([200, 30, 90]) / 255
GREY = 88 / 255  # (200 * 299 + 30 * 587 + 90 * 114 + 500) // 1000
BACKENDS = ("litert", "litert-compiled")
SAID = {"normalization": "0..1", "activation": "none"}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("shape", "axes", "said"),
    [
        ((1, 3, 6, 8), (2, 3), {}),
        ((OPEN, 3, 6, 8), (2, 3), {}),
        ((1, 3, 6, 3), (2, 3), {"layout": "nchw"}),
        ((1, 3, 6, 3), (1, 2), {"layout": "nhwc"}),
        ((1, OPEN, OPEN, 3), (1, 2), {"image_size": 16}),
        ((OPEN, OPEN, OPEN, 3), (1, 2), {"image_size": "16x24"}),
        ((OPEN, 3, OPEN, OPEN), (2, 3), {"image_size": "16x24"}),
        ((1, OPEN, 8, 3), (1, 2), {"image_size": "16x8"}),
    ],
)
def test_colour_images_in_every_shape(
    tmp_path: Path, backend: str, shape: tuple[int, ...], axes: tuple[int, ...], said: dict[str, object]
) -> None:
    path = write_mean_model(tmp_path / "m.tflite", shape, axes)
    with Classifier(path, backend=backend, **SAID, **said) as classifier:
        assert classifier.scores(FRAME) == pytest.approx(MEANS, abs=1e-5)
        assert classifier.twin().scores(FRAME) == pytest.approx(MEANS, abs=1e-5)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("shape", "axes"), [((1, 1, 6, 8), (2, 3)), ((1, 6, 8), (1, 2)), ((OPEN, 6, 8), (1, 2))])
def test_grey_images_in_every_shape(
    tmp_path: Path, backend: str, shape: tuple[int, ...], axes: tuple[int, ...]
) -> None:
    path = write_mean_model(tmp_path / "m.tflite", shape, axes)
    assert Classifier(path, backend=backend, **SAID).scores(FRAME) == pytest.approx([1 - GREY, GREY], abs=1e-5)


def test_a_grey_image_without_a_batch(tmp_path: Path) -> None:
    path = write_mean_model(tmp_path / "m.tflite", (6, 8), (1,))
    assert Classifier(path, **SAID).scores(FRAME) == pytest.approx([GREY] * 6, abs=1e-5)


def test_pixels_keep_their_places_where_channels_come_first(tmp_path: Path) -> None:
    rows = write_mean_model(tmp_path / "rows.tflite", (1, 3, 6, 8), (1, 3))
    columns = write_mean_model(tmp_path / "columns.tflite", (1, 3, 6, 8), (1, 2))
    frame = np.arange(6 * 8 * 3, dtype=np.uint8).reshape(6, 8, 3)
    for color, order in (("rgb", slice(None)), ("bgr", slice(None, None, -1))):
        pixels = frame[..., order] / 255
        assert Classifier(rows, color=color, **SAID).scores(frame) == pytest.approx(pixels.mean((1, 2)), abs=1e-5)
        assert Classifier(columns, color=color, **SAID).scores(frame) == pytest.approx(pixels.mean((0, 2)), abs=1e-5)


def test_bgr_swaps_the_channels_and_is_said_where_it_is_not(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = write_tiny_model(tmp_path / "m.tflite", activation="none")
    assert Classifier(path, color="bgr", **SAID).scores(FRAME) == pytest.approx(MEANS[::-1], abs=1e-5)
    with caplog.at_level(logging.INFO, "edge-deploy-kit"):
        Classifier(path, **SAID)
        Classifier(path, **SAID, color="rgb", resize="squash", task="multi-label")
    assert caplog.text.count("taken for: --color rgb; --resize squash; each option overrules") == 1


@pytest.mark.parametrize(
    ("shape", "said", "message"),
    [
        ((1, 3, 6, 3), {}, "may have its channels first or last; say which: --layout nhwc"),
        ((1, 6, 8, 3), {"layout": "nchw"}, r"--layout nchw does not fit its input \[1, 6, 8, 3\]"),
        ((1, 6, 8), {"layout": "nchw"}, r"its input \[1, 6, 8\] has no channels; leave --layout out"),
        ((1, OPEN, OPEN, 3), {}, r"images of any size, \[1, any, any, 3\]; say .* --image-size S or HEIGHTxWIDTH"),
        ((1, OPEN, 8, 3), {"image_size": "16x9"}, r"--image-size 16x9 does not fit its input \[1, any, 8, 3\]"),
        ((1, 6, 8, 3), {"image_size": 16}, "leave --image-size out"),
        ((1, OPEN, OPEN, 3), {"image_size": "0x3"}, "neither S nor HEIGHTxWIDTH"),
        ((1, OPEN, OPEN, 3), {"image_size": "16x"}, "neither S nor HEIGHTxWIDTH"),
        ((1, OPEN, OPEN, 3), {"image_size": 5000}, "neither S nor HEIGHTxWIDTH"),
        ((1, 6, 8, 3), {"color": "gray"}, "--color gray does not fit its input of 3 channels"),
        ((1, 6, 8, 1), {"color": "bgr"}, "--color bgr does not fit its input of 1 channels"),
        ((1, 6, 8, 3), {"color": "cmyk"}, "color 'cmyk' is not one of rgb, bgr, gray"),
        ((1, 3, 3, 3), {"layout": "nchw"}, "images of 3x3 pixels"),
        ((4, 6, 8, 3), {}, r"its input has shape \[4, 6, 8, 3\]"),
        ((1, 784), {}, r"its input has shape \[1, 784\]"),
        ((OPEN, 784), {}, r"its input has shape \[any, 784\]"),
        ((1, OPEN, OPEN, OPEN), {}, r"its input has shape \[1, any, any, any\]"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(
    tmp_path: Path, shape: tuple[int, ...], said: dict[str, object], message: str
) -> None:
    path = write_mean_model(tmp_path / "m.tflite", shape, (1, 2))
    with pytest.raises(EdgeDeployError, match=message) as caught:
        Classifier(path, **SAID, **said)
    assert len(str(caught.value)) - len(str(path)) < 260


def test_the_gpu_backend_refuses_an_open_size(tmp_path: Path) -> None:
    path = write_mean_model(tmp_path / "m.tflite", (1, OPEN, OPEN, 3), (1, 2))
    with pytest.raises(EdgeDeployError, match="litert-gpu only runs files of one image size"):
        Classifier(path, backend="litert-gpu", image_size=16, **SAID)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_size_that_the_graph_does_not_take_is_an_error_of_one_line(tmp_path: Path, backend: str) -> None:
    path = write_mean_model(tmp_path / "m.tflite", (1, OPEN, OPEN, 3), (3,))
    with pytest.raises(EdgeDeployError, match=rf"{backend} cannot run it with images of 4x5"):
        Classifier(path, backend=backend, image_size="4x5", **SAID)


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_output_that_grows_with_the_image_is_no_row_of_scores(tmp_path: Path, backend: str) -> None:
    path = write_mean_model(tmp_path / "m.tflite", (1, OPEN, OPEN, 3), (1, 2), outputs=("image",))
    with pytest.raises(EdgeDeployError, match=r"no row of scores for images of 4x5, .* is \[1, 4, 5, 3\]"):
        Classifier(path, backend=backend, image_size="4x5", **SAID)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("signature", [True, False])
@pytest.mark.parametrize(("output", "right"), [("1", 0), ("means", 0), (2, 1), ("scores", 1)])
def test_the_output_that_is_named_gives_the_scores(
    tmp_path: Path, backend: str, signature: bool, output: object, right: int
) -> None:
    path = write_mean_model(
        tmp_path / "m.tflite", (1, 6, 8, 3), (1, 2),
        activation=True, outputs=("image", "means", "scores"), signature=signature,
    )  # fmt: skip
    powers = np.exp(MEANS)
    expected = (MEANS, powers / powers.sum())[right]
    scores = Classifier(path, backend=backend, output=output, **SAID).scores(FRAME)
    assert scores == pytest.approx(expected, abs=1e-5)


def test_several_outputs_are_listed_and_the_only_candidate_is_taken_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    outputs = ("image", "means", "scores")
    path = write_mean_model(tmp_path / "m.tflite", (1, 6, 8, 3), (1, 2), outputs=outputs)
    listed = r"0 image_out \[1, 6, 8, 3\], 1 means_out \[1, 3\], 2 scores_out \[1, 3\]"
    with pytest.raises(ContractError, match=rf"has 3 outputs; .* --output NAME or its number: {listed}"):
        Classifier(path, **SAID)
    with pytest.raises(ContractError, match=rf"no output 'score'; it has: {listed}"):
        Classifier(path, output="score", **SAID)
    with pytest.raises(EdgeDeployError, match=r"its output has shape \[1, 6, 8, 3\], expected \[1, classes\]"):
        Classifier(path, output="image_out", **SAID)
    one = write_mean_model(tmp_path / "one.tflite", (1, 6, 8, 3), (1, 2), outputs=("image", "means"))
    with caplog.at_level(logging.INFO, "edge-deploy-kit"):
        assert Classifier(one, **SAID).scores(FRAME) == pytest.approx(MEANS, abs=1e-5)
    assert "--output 1 (means_out, the only one of 2 with the shape of scores)" in caplog.text
    none = write_mean_model(tmp_path / "none.tflite", (1, 6, 8, 3), (1, 2), outputs=("image", "image"))
    with pytest.raises(EdgeDeployError, match="none of its 2 outputs is a row of scores"):
        Classifier(none, **SAID)


def test_edge_run_takes_it_all_from_the_command_line_and_from_toml(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_mean_model(tmp_path / "m.tflite", (1, 3, OPEN, OPEN), (2, 3), outputs=("image", "means", "scores"))
    options = {"normalization": "0..1", "activation": "none", "task": "single-label", "color": "bgr", "output": 2,
               "image-size": 32, "layout": "nchw", "resize": "squash"}  # fmt: skip
    words = [f"--{name}={value}" for name, value in options.items()]
    assert main([str(path), "synthetic:64x48:1", "--check", *words]) == 0
    out, err = capsys.readouterr()
    assert err.splitlines() == [
        f"edge-run: {path}: no labels in the file, classes go by their numbers; add --labels FILE"
    ]
    lines = [f"{name} = {json.dumps(value)}" for name, value in options.items()]
    (tmp_path / "run.toml").write_text(f'model = "{path}"\nsource = "synthetic:64x48:1"\n' + "\n".join(lines))
    assert main(["--config", str(tmp_path / "run.toml")]) == 0
    again = capsys.readouterr().out
    assert json.loads(out)["categories"] == json.loads(again)["categories"]


def test_a_manifest_is_not_overruled(tmp_path: Path) -> None:
    path = write_packed_model(tmp_path / "m.tflite")
    for said in ({"color": "rgb"}, {"activation": "none"}, {"task": "single-label"}, {"output": 0}, {"layout": "nhwc"}):
        (name,) = said
        with pytest.raises(ContractError, match=f"the file says its {name} itself; leave --{name} out"):
            Classifier(path, **said)
