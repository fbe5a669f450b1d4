"""What a finished file carries beside its weights."""

from pathlib import Path

from tiny_model import write_tiny_model

from converter.quantize.package import Identity, package_model
from converter.quantize.recipes import FLOAT32, Variant
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
