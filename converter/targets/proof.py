"""The proof that a target is met: the file runs in the target's own interpreter and answers as it does here."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converter.errors import TargetError, shortened
from converter.targets.agreement import Agreement, compare, deciding_step
from converter.targets.table import GPU, LITERT, MICRO, TFLITE_RUNTIME, Target
from converter.tflite import read_graphs, read_model
from edge_runtime.console.child_process import child_command
from edge_runtime.inference import Classifier, activate, both_classes, dequantize
from edge_runtime.model import ModelFile, UserSays, read_model_file, resolve_contract
from edge_runtime.preprocess import Preprocessor, read_image

IMAGES = 50
SECONDS = 300.0
_INTERPRETERS = {
    TFLITE_RUNTIME.name: ("tflite_runtime", "tflite-runtime==2.14.0 'numpy<2'"),
    MICRO.name: ("tflite_micro", "tflite-micro"),
    GPU.name: ("ai_edge_litert", "ai-edge-litert"),
}
"""The module of each target's interpreter, and what pip installs for it."""
_ARENA = re.compile(r"Arena allocation total (\d+) bytes")
_REASON = re.compile(r"Error: |Didn't find|failed to prepare")
_LACKING = re.compile(r"ModuleNotFoundError: No module named '([\w.]+)'")
_MAX_DIFFERING = 0.02


@dataclass(frozen=True)
class Proof:
    """What came of running a file where it is meant to run.

    Attributes:
        target: its name.
        interpreter: what ran it, with its version; empty where nothing could be asked.
        agreement: of its answers with ai-edge-litert's; None where it was not run.
        arena_bytes: the memory that TensorFlow Lite Micro took for tensors; None for other targets.
        problem: why it was not run; empty where it was.
    """

    target: str
    interpreter: str = ""
    agreement: Agreement | None = None
    arena_bytes: int | None = None
    problem: str = ""

    def summary(self) -> str:
        """One line for the end of a run."""
        if self.agreement is None:
            return f"{self.target}, not proven: {self.problem}"
        same = f"the same class as here for {self.agreement.same_top1} of {self.agreement.images} images"
        ties = f", {self.agreement.ties} near tie{'s' * (self.agreement.ties > 1)}" if self.agreement.ties else ""
        arena = f", arena {self.arena_bytes:,} bytes" if self.arena_bytes is not None else ""
        return f"{self.target}, proven in {self.interpreter}: {same}{ties}{arena}"


def prove(path: Path, target: Target, images: Sequence[Path], python: Path | None = None) -> Proof | None:
    """Runs a file in the target's interpreter, in a child process, and compares its answers with ai-edge-litert's.

    Args:
        path: a .tflite that carries its contract.
        target: where it is to run.
        images: whose answers are compared; the first ``IMAGES`` are taken.
        python: of the environment that has the interpreter; None takes this one.

    Returns:
        The proof, with a ``problem`` where there is no such interpreter or GPU; None for a target that needs none.

    Raises:
        TargetError: the interpreter refuses the file, or answers differently; the message does not name the file.
    """
    if target is LITERT:
        return None
    module, package = _INTERPRETERS[target.name]
    if python is None and find_spec(module) is None:
        fix = f"name a Python that has it with --target-python (there: pip install {package})"
        return Proof(target.name, problem=f"{module} is not installed here; {fix}")
    file = read_model_file(path)
    frames = [read_image(image) for image in images[:IMAGES]]
    with tempfile.TemporaryDirectory(prefix="edge-target-") as folder:
        inputs, outputs = Path(folder) / "inputs.npy", Path(folder) / "outputs.npy"
        np.save(inputs, _tensors(file, frames))
        answer, said = _run_child(path, target, python, inputs, outputs)
        if answer.get("problem"):
            return Proof(target.name, answer["interpreter"], problem=answer["problem"])
        found = np.load(outputs)
    agreement = _compare(file, frames, found)
    if agreement.differing > _MAX_DIFFERING * agreement.images:
        raise TargetError(
            f"target {target.name}: {answer['interpreter']} finds another class than ai-edge-litert for "
            f"{agreement.differing} of {agreement.images} images, beyond near ties"
        )
    arena = _ARENA.search(said)
    return Proof(target.name, answer["interpreter"], agreement, int(arena[1]) if arena else None)


def _tensors(file: ModelFile, frames: Sequence[NDArray[np.uint8]]) -> NDArray[Any]:
    """The model's input tensor of each frame, (frames, 1, height, width, channels)."""
    preprocess = Preprocessor(resolve_contract(file, UserSays()).preprocessing, file.input)
    tensors = np.empty((len(frames), *file.input.shape), file.input.dtype)
    for frame, tensor in zip(frames, tensors, strict=True):
        preprocess(frame, tensor)
    return tensors


def _run_child(
    path: Path, target: Target, python: Path | None, inputs: Path, outputs: Path
) -> tuple[dict[str, str], str]:
    """Fills ``outputs``; returns what the child says of itself, and what it said on stderr."""
    child = Path(__file__).with_name("gpu_child.py" if target is GPU else "interpreter_child.py")
    module, package = _INTERPRETERS[target.name]
    command = child_command(str(child), module, str(path), str(inputs), str(outputs), python=python)
    try:
        done = subprocess.run(  # noqa: S603 - our own code in a Python that the user names
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise TargetError(f"target {target.name}: no answer within {SECONDS:g} s") from error
    except OSError as error:
        raise TargetError(f"{python}: cannot run it: {error.strerror}; --target-python names a Python") from error
    said = done.stderr.decode("utf-8", "replace")
    if done.returncode:
        raise TargetError(f"target {target.name}: {_why(done.returncode, said, command[0], package)}")
    answer: dict[str, str] = json.loads(done.stdout.decode().splitlines()[-1])
    return answer, said


def _why(code: int, said: str, python: str, package: str) -> str:
    if code < 0:
        return f"its interpreter crashed ({signal.strsignal(-code)})"
    if lacking := _LACKING.search(said):
        return f"{python} has no {lacking[1]}; there: pip install {package}"
    lines = [line for line in said.splitlines() if _REASON.search(line)] or said.strip().splitlines()[-1:]
    return f"its interpreter refuses the file: {shortened('; '.join(lines))}"


def _compare(file: ModelFile, frames: Sequence[NDArray[np.uint8]], found: NDArray[Any]) -> Agreement:
    contract = resolve_contract(file, UserSays())
    rows = dequantize(found.reshape(len(frames), -1), file.output)
    scores = both_classes(activate(rows, contract.activation))
    with Classifier(file.path, backend="litert") as classifier:
        reference = np.stack([classifier.scores(frame) for frame in frames])
    graph = read_graphs(read_model(file.path.read_bytes(), file.path), file.path)[0]
    step, logits = deciding_step(graph)
    return compare(both_classes(reference), scores, step, logits=logits or contract.activation != "none")
