"""TrainConfig refuses what cannot work, and says what was meant by its defaults."""

import dataclasses
import subprocess
import sys

import pytest

from trainer import TrainConfig
from trainer.cli import main
from trainer.errors import ConfigError


def test_the_sample_is_trained_on_the_bundled_backbone() -> None:
    config = TrainConfig("sample")
    assert (config.weights, config.alpha, config.image_size) == ("bundled", 0.35, 48)


def test_photos_are_trained_on_imagenet_weights() -> None:
    config = TrainConfig("photos")
    assert (config.weights, config.image_size) == ("imagenet", 224)


def test_another_backbone_has_weights_and_widths_of_its_own() -> None:
    config = TrainConfig("sample", backbone="mobilenet")
    assert (config.weights, config.alpha, config.image_size, config.pooling) == ("imagenet", 1.0, 224, "avg")


def test_a_network_from_scratch_leaves_size_and_colour_to_the_images() -> None:
    config = TrainConfig("sample", backbone="small-cnn")
    assert (config.weights, config.image_size, config.color, config.pooling) == ("none", 0, "auto", "none")
    assert (config.epochs, config.batch_size, config.schedule) == (12, 64, "cosine")


def test_what_the_user_says_is_kept() -> None:
    config = TrainConfig("sample", weights="none", image_size=32, alpha=0.7)
    assert (config.weights, config.alpha, config.image_size) == ("none", 0.7, 32)


