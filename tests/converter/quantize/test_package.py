"""What a finished file carries beside its weights."""

import dataclasses
import hashlib
from pathlib import Path

import pytest
from tiny_model import write_tiny_model

from converter.inspect.model import inspect_model
from converter.quantize.package import Identity, Package, package_model
from converter.quantize.pixels import plain_pixels
from converter.quantize.recipes import DYNAMIC, FLOAT32, INT8, Edges, Recipe, Variant
from converter.targets import LITERT, MICRO, Target, adapt
from converter.targets.table import TFLITE_RUNTIME
from converter.tflite import read_graphs, read_model
from converter.tflite.metadata_write import ModelCard
from edge_runtime.contracts.manifest import Activation, GateVerdict, Provenance, Task
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


def whole_package(path: Path, activation: Activation, variant: Variant, spec: PreprocessSpec) -> Package:
    """The package of a model that ends in logits."""
    write_tiny_model(path, activation="none", dtype="float32")
    identity = Identity(
        ModelContract("single-label", ("red", "green", "blue"), spec, activation, ()),
        ModelCard("colors", "Tells colors apart."),
        Provenance("2026-01-01T00:00:00+00:00", {"numpy": "2"}, "f" * 64),
    )
    return package_model(path.read_bytes(), variant, identity, path.with_name("packed.tflite"))


def test_the_manifest_says_what_is_in_the_file_and_the_softmax_is_in_its_graph(tmp_path: Path) -> None:
    spec = PreprocessSpec(6, 8, mean=(1.0, 2.0, 3.0), std=(4.0, 5.0, 6.0))
    variant = Variant(FLOAT32, FLOAT32.edges(), preprocessing=spec)
    packed = whole_package(tmp_path / "m.tflite", "softmax", variant, spec)
    manifest = packed.manifest
    assert hashlib.sha256(packed.model).hexdigest() == manifest.weights_sha256
    assert (manifest.activation, manifest.recipe, manifest.preprocessing) == ("none", "float32", spec)
    assert (manifest.name, manifest.provenance.data_fingerprint, manifest.gate) == ("colors", "f" * 64, None)
    assert (manifest.quantization, manifest.thresholds) == (variant.parameters(), ())
    file = read_model_file(packed.path)
    assert (file.manifest, file.input, file.output) == (manifest, manifest.input, manifest.output)
    assert packed.path.read_bytes() == packed.to_bytes()
    assert packed.path.read_bytes().startswith(packed.model)
    graph = read_graphs(read_model(packed.model, packed.path), packed.path)[0]
    assert graph.operators[-1].name == "SOFTMAX"
    inspected = inspect_model(packed.path)
    assert inspected.manifest_matches
    assert inspected.metadata is not None
    assert inspected.metadata.inputs[0].mean == spec.mean


def test_verdict_and_golden_images_come_in_when_it_is_delivered(tmp_path: Path) -> None:
    spec = PreprocessSpec(6, 8)
    packed = whole_package(tmp_path / "m.tflite", "none", Variant(FLOAT32, FLOAT32.edges()), spec)
    verdict = GateVerdict("top-1", 0.9, 0.89, 1.0, 2.0, 100, True)
    path = tmp_path / "delivered.tflite"
    path.write_bytes(packed.to_bytes(verdict, {"edge_golden_0.png": b"a picture"}))
    assert read_associated_files(path)["edge_golden_0.png"] == b"a picture"
    assert read_model_file(path).manifest == dataclasses.replace(packed.manifest, gate=verdict)


def test_a_file_that_normalizes_inside_takes_plain_pixels(tmp_path: Path) -> None:
    spec = PreprocessSpec(6, 8, mean=(1.0, 2.0, 3.0), std=(4.0, 5.0, 6.0))
    inside = Variant(FLOAT32, Edges("uint8", "float32"), preprocessing=spec)
    assert inside.normalizes_inside
    packed = whole_package(tmp_path / "m.tflite", "none", inside, spec)
    assert packed.manifest.preprocessing == plain_pixels(spec)
    metadata = inspect_model(packed.path).metadata
    assert metadata is not None
    assert (metadata.inputs[0].mean, metadata.inputs[0].std) == (plain_pixels(spec).mean, plain_pixels(spec).std)
