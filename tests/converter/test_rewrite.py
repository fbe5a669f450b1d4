"""edge-convert rewrite: a stranger's quantized file is made faster, and everything it carries stays."""

import dataclasses
import json
from pathlib import Path

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from packaged import write_packaged
from PIL import Image
from quantized_file import QuantizedFile
from tiny_model import LABELS, write_tiny_model

from converter.cli import main
from converter.inspect.model import inspect_model
from converter.rewrite import answers
from converter.tflite.metadata_write import append_files
from edge_runtime import Classifier
from edge_runtime.contracts.golden import GOLDEN_NAME
from edge_runtime.contracts.manifest import MANIFEST_NAME, GateVerdict, ModelManifest
from edge_runtime.model.file import read_associated_files

SIDES = (4, 6)


def write_hard_swish(path: Path, *, low: float = -4.0, high: float = 9.0) -> Path:
    """A stranger's uint8 classifier: HARD_SWISH of the pixels, then the mean of each channel."""
    file = QuantizedFile("uint8")
    x, y = file.range((1, *SIDES, 3), low, high), file.range((1, *SIDES, 3), -0.375, high)
    pooled = file.range((1, 3), -0.375, high)
    file.operator("HARD_SWISH", [x], y)
    axes = file.tensor((2,), 1.0, 0, [1, 2], "int32")
    file.operator("MEAN", [y, axes], pooled, kind="ReducerOptions")
    path.write_bytes(append_files(file.content([x], [pooled]), {"labels.txt": "red\ngreen\nblue\n", "note": b"\0\1"}))
    return path


def write_images(root: Path, count: int = 4) -> Path:
    generator = np.random.default_rng(0)
    for place, label in enumerate(LABELS):
        (root / label).mkdir(parents=True)
        for number in range(count):
            pixels = generator.integers(60, 120, (*SIDES, 3))
            pixels[..., place] += 100
            Image.fromarray(pixels.astype(np.uint8)).save(root / label / f"{number}.png")
    return root


def rewrite(path: Path, out: Path, *options: str | Path) -> int:
    return main(["rewrite", str(path), "--out", str(out), *map(str, options)])