def test_it_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        TrainConfig("sample").epochs = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"backbone": "alexnet"}, "backbone 'alexnet' is not one of mobilenet, mobilenet-v2, "),
        ({"alpha": 0.4}, "there are ImageNet weights of mobilenet-v2 for alpha 0.35, 0.5, 0.75, 1.0, 1.3, 1.4"),
        ({"alpha": -1.0, "weights": "none"}, "alpha -1.0 is not within"),
        ({"backbone": "mobilenet", "alpha": 0.35}, "ImageNet weights of mobilenet for alpha 0.25, 0.5, 0.75, 1.0"),
        ({"backbone": "mobilenet-v3-large", "alpha": 0.5}, "of mobilenet-v3-large for alpha 0.75, 1.0"),
        ({"backbone": "mobilenet-v3-small-minimalistic", "alpha": 0.75}, "small-minimalistic for alpha 1.0"),
        ({"backbone": "resnet50", "alpha": 0.5, "weights": "none"}, "alpha 0.5: resnet50 comes with alpha 1.0"),
        ({"backbone": "resnet50", "color": "gray"}, "color gray: resnet50 takes colour images"),
        ({"backbone": "resnet50", "weights": "bundled"}, "weights bundled: there are only those of mobilenet-v2"),
        ({"backbone": "small-cnn", "weights": "imagenet"}, "small-cnn is trained from scratch; use weights none"),
        ({"backbone": "lenet", "image_size": 8}, "image_size 8: lenet takes 12 to"),
        ({"backbone": "lenet", "fine_tune_epochs": 1}, "lenet is trained whole from scratch; use epochs"),
        ({"weights": "none", "fine_tune_epochs": 1}, "mobilenet-v2 is trained whole from scratch; use epochs"),
        ({"color": "grey"}, "color 'grey' is not one of auto, rgb, gray"),
        ({"pooling": "mean"}, "pooling 'mean' is not one of auto, avg, max, none"),
        ({"dense_units": -1}, "dense_units -1 is below 0"),
        ({"levels": 0}, "levels 0: mobilenet-v2 has 1 to 17"),
        ({"levels": 14, "backbone": "mobilenet"}, "levels 14: mobilenet has 1 to 13"),
        ({"levels": 2, "backbone": "lenet"}, "levels 2: lenet has 1 to 1"),
        ({"levels": 2, "pooling": "none"}, "levels 2: needs pooling avg or max"),
        ({"l2": -0.1}, "l2 -0.1 is not within"),
        ({"optimizer": "lion"}, "optimizer 'lion' is not one of adam, adamw, sgd, rmsprop"),
        ({"schedule": "linear"}, "schedule 'linear' is not one of"),
        ({"warmup_epochs": 2}, "warmup_epochs 2: needs schedule cosine"),
        ({"warmup_epochs": 30, "schedule": "cosine"}, "warmup_epochs 30: needs schedule cosine and more epochs"),
        (
            {"warmup_epochs": 3, "schedule": "cosine", "fine_tune_epochs": 3},
            "warmup_epochs 3: needs schedule cosine and more epochs",
        ),
        ({"patience": -1}, "patience -1 is below 0"),
        ({"label_smoothing": 1.0}, "label_smoothing 1.0 is not within"),
        ({"fine_tune_rate": 0.0}, "fine_tune_rate 0.0 is not"),
        ({"weights": "none", "distribute": "mirrored"}, "distribute mirrored: mobilenet-v2 has BatchNorm"),
        ({"distribute": "mpi"}, "distribute 'mpi' is not one of none, mirrored, multiworker"),
        ({"augment": "heavy"}, "augment 'heavy' is not one of none, light, strong, and there is no such TOML file"),
        ({"views": 0}, "views 0 is below 1"),
        ({"feature_cache_mb": -1}, "feature_cache_mb -1 is below 0"),
        ({"image_size": 31}, "image_size 31: mobilenet-v2 takes 32 to"),
        ({"weights": "bundled", "alpha": 0.5}, "only those of mobilenet-v2 with alpha 0.35 and image size 48"),
        ({"weights": "bundled", "image_size": 96}, "not of mobilenet-v2 with 0.35 and 96"),
        ({"epochs": -1}, "epochs -1 is below 1"),
        ({"batch_size": -2}, "batch_size -2 is below 1"),
        ({"learning_rate": 0.0}, "learning_rate 0.0 is not"),
        ({"learning_rate": float("nan")}, "learning_rate nan is not"),
        ({"dropout": 1.0}, "dropout 1.0 is not within"),
        ({"seed": -1}, "seed -1 is not within"),
        ({"fine_tune_epochs": -1}, "fine_tune_epochs -1 is below 0"),
        ({"fine_tune_layers": 0}, "fine_tune_layers 0 is below 1"),
        ({"split": (90, 10, 0)}, "split 90/10/0: expected three shares above 0"),
        ({"split": (80, 10, 20)}, "add up to 100"),
        ({"split": (90, 10)}, "split 90/10: expected three shares"),
        ({"resize": "stretch"}, "resize 'stretch' is not one of squash, center-crop, letterbox"),
        ({"resize": "squash:cubic"}, "resize 'squash:cubic' is not one of"),
    ],
)
def test_a_wrong_value_is_refused_by_name(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        TrainConfig("photos", **changes)  # type: ignore[arg-type]
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--alpha", "0.4"],
        ["--split", "80/20"],
        ["--split", "a/b/c"],
        ["--weights", "bundled"],
        ["--resize", "crop"],
        ["--epochs", "0"],
        ["--batch-size", "0"],
    ],
)
def test_wrong_usage_of_the_command_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = main(["photos", "--out", "run", "--image-size", "96", *arguments])
    except SystemExit as exit_of_argparse:
        code = exit_of_argparse.code  # type: ignore[assignment]
    assert code == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("statement", ["import trainer", "from trainer.cli import main; main(['--help'])"])
def test_nothing_heavy_is_imported_before_a_training(statement: str) -> None:
    check = (
        f"import sys\ntry:\n    {statement}\nexcept SystemExit:\n    pass\n"
        "assert not {'tensorflow', 'keras', 'matplotlib', 'sklearn', 'jinja2', 'tqdm'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_an_unknown_name_of_the_package_is_an_attribute_error() -> None:
    import trainer

    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        trainer.trian  # noqa: B018
