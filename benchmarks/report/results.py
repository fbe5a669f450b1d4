"""BenchmarkResult: the file that ``edge-bench run`` writes, and the raw samples beside it."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from benchmarks.host import Condition, Host
from benchmarks.measure import Agreement, ColdStart, Device
from benchmarks.settings import RunSettings, Scenario
from benchmarks.stats import Summary
from edge_runtime.console.files import write_text, written_atomically
from edge_runtime.contracts.codec import decode, encode, parse_json
from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.versioned import Versioned

RESULT_SCHEMA = 3

_NS_PER_MS = 1e6

Status = Literal["VALID", "INVALID", "FAILED"]
Samples = dict[str, NDArray[np.int64]]
"""Array name to durations in nanoseconds, in the order they were measured."""

DEFINITIONS = {
    "latency_ms": "the inference alone; the input tensor is already written. litert-gpu and keras: "
    "until the output can be read",
    "end_to_end_ms": "one Classifier.classify of the frame: preprocess, write, invoke, read, postprocess; with a batch "
    "the same for all its frames",
    "throughput_fps": "frames a second, end to end: count * batch / seconds",
    "cold_start_ms": "process start to first result: interpreter_start until our first line runs, imports of the "
    "runtime, load of interpreter library and model, first_inference",
    "peak_memory_mb": "the child process's largest resident set, in 10^6 bytes",
    "memory_mb": "the child's resident set after importing, loading and the first inference, in 10^6 bytes",
    "parts_ms": "medians of the parts of one frame's way, each timed on its own; decode is of the frame as a JPEG",
    "energy_mj": "of the processor packages, a frame, in thousandths of a joule; null where the machine does not tell",
    "agreement": "probabilities beside the reference's, on the images that settings name",
    "accuracy": "the figure of the converter's gate, from the model file; not measured here",
    "camera": "frames arrive at a rate, the newest is taken, older ones are dropped; age is from arrival to result",
    "noise": "why the figures may differ from those of another run; a noisy row stays VALID",
    "intervals": "95 %, from what differs between rounds, each of which is a process of its own",
    "delegate": "what the interpreter says took operators; unknown where it does not tell",
    "status": "VALID: minimum time and minimum count were both met; INVALID: measured, but see the reason; "
    "FAILED: not measured, see the reason",
}


@dataclass(frozen=True, slots=True)
class CameraFigures:
    """Frames that arrived at a rate.

    Attributes:
        dropped: of the arrived; each was older than the one taken.
        age_ms: from a frame's arrival to its result.
    """

    fps: float
    arrived: int
    dropped: int
    age_ms: Summary | None


@dataclass(frozen=True, slots=True)
class Accuracy:
    """What the converter's gate measured: ``metric`` is "top-1", "micro-f1" or "accuracy", ``value`` 0..1."""

    metric: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One model on one backend with one number of threads.

    Attributes:
        model: the file's name.
        model_sha256: of the whole file; None where it cannot be read.
        weights_sha256: of the file without what may be added to it later, as its manifest says; None where it has none.
        reason: why the row is not VALID.
        noise: why another run may find other figures; empty for a quiet row.
        backend_version: of the interpreter's package.
        device_name: the GPU's; "[software]" where it is a program that computes on the CPU.
        delegate: which one took operators, "none" or "unknown".
        size_mb: of the model file, in 10^6 bytes.
        rounds_p50_ms: the end-to-end median of each round.
        rounds_count: how many samples each round has, in the order of the samples; empty in files of schema 2.
        outliers: how many end-to-end samples are far out; they are in all figures.
        drift: the end-to-end median of the last third of a round against its first; the furthest from 1.
        cpu_share: how much of the measured time the main thread had a core; None where that says nothing.
        count: how many samples there are.
        seconds: how long measuring took.
        samples: the arrays of this row's samples are named this, then ``_latency_ns`` and ``_end_to_end_ns``, and
            ``_age_ns`` in the camera scenario.

    Raises:
        ContractError: the status contradicts the reason or the figures.
    """

    model: str
    model_sha256: str | None
    weights_sha256: str | None = None
    backend: str
    backend_version: str | None = None
    device: Device = "cpu"
    device_name: str | None = None
    threads: int
    batch: int = 1
    scenario: Scenario = "single-stream"
    status: Status
    reason: str | None = None
    noise: tuple[str, ...] = ()
    cold_start_ms: ColdStart | None = None
    latency_ms: Summary | None = None
    end_to_end_ms: Summary | None = None
    throughput_fps: float | None = None
    camera: CameraFigures | None = None
    parts_ms: Mapping[str, float] = field(default_factory=dict)
    agreement: Agreement | None = None
    accuracy: Accuracy | None = None
    size_mb: float | None = None
    peak_memory_mb: float | None = None
    memory_mb: Mapping[str, float] = field(default_factory=dict)
    energy_mj: float | None = None
    delegate: str | None = None
    rounds_p50_ms: tuple[float, ...] = ()
    rounds_count: tuple[int, ...] = ()
    outliers: int = 0
    drift: float = 1.0
    cpu_share: float | None = None
    count: int = 0
    seconds: float = 0.0
    samples: str | None = None

    def __post_init__(self) -> None:
        if self.status not in get_args(Status):
            raise ContractError(f"status {self.status!r} is not one of {', '.join(get_args(Status))}")
        if (self.reason is None) != (self.status == "VALID"):
            raise ContractError(f"reason: a row has one unless it is VALID; this one is {self.status}")
        figures = (self.latency_ms, self.end_to_end_ms, self.throughput_fps, self.cold_start_ms)
        if self.status == "VALID" and None in figures:
            raise ContractError("latency_ms, end_to_end_ms, throughput_fps, cold_start_ms: a VALID row has them all")
        if self.status == "FAILED" and any(figure is not None for figure in figures):
            raise ContractError("latency_ms, end_to_end_ms, throughput_fps, cold_start_ms: a FAILED row has none")
        if self.rounds_count and (min(self.rounds_count) < 1 or sum(self.rounds_count) != self.count):
            raise ContractError(f"rounds_count: {self.count} samples are not those of the rounds together")


@dataclass(frozen=True, slots=True)
class BenchmarkResult(Versioned):
    """Everything a run of ``edge-bench run`` says.

    Attributes:
        samples_file: the name of the .npz beside this file that holds the raw samples.
        frame: the source that gave the frame, as after ``edge-run``.
        definitions: what the figures mean.
        noise: what the machine did during the run that makes its figures doubtful, one sentence each.
    """

    versions_at: ClassVar[tuple[str, ...]] = ("host", "versions")

    created_utc: str
    settings: RunSettings
    frame: str
    host: Host
    before: Condition
    after: Condition
    rows: tuple[Row, ...]
    samples_file: str
    definitions: Mapping[str, str]
    noise: tuple[str, ...] = ()
    schema: int = RESULT_SCHEMA

    def to_json(self) -> str:
        """The result as JSON text."""
        return json.dumps(encode(self), ensure_ascii=False, indent=1, allow_nan=False)

    @classmethod
    def load(cls, path: Path) -> BenchmarkResult:
        """Reads what :func:`write_result` wrote.

        Raises:
            ContractError: there is no such file, or it is not what :meth:`to_json` wrote.
        """
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ContractError(f"{path}: cannot read: {error.strerror}") from error
        return decode(cls, parse_json(content, str(path)), str(path))


def samples_path(out: Path) -> Path:
    """Where the raw samples of the result ``out`` lie."""
    return out.with_name(f"{out.stem}.samples.npz")


def write_result(result: BenchmarkResult, samples: Samples, out: Path) -> None:
    """Writes the raw samples, then the result that names them.

    Raises:
        OutputError: a file cannot be written.
    """
    with written_atomically(samples_path(out)) as temporary:
        np.savez_compressed(temporary, **samples)  # type: ignore[arg-type]
    write_text(out, result.to_json() + "\n")


def read_samples(result: BenchmarkResult, path: Path) -> Samples | None:
    """The raw samples that lie beside the result ``path``; None where there is no such file.

    Raises:
        ContractError: they are damaged, or not those of this result.
    """
    file = path.parent / Path(result.samples_file).name
    if not file.is_file():
        return None
    try:
        samples = _read_npz(file)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ContractError(f"{file}: damaged samples: {error}; delete the file to compare without them") from error
    for row in result.rows:
        if row.samples is not None and not _belong(samples, row):
            raise ContractError(f"{file}: not the samples of {path}; delete the file to compare without them")
    return samples


def _read_npz(path: Path) -> Samples:
    with path.open("rb") as file:  # opened here, since np.load leaves it open where the content is damaged
        if not zipfile.is_zipfile(file):
            raise ValueError("it is no .npz file")
        file.seek(0)
        with np.load(file) as kept:
            return {name: kept[name] for name in kept.files}


def _belong(samples: Samples, row: Row) -> bool:
    for name, summary in (("latency_ns", row.latency_ms), ("end_to_end_ns", row.end_to_end_ms)):
        array = samples.get(f"{row.samples}_{name}")
        if array is None or array.dtype != np.int64 or array.shape != (row.count,):
            return False
        if summary is not None and not np.isclose(array.mean() / _NS_PER_MS, summary.mean):
            return False
    return True
