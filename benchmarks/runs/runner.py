"""Runs every row of a benchmark, each in a process of its own, so that none inherits another's memory or caches."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.host import machine_noise, read_condition, read_host
from benchmarks.measure import FRAME, KERAS, Measured, WorkRequest, choose_images, run_worker, score_in_worker
from benchmarks.report import DEFINITIONS, BenchmarkResult, Row, Samples
from benchmarks.runs.jobs import Job, plan, shuffled
from benchmarks.runs.models import is_keras, model_file, sha256_if_readable
from benchmarks.runs.rows import build_row, failed_row, samples_of
from benchmarks.settings import RunSettings
from edge_runtime.backends import installed_backends
from edge_runtime.console.command import logger
from edge_runtime.contracts.errors import EdgeDeployError
from edge_runtime.inference import tell_guesses


def run_benchmark(settings: RunSettings, samples_file: str) -> tuple[BenchmarkResult, Samples]:
    """Measures all rows; one that fails is a row that says so, and the others are still measured.

    Args:
        settings: what to measure.
        samples_file: the name under which the samples will be stored.

    Raises:
        BenchmarkError: a model, the reference or the images are missing.
    """
    host, before = read_host(), read_condition()
    rows, samples = measure_rows(settings)
    after = read_condition()
    result = BenchmarkResult(
        created_utc=now_utc(),
        settings=settings,
        frame=FRAME,
        host=host,
        before=before,
        after=after,
        rows=rows,
        samples_file=samples_file,
        definitions=DEFINITIONS,
        noise=machine_noise(before, after),
    )
    return result, samples


def measure_rows(settings: RunSettings) -> tuple[tuple[Row, ...], Samples]:
    """The rows of :func:`run_benchmark` and their samples."""
    jobs = plan(settings)
    images = () if settings.images is None else choose_images(Path(settings.images))
    digests = {job.model: sha256_if_readable(job.model) for job in jobs}
    rows: list[Row] = []
    samples: Samples = {}
    with _References(settings, images) as references:
        rounds, errors = _measure_rounds(jobs, settings, references)
    for job in jobs:
        digest = digests[job.model]
        if job in errors:
            rows.append(failed_row(job, digest, errors[job]))
            continue
        same_file = settings.reference is None or sha256_if_readable(model_file(Path(settings.reference))) == digest
        rows.append(build_row(job, digest, rounds[job], settings, same_file))
        samples.update(samples_of(job, rounds[job]))
    return tuple(rows), samples


def now_utc() -> str:
    """The time now, as in "2026-11-23T21:00:00+00:00"."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def _measure_rounds(
    jobs: Sequence[Job], settings: RunSettings, references: _References
) -> tuple[dict[Job, list[Measured]], dict[Job, str]]:
    """What each job measured in each round, and of those that could not be measured why."""
    found: dict[Job, list[Measured]] = {job: [] for job in jobs}
    errors: dict[Job, str] = {}
    told: set[Path] = set()
    for number in range(settings.rounds):
        for position, job in enumerate(shuffled(jobs, number)):
            if job in errors or any(measured.fault for measured in found[job]):
                continue
            logger.info("round %d/%d, %d/%d: %s", number + 1, settings.rounds, position + 1, len(jobs), job)
            try:
                found[job].append(_measure(job, settings, references, is_first=number == 0))
                if job.model not in told:
                    tell_guesses(job.model, found[job][-1].guesses)
                told.add(job.model)
            except EdgeDeployError as error:
                errors[job] = str(error)
    return found, errors


def _measure(job: Job, settings: RunSettings, references: _References, is_first: bool) -> Measured:
    request = WorkRequest(
        model=str(job.model),
        backend=job.backend,
        threads=job.threads,
        batch=job.batch,
        scenario=job.scenario,
        fps=settings.fps,
        examine=is_first,
        scores_file=references.scores_of(job) if is_first else None,
        images=references.images,
        options=settings.options,
        harness=settings.harness.share(settings.rounds),
    )
    return run_worker(request, settings.pythons.get(job.backend))


class _References:
    """The scores that rows are compared with: of one reference for all, or of each model itself."""

    def __init__(self, settings: RunSettings, images: tuple[str, ...]) -> None:
        """Scores the reference where one is named.

        Raises:
            BenchmarkError: it cannot be scored.
        """
        self.images = images
        self._settings = settings
        self._found: dict[Path, str | None] = {}
        self._named = None if settings.reference is None else model_file(Path(settings.reference))
        self._folder = tempfile.TemporaryDirectory(prefix="edge-bench-")
        if self._named is not None:
            try:
                self._found[self._named] = self._score(self._named)
            except EdgeDeployError as error:
                self._folder.cleanup()
                raise BenchmarkError(f"--reference {settings.reference}: {error}") from error

    def __enter__(self) -> _References:
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def scores_of(self, job: Job) -> str | None:
        """The file with the scores to compare a row with.

        None where there are none: the backend null computes nothing, and a model that its own reference cannot run
        will say so in its row.
        """
        if job.backend == "null":
            return None
        reference = self._named or job.model
        if reference not in self._found:
            try:
                self._found[reference] = self._score(reference)
            except EdgeDeployError as error:
                logger.debug("no reference: %s", error)
                self._found[reference] = None
        return self._found[reference]

    def _score(self, reference: Path) -> str:
        file = Path(self._folder.name) / f"{len(self._found)}.npy"
        backend = KERAS if is_keras(reference) else self._backend()
        request = WorkRequest(
            model=str(reference),
            backend=backend,
            threads=1,
            job="score",
            scores_file=str(file),
            images=self.images,
            options=self._settings.options,
        )
        score_in_worker(request, self._settings.pythons.get(backend))
        return str(file)

    def _backend(self) -> str:
        """The backend that a reference runs on: one of this environment where it has any."""
        try:
            return installed_backends()[0]
        except EdgeDeployError:
            return next(iter(self._settings.pythons), "litert")
