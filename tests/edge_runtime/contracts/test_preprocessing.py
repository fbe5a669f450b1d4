import pytest

from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.preprocessing import PreprocessSpec, each_resampling, parse_normalization, parse_resize


@pytest.mark.parametrize(
    ("text", "black", "white"),
    [("-1..1", -1.0, 1.0), ("0..1", 0.0, 1.0), ("0..255", 0.0, 255.0), ("100,50", -2.0, 3.1)],
)
def test_normalization_names_say_what_black_and_white_become(text: str, black: float, white: float) -> None:
    (mean,), (std,) = parse_normalization(text)
    assert (0 - mean) / std == pytest.approx(black)
    assert (255 - mean) / std == pytest.approx(white)


def test_imagenet_normalization_has_three_channels() -> None:
    mean, std = parse_normalization("imagenet")
    assert [m / 255 for m in mean] == pytest.approx([0.485, 0.456, 0.406])
    assert [s / 255 for s in std] == pytest.approx([0.229, 0.224, 0.225])


def test_six_numbers_are_three_means_and_three_deviations() -> None:
    assert parse_normalization("1,2,3,4,5,6") == ((1, 2, 3), (4, 5, 6))


@pytest.mark.parametrize("text", ["", "1", "1,2,3", "0,0", "0,-1", "nan,1", "0..2", "a,b", "1,inf", "1,2,3,4,5,0"])
def test_other_normalizations_are_refused_with_the_possible_ones(text: str) -> None:
    with pytest.raises(ContractError, match=r"-1\.\.1"):
        parse_normalization(text)


def test_resize_words() -> None:
    assert parse_resize("squash") == ("squash", 1.0, "bilinear")
    assert parse_resize("center-crop") == ("center-crop", 1.0, "bilinear")
    assert parse_resize("center-crop:0.875") == ("center-crop", 0.875, "bilinear")
    assert parse_resize("letterbox:antialias") == ("letterbox", 1.0, "antialias")
    assert parse_resize("squash:bilinear") == ("squash", 1.0, "bilinear")
    assert parse_resize("center-crop:0.875:antialias") == ("center-crop", 0.875, "antialias")


def test_each_resampling_begins_with_the_one_that_was_said() -> None:
    for said, other in (("bilinear", "antialias"), ("antialias", "bilinear")):
        spec = PreprocessSpec(8, 9, "center-crop", 0.5, said)
        assert each_resampling(spec) == (spec, PreprocessSpec(8, 9, "center-crop", 0.5, other))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "crop",
        "center-crop:0",
        "center-crop:1.5",
        "center-crop:x",
        "squash:0.5",
        "antialias",
        "squash:antialias:antialias",
        "squash:cubic",
        "center-crop:antialias:0.5",
        "squash:",
    ],
)
def test_other_resizes_are_refused_with_the_possible_ones(text: str) -> None:
    with pytest.raises(ContractError, match="letterbox"):
        parse_resize(text)


@pytest.mark.parametrize(
    "wrong",
    [
        {"height": 0},
        {"width": 5000},
        {"resize": "stretch"},
        {"resampling": "nearest"},
        {"color": "HSV"},
        {"mean": (1.0, 2.0)},
        {"mean": ()},
        {"std": (0.0,)},
        {"std": (1e-320,)},
        {"std": (127.5, 127.5, 9e-7)},
        {"std": (float("inf"),)},
        {"crop_fraction": 0.5},
        {"color": "GRAY", "mean": (1.0, 2.0, 3.0)},
    ],
)
def test_impossible_specification_names_the_field(wrong: dict[str, object]) -> None:
    (field, *_rest) = reversed(wrong)
    with pytest.raises(ContractError, match=field):
        PreprocessSpec(**{"height": 8, "width": 8, **wrong})
