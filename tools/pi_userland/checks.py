"""What is run in a userland, and held against the same command on this machine."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ai_edge_litert import schema_py_generated as schema

from edge_runtime.console.child_process import console_script
from edge_runtime.errors import ModelFileError
from edge_runtime.inference.self_test import read_golden_set
from edge_runtime.model.file import read_model_file
from tools.make_env import make_environment
from tools.pi_userland.agreement import FLOAT_TOLERANCE, STEPS, Agreement, Scores, Tolerance, compare
from tools.pi_userland.steps import UserlandError, run
from tools.pi_userland.userlands import Userland

_DOCTOR_NAMES = {"litert": "ai-edge-litert", "tflite-runtime": "tflite-runtime"}
_ALL_CLASSES = ("--top-k", "256", "--threshold", "0")
_BRIEF = ("--min-seconds", "0.01", "--min-count", "20", "--warm-up", "1")


@dataclass(frozen=True)
class Answer:
    """What a userland said of a model, beside what this machine says.

    Attributes:
        self_test: "passed", or "none" where the model carries no golden images.
    """

    userland: Userland
    model: Path
    agreement: Agreement
    tolerance: Tolerance
    self_test: str


def check_answers(userland: Userland, model: Path, images: str) -> Answer:
    """Classifies the images there and here, with the same interpreter, and the model's own golden images there.

    Raises:
        UserlandError: edge-run failed there or here.
    """
    here = _scores(console_script("edge-run", _python_here(userland.backend)), userland.backend, model, images)
    there = _scores(userland.command("edge-run"), userland.backend, model, images)
    tolerance = _tolerance(userland, model)
    agreement = compare(here, there, tolerance)
    return Answer(userland, model, agreement, tolerance, check_self_test(userland, model))


def check_delegates(userland: Userland, models: list[Path]) -> Mapping[str, str]:
    """Runs edge-bench there; returns the delegate of each model, by file name.

    Raises:
        UserlandError: edge-bench failed, or a row is not VALID.
    """
    with tempfile.TemporaryDirectory(prefix="pi-userland-") as folder:
        out = Path(folder) / "result.json"
        run([*userland.command("edge-bench"), "run", *models, "--backends", userland.backend, *_BRIEF, "--out", out])
        rows = json.loads(out.read_text("utf-8"))["rows"]
    for row in rows:
        if row["status"] != "VALID":
            raise UserlandError(f"{userland.name}: edge-bench: {row['model']} is {row['status']}: {row['reason']}")
    return {row["model"]: row["delegate"] for row in rows}


def check_self_test(userland: Userland, model: Path) -> str:
    """Runs the golden images that the model carries there; returns "passed", or "none" where it carries none.

    Raises:
        UserlandError: they failed there; with what edge-run said.
    """
    try:
        read_golden_set(model)
    except ModelFileError:
        return "none"
    run([*userland.command("edge-run"), model, "--self-test", "--backend", userland.backend])
    return "passed"


def check_doctor(userland: Userland) -> str:
    """Runs edge-doctor there; returns what it says of the interpreter.

    Raises:
        UserlandError: it finds a problem that is no business of the emulator.
    """
    report = json.loads(run([*userland.command("edge-doctor"), "--json"], may_exit=(0, 1)))
    findings = {finding["name"]: finding for finding in report["findings"]}
    for name in ("python", "numpy", "pillow", _DOCTOR_NAMES[userland.backend]):
        if findings[name]["status"] not in ("ok", "warning"):
            raise UserlandError(f"{userland.name}: edge-doctor: {name}: {findings[name]['detail']}")
    return str(findings[_DOCTOR_NAMES[userland.backend]]["detail"])


def _scores(edge_run: list[str] | tuple[str, ...], backend: str, model: Path, images: str) -> Scores:
    said = run([*edge_run, model, images, "--backend", backend, *_ALL_CLASSES], env=_environment())
    lines = [json.loads(line) for line in said.splitlines()]
    return {line["source"]: {one["index"]: one["score"] for one in line["categories"]} for line in lines}


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


@cache
def _python_here(backend: str) -> str:
    """The Python of this machine that has the interpreter."""
    if backend == "litert":
        return sys.executable
    if sys.version_info >= (3, 12):
        raise UserlandError(
            "tflite-runtime, to compare armhf with, needs Python 3.11 or older here; "
            "leave it out: --roots bookworm-arm64,trixie-arm64"
        )
    return str(make_environment(backend))


def _tolerance(userland: Userland, model: Path) -> Tolerance:
    """The float tolerance or quantisation steps, of the scores where the same kernels run, else of the logits too.

    XNNPACK computes the same bytes on every processor. The kernels of tflite-runtime do not: what they do on ARM
    rounds a few values otherwise than on x86, by a step of the logits or two.
    """
    output = read_model_file(model).output
    if not output.is_quantized:
        return Tolerance(FLOAT_TOLERANCE)
    logits = 0.0 if userland.delegate == "xnnpack" else STEPS * _logit_step(model)
    return Tolerance(STEPS * output.scale, logits)


def _logit_step(model: Path) -> float:
    """The scale of the tensor that the model's softmax reads; 0 where it ends in none."""
    content = schema.ModelT.InitFromPackedBuf(model.read_bytes(), 0)
    graph = content.subgraphs[0]
    for operator in graph.operators:
        if content.operatorCodes[operator.opcodeIndex].builtinCode == schema.BuiltinOperator.SOFTMAX:
            return float(graph.tensors[operator.inputs[0]].quantization.scale[0])
    return 0.0
