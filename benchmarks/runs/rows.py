"""From what a row's rounds measured to the row."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import numpy as np

from benchmarks.host import furthest_drift, least_cpu_share, round_medians_ms, row_noise
from benchmarks.measure import Measured, disagreement, shortage
from benchmarks.report import Accuracy, CameraFigures, Row, Samples
from benchmarks.runs.jobs import Job
from benchmarks.runs.models import is_keras
from benchmarks.settings import RunSettings
from benchmarks.stats import count_outliers, summarize
from edge_runtime.contracts.errors import EdgeDeployError
from edge_runtime.contracts.manifest import ModelManifest
from edge_runtime.model import read_model_file

_BYTES_PER_MB = 1e6
_NS_PER_S = 1e9
_NS_PER_MS = 1e6


def failed_row(job: Job, digest: str | None, reason: str) -> Row:
    """The row of a job that could not be measured."""
    return Row(
        model=job.model.name,
        model_sha256=digest,
        backend=job.backend,
        threads=job.threads,
        batch=job.batch,
        scenario=job.scenario,
        status="FAILED",
        reason=reason,
    )


def build_row(job: Job, digest: str | None, rounds: Sequence[Measured], settings: RunSettings, same_file: bool) -> Row:
    """The row of a job from its rounds, at least one.

    Args:
        job: what was measured.
        digest: the SHA-256 of the model file.
        rounds: what it measured; the last has a fault where one broke it off.
        settings: of the run.
        same_file: the reference is the very same file.
    """
    fault = rounds[-1].fault
    measured = [one for one in rounds if one.fault is None]
    if fault is not None:  # figures of the rounds before it are worth no more than that clock
        measured = []
    end_to_end = [sample for one in measured for sample in one.end_to_end_ns]
    seconds = sum(one.elapsed_ns for one in measured) / _NS_PER_S
    reason = fault or shortage(len(end_to_end), settings.harness) or _wrong_answers(rounds[0], settings, same_file)
    first, manifest = rounds[0], _manifest(job)
    return Row(
        model=job.model.name,
        model_sha256=digest,
        weights_sha256=None if manifest is None else manifest.weights_sha256,
        backend=job.backend,
        backend_version=first.backend_version,
        device=first.device,
        device_name=first.device_name,
        threads=job.threads,
        batch=job.batch,
        scenario=job.scenario,
        status="VALID" if reason is None else "INVALID",
        reason=reason,
        noise=row_noise(measured, job.threads) if measured else (),
        cold_start_ms=sorted((one.cold_start_ms for one in rounds), key=lambda cold: cold.total)[len(rounds) // 2],
        latency_ms=summarize([one.latency_ns for one in measured]),
        end_to_end_ms=summarize([one.end_to_end_ns for one in measured]),
        throughput_fps=len(end_to_end) * job.batch / seconds if seconds > 0 else None,
        camera=_camera(measured, settings.fps) if job.scenario == "camera" and measured else None,
        parts_ms={name: taken / _NS_PER_MS for name, taken in first.parts_ns.items()},
        agreement=first.agreement,
        accuracy=_accuracy(manifest),
        size_mb=job.model.stat().st_size / _BYTES_PER_MB,
        peak_memory_mb=_peak_mb(rounds),
        memory_mb={name: size / _BYTES_PER_MB for name, size in first.memory_bytes.items() if name != "peak"},
        energy_mj=_energy_mj(measured, (len(end_to_end) + settings.harness.warm_up * len(measured)) * job.batch),
        delegate=first.delegate,
        rounds_p50_ms=round_medians_ms(measured),
        rounds_count=tuple(len(one.end_to_end_ns) for one in measured),
        outliers=count_outliers(end_to_end),
        drift=furthest_drift(measured) if measured else 1.0,
        cpu_share=least_cpu_share(measured),
        count=len(end_to_end),
        seconds=seconds,
        samples=job.name,
    )


def samples_of(job: Job, rounds: Sequence[Measured]) -> Samples:
    """The raw samples of a row, all rounds one after the other; none where a fault broke them off."""
    kept = [] if rounds[-1].fault is not None else rounds
    arrays = {
        f"{job.name}_latency_ns": [one.latency_ns for one in kept],
        f"{job.name}_end_to_end_ns": [one.end_to_end_ns for one in kept],
    }
    if job.scenario == "camera":
        arrays[f"{job.name}_age_ns"] = [one.age_ns for one in kept]
    return {name: np.asarray([sample for part in parts for sample in part], np.int64) for name, parts in arrays.items()}


def _wrong_answers(first: Measured, settings: RunSettings, same_file: bool) -> str | None:
    if first.agreement is None:
        return None
    return disagreement(first.agreement, same_file, settings.min_same_top1)


def _camera(rounds: Sequence[Measured], fps: float) -> CameraFigures:
    arrived, dropped = sum(one.arrived for one in rounds), sum(one.dropped for one in rounds)
    return CameraFigures(fps, arrived, dropped, summarize([one.age_ns for one in rounds]))


def _manifest(job: Job) -> ModelManifest | None:
    if is_keras(job.model):
        return None
    with suppress(EdgeDeployError):
        return read_model_file(job.model).manifest
    return None


def _accuracy(manifest: ModelManifest | None) -> Accuracy | None:
    gate = None if manifest is None else manifest.gate
    return None if gate is None else Accuracy(gate.metric, gate.candidate)


def _peak_mb(rounds: Sequence[Measured]) -> float | None:
    peaks = [one.memory_bytes["peak"] for one in rounds if "peak" in one.memory_bytes]
    return max(peaks) / _BYTES_PER_MB if peaks else None


def _energy_mj(rounds: Sequence[Measured], frames: int) -> float | None:
    """Millijoules a frame; ``frames`` are those of warm-up and measured calls, as the joules are."""
    told = [one.energy_j for one in rounds if one.energy_j is not None]
    return sum(told) * 1e3 / frames if told and len(told) == len(rounds) and frames else None
