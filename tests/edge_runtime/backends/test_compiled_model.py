"""LiteRT's CompiledModel on the CPU, on a GPU (a software one: it proves the path), and where there is no GPU."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gpu import no_gpu, software_gpu
from PIL import Image
from shared import SHARED_DATA, needs_shared_data
from tiny_model import LABELS, solid_frame, write_tiny_model

from edge_runtime import Classifier
from edge_runtime.backends import BACKENDS
from edge_runtime.errors import BackendError
from edge_runtime.model.file import read_model_file

PROBABILITY_TOLERANCE = 1e-2
SCRIPT = Path(__file__).parents[2] / "support" / "gpu_scores.py"
PHOTOS = sorted((SHARED_DATA / "photos").glob("*.jpg"))[:6]


@pytest.fixture
def tiny(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "labels.txt").write_text("\n".join(LABELS))
    for number, color in enumerate(((250, 10, 10), (10, 250, 10), (10, 10, 250))):
        Image.fromarray(solid_frame(color, (48, 64))).save(tmp_path / f"{number}.png")
    return {
        "model": write_tiny_model(tmp_path / "tiny.tflite", size=(48, 64)),
        "labels": str(tmp_path / "labels.txt"),
        "normalization": "0..1",
        "images": sorted(tmp_path.glob("*.png")),
    }


def scores_of(
    environment: dict[str, str], backend: str, model: Path, labels: str, normalization: str, images: list[Path]
) -> tuple[dict[str, Any], np.ndarray, str]:
    """How it ran, the scores (images, classes), and what it said on stderr."""
    command = [sys.executable, str(SCRIPT), backend, str(model), labels, normalization, *map(str, images)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)  # so nothing of the library's chatter is on stdout
    return report["info"], np.array(report["scores"]), done.stderr


def check_same(gpu: np.ndarray, cpu: np.ndarray) -> None:
    assert np.abs(gpu - cpu).max() <= PROBABILITY_TOLERANCE
    assert (gpu.argmax(axis=1) == cpu.argmax(axis=1)).all()


def test_the_gpu_gives_the_cpus_answers_and_says_what_it_is(tiny: dict[str, Any]) -> None:
    _, cpu, _ = scores_of(no_gpu(), "litert", **tiny)
    info, gpu, said = scores_of(software_gpu(), "litert-gpu", **tiny)
    assert cpu.argmax(axis=1).tolist() == [0, 1, 2]
    check_same(gpu, cpu)
    assert (info["device"], info["delegate"], info["fallback"]) == ("gpu", "webgpu", None)
    assert "SwiftShader" in info["device_name"]
    assert "software driver" in said
    assert len(said.splitlines()) == 1


@needs_shared_data
@pytest.mark.parametrize(
    ("name", "delegate"),
    [
        ("mobilenet_v1_0.25_224_float_metadata", "webgpu (29 of 31 operators)"),
        ("mobilenet_v1_0.25_224_uint8_metadata", "webgpu"),
    ],
)
def test_photos_on_the_gpu(name: str, delegate: str) -> None:
    asked = (SHARED_DATA / "tflite" / f"{name}.tflite", "", "", PHOTOS)
    _, cpu, _ = scores_of(no_gpu(), "litert", *asked)
    info, gpu, _ = scores_of(software_gpu(), "litert-gpu", *asked)
    assert (info["device"], info["delegate"]) == ("gpu", delegate)
    check_same(gpu, cpu)


def test_without_a_gpu_it_runs_on_the_cpu_and_says_so(tiny: dict[str, Any]) -> None:
    _, cpu, _ = scores_of(no_gpu(), "litert", **tiny)
    info, fallen_back, said = scores_of(no_gpu(), "litert-gpu", **tiny)
    assert (fallen_back == cpu).all()
    assert (info["name"], info["device"], info["delegate"]) == ("litert-gpu", "cpu", "xnnpack")
    assert "no GPU" in info["fallback"]
    assert "it runs on the CPU" in said
    assert len(said.splitlines()) == 1


def test_compiled_on_the_cpu_equals_the_interpreter_in_silence(tiny: dict[str, Any]) -> None:
    _, cpu, _ = scores_of(no_gpu(), "litert", **tiny)
    info, compiled, said = scores_of(no_gpu(), "litert-compiled", **tiny)
    assert (compiled == cpu).all()
    assert (info["device"], info["delegate"], info["fallback"]) == ("cpu", "xnnpack", None)
    assert said == ""


@pytest.mark.parametrize("backend", ["litert", "litert-compiled"])
def test_a_batch_gives_each_image_its_own_answer(tiny: dict[str, Any], backend: str) -> None:
    model = read_model_file(tiny["model"])
    loaded = BACKENDS.load(backend)(model, 1, 3)
    colors = np.eye(3, dtype=np.float32)

    def fill(tensor: np.ndarray) -> None:
        assert tensor.shape == (3, 48, 64, 3)
        tensor[...] = colors[:, None, None, :]

    loaded.write(fill)
    loaded.invoke()
    assert loaded.read().reshape(3, 3).argmax(axis=1).tolist() == [0, 1, 2]
    loaded.close()


def test_the_gpu_refuses_a_batch_it_would_answer_wrongly(tiny: dict[str, Any]) -> None:
    with pytest.raises(BackendError, match="only runs the batch that the file was converted with, 1, not 3"):
        BACKENDS.load("litert-gpu")(read_model_file(tiny["model"]), 1, 3)


@pytest.mark.parametrize("backend", ["litert-compiled", "litert-gpu"])
def test_what_cannot_be_loaded_is_one_error(tmp_path: Path, backend: str) -> None:
    model = write_tiny_model(tmp_path / "m.tflite", dtype="uint8")
    content = bytearray(model.read_bytes())
    file = read_model_file(model)
    model.write_bytes(content[: len(content) // 2])
    with pytest.raises(BackendError, match="cannot load it"):
        BACKENDS.load(backend)(file, 1)


def test_threads_below_one_are_refused(tiny: dict[str, Any]) -> None:
    with pytest.raises(BackendError, match="threads 0"):
        Classifier(tiny["model"], backend="litert-compiled", threads=0, labels=tiny["labels"], normalization="0..1")
