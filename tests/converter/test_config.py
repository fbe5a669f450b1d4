"""ConvertConfig refuses what cannot work when it is built."""

import subprocess
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

import pytest

from converter import ConvertConfig
from converter.cli import main
from converter.config import EXPORT_NAMES
from converter.deliver.export import EXPORTS
from converter.errors import ConfigError
from converter.options import add_convert_options, config_from
from converter.quantize.recipes import RECIPES


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"quantize": "int4"}, "quantize 'int4' is not one of auto, float32, float16, dynamic, int8, mixed, int16x8"),
        ({"prefer": "fun"}, "prefer 'fun' is not one of latency, size"),
        ({"max_class_drop": 101.0}, "max_class_drop 101.0 is not within 0..100 percentage points"),
        ({"min_agreement": -1.0}, "min_agreement -1.0 is not within 0..100 percent"),
        ({"image_size": 0}, "image-size '0' is neither S nor HEIGHTxWIDTH"),
        ({"quantize": "float16", "calibration_sweep": True}, "calibration_sweep measures int8; it does not go with"),
        (
            {"quantize": "int8", "prefer": "size"},
            "prefer 'size' chooses among what auto tries; it does not go with int8",
        ),
        ({"quantize": "float16", "calibration_samples": 5}, "calibration_samples 5 does not go with float16"),
        ({"target_python": Path("python3")}, "target_python does not go with target litert"),
        ({"quantize": "auto", "input_type": "int4"}, "input_type 'int4' is not one of "),
        ({"quantize": "int8", "all_rungs": True}, "all_rungs is about what auto tries; it does not go with int8"),
        (
            {"quantize": "int8", "distill_minutes": 5.0},
            "distill_minutes is about a rung of auto; it does not go with quantize 'int8'",
        ),
        ({"distill_minutes": -1.0}, "distill_minutes -1.0 is no number of minutes of 0 or more"),
        ({"distill_minutes": float("inf")}, "distill_minutes inf is no number of minutes"),
        ({"max_drop": -0.1}, "max_drop -0.1 is not within 0..100"),
        ({"max_drop": float("nan")}, "max_drop nan"),
        ({"calibration_samples": 0}, "calibration_samples 0 is below 1"),
        ({"seed": -1}, "seed -1"),
        ({"quantize": "float32", "input_type": "uint8"}, "input_type 'uint8' does not go with float32"),
        ({"quantize": "float16", "output_type": "int8"}, "output_type 'int8' does not go with float16"),
        ({"target": "toaster"}, "target 'toaster' is not one of litert, tflite-runtime, gpu, micro"),
        (
            {"quantize": "int8", "target": "gpu"},
            "quantize 'int8' does not go with target gpu, which takes float16 or float32",
        ),
        ({"target": "micro", "quantize": "mixed"}, "quantize 'mixed' does not go with target micro"),
        ({"target": "micro", "input_type": "uint8"}, "input_type 'uint8' does not go with target micro: int8"),
        ({"golden": -1}, "golden -1 is not within 0..15"),
        ({"golden": 16}, "golden 16"),
        ({"export": ("zip",)}, "export 'zip' is not one of c-array, bundle"),
        ({"name": " "}, "name ' ' is blank"),
        ({"author": "a\nb"}, "author"),
    ],
)
def test_nonsense_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message.replace(".", r"\.")):
        ConvertConfig(Path("run"), **settings)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=lambda recipe: recipe.name)
def test_every_recipe_takes_its_own_edge_types(recipe: Any) -> None:
    for dtype in recipe.edge_types:
        config = ConvertConfig(Path("run"), quantize=recipe.name, input_type=dtype, output_type=dtype)
        assert config.recipe.edges(config.input_type, config.output_type) == recipe.edges(dtype, dtype)


@pytest.mark.parametrize(
    ("settings", "golden"),
    [({}, 2), ({"target": "micro"}, 0), ({"target": "micro", "golden": 1}, 1), ({"golden": 0}, 0)],
)
def test_golden_images_are_left_out_where_flash_is_scarce(settings: dict[str, Any], golden: int) -> None:
    assert ConvertConfig(Path("run"), **settings).golden_images == golden


def test_the_names_of_exports_are_those_that_exist() -> None:
    assert tuple(EXPORTS) == EXPORT_NAMES


def test_wrong_usage_exits_with_2(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path), "--out", "m.tflite", "--max-drop", "101"]) == 2
    assert capfd.readouterr().err == "edge-convert: max_drop 101.0 is not within 0..100 percentage points\n"


def test_help_and_version_answer_without_loading_anything_heavy() -> None:
    code = "import sys, converter, converter.cli; converter.cli.main(sys.argv[1:])"
    for option, expected in (
        ("--help", "a file of an earlier run stays as it is"),
        ("--version", "edge-convert "),
    ):
        done = subprocess.run([sys.executable, "-X", "importtime", "-c", code, option], capture_output=True, text=True)
        assert done.returncode == 0
        assert expected in done.stdout
        loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
        assert "converter.cli" in loaded
        assert not loaded & {"tensorflow", "keras", "jinja2", "ai_edge_litert"}


def test_the_ladder_asks_for_agreement_where_the_user_does_not() -> None:
    assert ConvertConfig(Path("run"), quantize="auto").limits.min_agreement_percent == 97.0
    assert ConvertConfig(Path("run"), quantize="auto", min_agreement=0.0).limits.min_agreement_percent == 0.0
    assert ConvertConfig(Path("run"), quantize="int8").limits.min_agreement_percent == 0.0


def test_the_ladder_is_the_default_but_for_a_gpu(tmp_path: Path) -> None:
    assert ConvertConfig(Path("run")).is_auto
    for target, recipe in (("litert", "auto"), ("micro", "auto"), ("gpu", "float16")):
        parser = ArgumentParser()
        add_convert_options(parser)
        options = parser.parse_args(["--target", target])
        assert config_from(Namespace(**vars(options), model=tmp_path)).quantize == recipe


def test_what_chance_explains_is_excused_where_images_are_few_or_others_have_chosen() -> None:
    config = ConvertConfig(Path("run"))
    both = {"drop", "agreement"}
    assert config.limits.excused_by_chance == set()
    assert [config.choosing_limits(images).excused_by_chance for images in (199, 200)] == [{"drop"}, set()]
    assert config.test_limits(images=199, choosing=99).excused_by_chance == both
    assert config.test_limits(images=200, choosing=99).excused_by_chance == set()
    assert config.test_limits(images=10_000, choosing=100).excused_by_chance == both
