"""Runs every row of a benchmark, each in a process of its own, so that none inherits another's memory or caches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import product
from pathlib import Path
from time import perf_counter_ns

import numpy as np

from benchmarks.child import run_worker
from benchmarks.environment import read_condition, read_host
from benchmarks.fingerprint import sha256_if_readable
from benchmarks.frame import FRAME
from benchmarks.protocol import Measured, WorkRequest
from benchmarks.results import DEFINITIONS, BenchmarkResult, Row, Samples
from benchmarks.settings import RunSettings
from benchmarks.stats import summarize
from edge_runtime.contracts.command import logger
from edge_runtime.contracts.errors import EdgeDeployError

_BYTES_PER_MB = 1e6
_NS_PER_S = 1e9


@dataclass(frozen=True, slots=True)
class _Job:
    """What tells one row from another."""

    model: Path
    backend: str
    threads: int
    name: str


def run_benchmark(settings: RunSettings, samples_file: str) -> tuple[BenchmarkResult, Samples]:
    """Measures all rows; one that fails is a row that says so, and the others are still measured.

    Args:
        settings: what to measure.
        samples_file: the name under which the samples will be stored.
    """
    host, before = read_host(), read_condition()
    rows, samples = measure_rows(settings)
    result = BenchmarkResult(
        created_utc=now_utc(),
        settings=settings,
        frame=FRAME,
        host=host,
        before=before,
        after=read_condition(),
        rows=rows,
        samples_file=samples_file,
        definitions=DEFINITIONS,
    )
    return result, samples


def measure_rows(settings: RunSettings) -> tuple[tuple[Row, ...], Samples]:
    """The rows of :func:`run_benchmark` and their samples."""
    rows: list[Row] = []
    samples: Samples = {}
    combinations = list(product(settings.models, settings.backends, settings.threads))
    for number, (model, backend, threads) in enumerate(combinations):
        logger.info("%d/%d: %s, %s, threads %d", number + 1, len(combinations), model, backend, threads)
        row, row_samples = _run_job(_Job(Path(model), backend, threads, f"row{number}"), settings)
        rows.append(row)
        samples.update(row_samples)
    return tuple(rows), samples


def now_utc() -> str:
    """The time now, as in "2026-11-23T21:00:00+00:00"."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def _run_job(job: _Job, settings: RunSettings) -> tuple[Row, Samples]:
    digest = sha256_if_readable(job.model)
    request = WorkRequest(
        str(job.model), job.backend, job.threads, perf_counter_ns(), settings.options, settings.harness
    )
    try:
        measured = run_worker(request, settings.pythons.get(job.backend))
    except EdgeDeployError as error:
        return _failed_row(job, digest, str(error)), {}
    samples = {
        f"{job.name}_latency_ns": np.asarray(measured.latency_ns, np.int64),
        f"{job.name}_end_to_end_ns": np.asarray(measured.end_to_end_ns, np.int64),
    }
    return _measured_row(job, digest, measured), samples


def _failed_row(job: _Job, digest: str | None, reason: str) -> Row:
    return Row(
        model=job.model.name,
        model_sha256=digest,
        backend=job.backend,
        threads=job.threads,
        status="FAILED",
        reason=reason,
    )


def _measured_row(job: _Job, digest: str | None, measured: Measured) -> Row:
    count = len(measured.end_to_end_ns)
    seconds = measured.elapsed_ns / _NS_PER_S
    peak = measured.peak_memory_bytes
    return Row(
        model=job.model.name,
        model_sha256=digest,
        backend=job.backend,
        backend_version=measured.backend_version,
        device=measured.device,
        device_name=measured.device_name,
        threads=job.threads,
        status="VALID" if measured.invalid_reason is None else "INVALID",
        reason=measured.invalid_reason,
        cold_start_ms=measured.cold_start_ms,
        latency_ms=summarize(measured.latency_ns),
        end_to_end_ms=summarize(measured.end_to_end_ns),
        throughput_fps=count / seconds if seconds > 0 else None,
        peak_memory_mb=None if peak is None else peak / _BYTES_PER_MB,
        delegate=measured.delegate,
        count=count,
        seconds=seconds,
        samples=job.name,
    )
