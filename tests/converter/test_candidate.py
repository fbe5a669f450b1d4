"""One candidate: the file, what it lost and how fast it is, and the same in the report."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from tiny_model import LABELS, write_tiny_model

from converter.candidate import Candidate, Judged
from converter.judge import ClassDrop, Latency
from converter.quantize import FLOAT32, Variant
from converter.quantize.package import Identity, package_model
from converter.tflite.metadata_write import ModelCard
from edge_runtime.contracts.manifest import GateVerdict, Provenance
from edge_runtime.contracts.preprocessing import PreprocessSpec
from edge_runtime.model import ModelContract, read_model_file

GATE = GateVerdict("top-1", 0.9, 0.8, 10.0, 20.0, 100, False, worst_class_drop_pp=9.0, max_class_drop_pp=5.0)
DROPS = (ClassDrop("blue", 10, 1.0, 0.91, 9.0), ClassDrop("red", 10, 1.0, 1.0, 0.0))


def make_candidate(path: Path) -> Candidate:
    contract = ModelContract("single-label", LABELS, PreprocessSpec(6, 8), "none", ())
    identity = Identity(contract, ModelCard("colors", ""), Provenance("2026-01-01T00:00:00+00:00", {}))
    package = package_model(write_tiny_model(path).read_bytes(), Variant(FLOAT32, FLOAT32.edges()), identity, path)
    judged = Judged(package, np.empty((0, 3), np.float32), GATE, DROPS)
    return replace(judged.timed(Latency(1.5, 1.0, (1.0, 1.0), 60, "xnnpack", "")), test=judged)


def test_the_row_of_the_report_is_that_of_the_file(tmp_path: Path) -> None:
    candidate = make_candidate(tmp_path / "m.tflite")
    plain, golden = tmp_path / "plain.tflite", tmp_path / "golden.tflite"
    plain.write_bytes(candidate.to_bytes({}))
    golden.write_bytes(candidate.to_bytes({"edge_golden_0.png": b"picture"}))
    row, manifest = candidate.to_row(), read_model_file(golden).manifest
    assert manifest is not None
    assert row.size_bytes == plain.stat().st_size < golden.stat().st_size
    assert (row.weights_sha256, row.gate, row.recipe) == (manifest.weights_sha256, manifest.gate, manifest.recipe)
    assert (row.input_type, row.output_type) == (manifest.input.dtype, manifest.output.dtype)
    assert (row.summary, row.parameters) == (FLOAT32.summary, manifest.quantization)
    assert (row.name, row.latency_ms, row.per_class) == ("float32", candidate.latency, DROPS)


def test_a_candidate_that_was_chosen_on_other_images_keeps_both_figures(tmp_path: Path) -> None:
    candidate = make_candidate(tmp_path / "m.tflite")
    verdict = Judged(candidate.package, np.ones((1, 3), np.float32), replace(GATE, passed=True), DROPS[1:])
    tested = replace(candidate, test=verdict)
    assert (tested.to_row().gate, tested.to_row().choosing) == (verdict.gate, GATE)
    assert tested.to_row().per_class == DROPS[1:]
    assert replace(candidate, test=None).to_row().gate is None
    assert replace(candidate, test=None).to_row().judged == GATE
    assert candidate.to_row().choosing is None, "the test part chose nothing else"


def test_the_limits_that_it_broke_name_the_worst_class(tmp_path: Path) -> None:
    assert make_candidate(tmp_path / "m.tflite").broken_limits == ["class blue fell by 9.0 pp, more than the 5 allowed"]
