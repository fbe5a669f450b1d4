"""Whether a rewritten file answers as before, and how fast: both files run on the same inputs, in a child process."""

from __future__ import annotations

import json
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converter.errors import ConversionError, shortened
from converter.targets import Agreement, compare, deciding_step
from converter.tflite import read_graphs, read_model
from edge_runtime.console.child_process import child_command
from edge_runtime.contracts.dataset_files import read_dataset
from edge_runtime.inference import activate, both_classes, dequantize
from edge_runtime.model import ModelFile, UserSays, resolve_contract
from edge_runtime.preprocess import Preprocessor, read_image

SECONDS = 600.0
MADE_UP = 100
MOST_IMAGES = 1000
"""Of a folder with more, every so many are taken."""
_MAX_DIFFERING = 0.02


@dataclass(frozen=True)
class Answers:
    """How the answers of two files compare.

    Attributes:
        agreement: of the file now with the file before.
        made_up: whether the inputs were noise.
        before_ms: median of one inference.
        now_ms: likewise.
    """

    agreement: Agreement
    made_up: bool
    before_ms: float
    now_ms: float

    def rows(self) -> dict[str, str]:
        """Lines for the end of a run."""
        found = self.agreement
        what = "made-up inputs, which are no photos: name some with --eval-data" if self.made_up else "images"
        ties = f", {found.ties} near tie{'s' * (found.ties > 1)}" if found.ties else ""
        return {
            "answers": f"the same best class for {found.same_top1} of {found.images} {what}{ties}",
            "latency": f"{self.now_ms:.3f} ms, before {self.before_ms:.3f} ms (p50 here, one thread)",
        }


def compare_answers(file: ModelFile, now: Path, data: Path | None, said: UserSays) -> Answers:
    """Runs both files.

    Args:
        file: before.
        now: the path of the rewritten one.
        data: images, as edge-train takes them; None makes up inputs.
        said: by the user, of how images are fed.

    Raises:
        ContractError: the images are missing, or it is not known how they are fed.
        ImageError: one of them cannot be decoded.
        ConversionError: a file does not run, or the answers differ on more images than near ties explain.
    """
    inputs = _made_up(file) if data is None else _images(file, data, said)
    with tempfile.TemporaryDirectory(prefix="edge-rewrite-") as folder:
        np.save(Path(folder) / "inputs.npy", inputs)
        seconds = _run_child(file, now, folder)
        before, after = (_scores(file, np.load(Path(folder) / f"{name}.npy")) for name in ("before", "now"))
    graph = read_graphs(read_model(file.path.read_bytes(), file.path), file.path)[0]
    step, logits = deciding_step(graph)
    agreement = compare(before, after, step, logits=logits)
    if data is not None and agreement.differing > _MAX_DIFFERING * agreement.images:
        raise ConversionError(
            f"{file.path}: not rewritten: it would find another class for {agreement.differing} of {agreement.images} "
            "images, beyond near ties"
        )
    return Answers(agreement, data is None, *(1000 * each for each in seconds))


def _made_up(file: ModelFile) -> NDArray[Any]:
    """Noise about a grey that differs by input, in the range of the input tensor's type."""
    generator = np.random.default_rng(0)
    shape = (MADE_UP, *file.input.shape)
    dtype = np.dtype(file.input.dtype)
    greys = generator.uniform(0, 1, (MADE_UP, *(1,) * len(file.input.shape)))
    noise = np.clip(greys + generator.normal(0, 0.3, shape), 0, 1)
    if dtype.kind == "f":
        return np.asarray(2 * noise - 1, dtype)
    limits = np.iinfo(dtype)
    return np.asarray(np.rint(limits.min + noise * (limits.max - limits.min)), dtype)


def _images(file: ModelFile, data: Path, said: UserSays) -> NDArray[Any]:
    images = read_dataset(data)
    preprocess = Preprocessor(resolve_contract(file, said).preprocessing, file.input)
    chosen = range(0, len(images), -(-len(images) // MOST_IMAGES))
    inputs = np.empty((len(chosen), *file.input.shape), file.input.dtype)
    for place, index in enumerate(chosen):
        preprocess(read_image(images.path(index)), inputs[place])
    return inputs


def _scores(file: ModelFile, outputs: NDArray[Any]) -> NDArray[np.float32]:
    rows = dequantize(outputs.reshape(len(outputs), -1), file.output)
    return both_classes(activate(rows, file.manifest.activation if file.manifest else "none"))


def _run_child(file: ModelFile, now: Path, folder: str) -> list[float]:
    """Fills ``before.npy`` and ``now.npy``; the median seconds of one inference of each."""
    command = child_command(
        "converter.rewrite.answers_child:main", str(file.path), str(now), folder, str(file.output_position)
    )
    try:
        done = subprocess.run(  # noqa: S603 - our own Python with our own code
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ConversionError(f"{file.path}: no answers within {SECONDS:g} s") from error
    if done.returncode < 0:
        raise ConversionError(f"{file.path}: it crashes the interpreter ({signal.strsignal(-done.returncode)})")
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise ConversionError(f"{file.path}: the interpreter does not run it: {shortened(' '.join(said))}")
    return list(map(float, json.loads(done.stdout.decode().splitlines()[-1])))
