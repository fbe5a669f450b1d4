"""What a finished file carries beside its weights."""

from pathlib import Path

import pytest
from tiny_model import write_tiny_model

from converter.quantize.package import Identity, package_model
from converter.quantize.recipes import DYNAMIC, FLOAT32, INT8, Recipe, Variant
from converter.targets import LITERT, MICRO, Target, adapt
from converter.targets.table import TFLITE_RUNTIME
from converter.tflite import read_graphs, read_model
from converter.tflite.metadata_write import ModelCard
from edge_runtime.contracts.manifest import Activation, Provenance, Task
from edge_runtime.contracts.preprocessing import PreprocessSpec
from edge_runtime.model.contract import ModelContract
from edge_runtime.model.file import read_associated_files, read_model_file


def package(path: Path, task: Task, labels: tuple[str, ...], thresholds: tuple[float, ...] = ()) -> dict[str, str]:
    """The texts in a packed model that makes one score of each channel."""
    channels = 1 if task == "binary" else 3
    write_tiny_model(path, channels=channels, activation="sigmoid")
    spec = PreprocessSpec(6, 8, color="GRAY" if task == "binary" else "RGB")
    activation: Activation = "none"
    identity = Identity(
        ModelContract(task, labels, spec, activation, thresholds),
        ModelCard("colors", "Tells colors apart."),
        Provenance("2026-01-01T00:00:00+00:00", {}),
    )
    package_model(path.read_bytes(), Variant(FLOAT32, FLOAT32.edges()), identity, path)
    return {name: content.decode() for name, content in read_associated_files(path).items()}


def test_a_binary_model_with_one_score_names_that_score_alone_to_others(tmp_path: Path) -> None:
    path = tmp_path / "m.tflite"
    texts = package(path, "binary", ("good", "broken"))
    assert texts["labels.txt"] == "broken\n"  # the score is the second class's; others take labels by place
    assert read_model_file(path).labels == ("good", "broken")


def test_thresholds_of_their_own_travel_beside_the_labels(tmp_path: Path) -> None:
    texts = package(tmp_path / "m.tflite", "multi-label", ("sea", "sand", "sun"), (0.5, 0.25, 0.5))
    assert texts["labels.txt"] == "sea\nsand\nsun\n"
    assert texts["score_calibration.txt"] == "1,1,0,0.5\n1,1,0,0.25\n1,1,0,0.5"
    assert "score_calibration.txt" not in package(tmp_path / "n.tflite", "multi-label", ("a", "b", "c"), (0.5,) * 3)


@pytest.mark.parametrize(
    ("recipe", "for_xnnpack", "lines"),
    [(INT8, True, ["1 AVERAGE_POOL_2D became MEAN"]), (INT8, False, None), (DYNAMIC, True, None)],
)
def test_int8_files_are_rewritten_for_xnnpack_and_say_so(
    recipe: Recipe, for_xnnpack: bool, lines: list[str] | None, tmp_path: Path
) -> None:
    path = tmp_path / "m.tflite"
    write_tiny_model(path, dtype="int8", input_quantization=(1 / 128, 0))
    contract = ModelContract("single-label", ("a", "b", "c"), PreprocessSpec(6, 8), "none", ())
    identity = Identity(
        contract, ModelCard("colors", "Tells colors apart."), Provenance("2026-01-01T00:00:00+00:00", {})
    )
    variant = Variant(recipe, recipe.edges(), for_xnnpack=for_xnnpack)
    package = package_model(path.read_bytes(), variant, identity, path)
    assert package.manifest.quantization.get("rewritten") == lines
    (graph,) = read_graphs(read_model(package.model, path), path)
    assert graph.operators[0].name == ("AVERAGE_POOL_2D" if lines is None else "MEAN")


@pytest.mark.parametrize(("target", "rewritten"), [(LITERT, True), (TFLITE_RUNTIME, False), (MICRO, False)])
def test_targets_that_compute_int8_without_xnnpack_keep_their_operators(target: Target, rewritten: bool) -> None:
    assert adapt(Variant(INT8, INT8.edges()), target).for_xnnpack is rewritten