def test_a_strangers_file_is_rewritten_and_keeps_what_it_carries(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path, out = write_hard_swish(tmp_path / "m.tflite"), tmp_path / "out.tflite"
    images = write_images(tmp_path / "images")
    assert rewrite(path, out, "--eval-data", images) == 0
    shown = capfd.readouterr().out
    assert "rewritten       1 HARD_SWISH became ADD, MUL, MUL\n" in shown
    assert "delegate        XNNPACK takes 4 of 4 operators; before 1 of 2 operators\n" in shown
    assert "answers         the same best class for 12 of 12 images\n" in shown
    assert read_associated_files(out) == read_associated_files(path)
    with Classifier(path) as before, Classifier(out) as now:
        frame = np.asarray(Image.open(images / "green" / "0.png"))
        np.testing.assert_allclose(now.scores(frame), before.scores(frame), atol=0.1)


def test_made_up_inputs_are_said_to_be_none_of_photos(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert rewrite(write_hard_swish(tmp_path / "m.tflite"), tmp_path / "out.tflite") == 0
    assert "of 100 made-up inputs, which are no photos: name some with --eval-data" in capfd.readouterr().out


def test_a_file_of_ours_vouches_for_its_new_weights_and_for_nothing_else(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    golden = {GOLDEN_NAME: b"{}", "edge_golden_0.png": b"png"}
    path, out = write_packaged(tmp_path / "m.tflite", dtype="int8", files=golden), tmp_path / "out.tflite"
    _set_gate(path)
    assert rewrite(path, out) == 0
    shown = capfd.readouterr().out
    assert "note            the gate's verdict was on the file before, and is left out" in shown
    assert "note            golden images hold the scores of the file before, and are left out" in shown
    found = inspect_model(out)
    assert (found.manifest_matches, found.labels) == (True, LABELS)
    assert found.manifest is not None
    assert found.manifest.gate is None
    assert found.manifest.quantization["rewritten"] == ["1 AVERAGE_POOL_2D became MEAN"]
    assert set(read_associated_files(path)) - set(read_associated_files(out)) == set(golden)
    assert found.metadata == inspect_model(path).metadata


def _set_gate(path: Path) -> None:
    """Gives the manifest inside a verdict."""
    files, weights = read_associated_files(path), inspect_model(path).flatbuffer_bytes
    manifest = ModelManifest.from_json(files[MANIFEST_NAME])
    gate = GateVerdict("top-1", 0.9, 0.9, 0.0, 1.0, 100, True)
    text = dataclasses.replace(manifest, gate=gate).to_json()
    path.write_bytes(append_files(path.read_bytes()[:weights], {**files, MANIFEST_NAME: text}))


def test_answers_that_differ_beyond_ties_are_refused_and_nothing_is_written(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, out = write_hard_swish(tmp_path / "m.tflite"), tmp_path / "out.tflite"
    images = write_images(tmp_path / "images")
    scores = iter([np.eye(3, dtype=np.float32)[[0] * 12], np.eye(3, dtype=np.float32)[[1] * 12]])
    monkeypatch.setattr(answers, "_scores", lambda _file, _outputs: next(scores))
    assert rewrite(path, out, "--eval-data", images) == 1
    assert "it would find another class for 12 of 12 images, beyond near ties" in capfd.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("float", "nothing to replace: no 8-bit operator is left out that a rewrite knows"),
        ("small", "nothing to replace: 1 HARD_SWISH stays: XNNPACK would not take it: scale too small"),
        ("changed", "is not what its manifest vouches for"),
        ("text", "no TFL3 file; it is damaged or of another format"),
        ("missing", "cannot read: No such file or directory"),
        ("cut", "damaged"),
    ],
)
def test_what_cannot_be_rewritten_is_told_in_one_line(
    kind: str, why: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "m.tflite", tmp_path / "out.tflite"
    if kind == "float":
        write_tiny_model(path)
    elif kind == "small":
        write_hard_swish(path, low=-1e-3, high=1e-3)
    elif kind == "changed":
        write_packaged(path, dtype="int8", sha256="0" * 64)
    elif kind == "text":
        path.write_text("no model at all")
    elif kind == "cut":
        path.write_bytes(write_tiny_model(path, dtype="int8").read_bytes()[:300])
    assert rewrite(path, out) == 1
    (line,) = capfd.readouterr().err.strip().splitlines()
    assert line.startswith(f"edge-convert rewrite: {path}")
    assert why in line
    assert len(line) < 300 + len(str(path))
    assert not out.exists()


def test_the_file_itself_is_not_written_over(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = write_hard_swish(tmp_path / "m.tflite")
    before = path.read_bytes()
    assert rewrite(path, path) == 2
    assert "is FILE itself, which would be lost" in capfd.readouterr().err
    assert path.read_bytes() == before


@pytest.mark.parametrize("seed", range(8))
def test_damage_ends_in_one_line_or_in_a_file(seed: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    content = bytearray(write_hard_swish(tmp_path / "m.tflite").read_bytes())
    generator = np.random.default_rng(seed)
    for place in generator.integers(8, len(content) - 400, 3):
        content[place] = generator.integers(256)
    path, out = tmp_path / "damaged.tflite", tmp_path / "out.tflite"
    path.write_bytes(content)
    code = rewrite(path, out)
    said = capfd.readouterr().err.strip().splitlines()
    assert (code, out.exists()) in ((0, True), (1, False))
    assert code == 0 or said[-1].startswith("edge-convert rewrite: ")
    assert "Traceback" not in "".join(said)


def write_bomb(path: Path, count: int) -> Path:
    """A file whose one graph, with one tensor, is named ``count`` times, and so is that tensor."""
    builder = flatbuffers.Builder(1024)
    schema.TensorStart(builder)
    tensors = repeated(builder, schema.TensorEnd(builder), count)
    schema.SubGraphStart(builder)
    schema.SubGraphAddTensors(builder, tensors)
    graphs = repeated(builder, schema.SubGraphEnd(builder), count)
    schema.ModelStart(builder)
    schema.ModelAddSubgraphs(builder, graphs)
    builder.Finish(schema.ModelEnd(builder), b"TFL3")
    path.write_bytes(bytes(builder.Output()))
    return path


def repeated(builder: flatbuffers.Builder, table: int, count: int) -> int:
    builder.StartVector(4, count, 4)
    for _ in range(count):
        builder.PrependUOffsetTRelative(table)
    return int(builder.EndVector())


def test_a_small_file_that_announces_millions_of_tensors_is_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = write_bomb(tmp_path / "m.tflite", 20_000)
    assert path.stat().st_size < 200_000
    assert main(["inspect", str(path)]) == 1
    assert capfd.readouterr().err.strip() == (
        f"edge-convert inspect: {path}: damaged: its graphs have 400000000 tensors and operators"
    )


def test_a_model_is_not_made_larger_by_equal_vectors(tmp_path: Path) -> None:
    path, out = write_hard_swish(tmp_path / "m.tflite"), tmp_path / "out.tflite"
    assert rewrite(path, out) == 0
    assert out.stat().st_size < 2.5 * path.stat().st_size


def test_inspect_says_what_a_rewrite_replaces(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = write_hard_swish(tmp_path / "m.tflite")
    assert main(["inspect", str(path)]) == 0
    assert "outside       1 HARD_SWISH: edge-convert rewrite replaces it\n" in capfd.readouterr().out
    assert main(["inspect", str(path), "--json"]) == 0
    (cost,) = json.loads(capfd.readouterr().out)["outside"]
    assert (cost["operator"], cost["count"], cost["advice"]) == ("HARD_SWISH", 1, "edge-convert rewrite replaces it")


@pytest.mark.tensorflow
def test_a_quantized_model_to_convert_is_told_of_the_rewrite(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = write_hard_swish(tmp_path / "m.tflite")
    write_images(tmp_path / "images")
    data = ["--eval-data", str(tmp_path / "images"), "--calibration-data", str(tmp_path / "images")]
    assert main([str(path), "--out", str(tmp_path / "o.tflite"), *data]) == 1
    line = capfd.readouterr().err.strip().splitlines()[-1]
    assert line.endswith("take it as it is; edge-convert rewrite may make it faster")
