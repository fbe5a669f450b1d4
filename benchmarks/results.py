"""BenchmarkResult: the file that ``edge-bench run`` writes, and the raw samples beside it."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from benchmarks.environment import Condition, Host
from benchmarks.protocol import ColdStart, Device
from benchmarks.settings import RunSettings
from benchmarks.stats import Summary
from edge_runtime.contracts.codec import decode, encode, parse_json
from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.files import write_text, written_atomically

RESULT_SCHEMA = 1

_NS_PER_MS = 1e6

Status = Literal["VALID", "INVALID", "FAILED"]
Samples = dict[str, NDArray[np.int64]]
"""Array name to durations in nanoseconds, in the order they were measured."""

DEFINITIONS = {
    "latency_ms": "the interpreter's invoke alone; the input tensor is already written",
    "end_to_end_ms": "one Classifier.classify of the frame: preprocess, write, invoke, read, postprocess",
    "throughput_fps": "frames a second, one after the other, end to end",
    "cold_start_ms": "process start to first result: interpreter_start until our first line runs, imports of the "
    "runtime, load of interpreter library and model, first_inference",
    "peak_memory_mb": "the child process's largest resident set, in 10^6 bytes",
    "delegate": "what the interpreter says took operators; unknown where it does not tell",
    "status": "VALID: minimum time and minimum count were both met; INVALID: measured, but see the reason; "
    "FAILED: not measured, see the reason",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One model on one backend with one number of threads.

    Attributes:
        model: the file's name.
        model_sha256: of the whole file; None where it cannot be read.
        reason: why the row is not VALID.
        backend_version: of the interpreter's package.
        device_name: the GPU's; "[software]" where it is a program that computes on the CPU.
        delegate: which one took operators, "none" or "unknown".
        count: how many samples there are.
        seconds: how long measuring took.
        samples: the arrays of this row's samples are named this, then ``_latency_ns`` and ``_end_to_end_ns``.

    Raises:
        ContractError: the status contradicts the reason or the figures.
    """

    model: str
    model_sha256: str | None
    backend: str
    backend_version: str | None = None
    device: Device = "cpu"
    device_name: str | None = None
    threads: int
    batch: int = 1
    status: Status
    reason: str | None = None
    cold_start_ms: ColdStart | None = None
    latency_ms: Summary | None = None
    end_to_end_ms: Summary | None = None
    throughput_fps: float | None = None
    peak_memory_mb: float | None = None
    delegate: str | None = None
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


@dataclass(frozen=True, slots=True)
class BenchmarkResult:
    """Everything a run of ``edge-bench run`` says.

    Attributes:
        samples_file: the name of the .npz beside this file that holds the raw samples.
        frame: the source that gave the frame, as after ``edge-run``.
        definitions: what the figures mean.

    Raises:
        ContractError: the schema is another.
    """

    created_utc: str
    settings: RunSettings
    frame: str
    host: Host
    before: Condition
    after: Condition
    rows: tuple[Row, ...]
    samples_file: str
    definitions: Mapping[str, str]
    schema: int = RESULT_SCHEMA

    def __post_init__(self) -> None:
        if self.schema != RESULT_SCHEMA:
            raise ContractError(
                f"schema {self.schema} is not {RESULT_SCHEMA}, the one this version reads; update edge-deploy-kit"
            )

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
