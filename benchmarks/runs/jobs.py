"""Which rows a run has, and in which order they are measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from random import Random

from benchmarks.errors import BenchmarkError
from benchmarks.measure import KERAS
from benchmarks.runs.models import is_keras, model_file
from benchmarks.settings import RunSettings, Scenario


@dataclass(frozen=True, slots=True)
class Job:
    """What tells one row from another; ``name`` is that of its samples."""

    model: Path
    backend: str
    threads: int
    batch: int
    scenario: Scenario
    name: str

    def __str__(self) -> str:
        batch = "" if self.batch == 1 else f", batch {self.batch}"
        return f"{self.model}, {self.backend}, threads {self.threads}{batch}"


def plan(settings: RunSettings) -> tuple[Job, ...]:
    """A job a row, in the order of the settings.

    Keras files are measured by the backend keras, with one job a batch, since Keras chooses its threads itself; .tflite
    files by all others.

    Raises:
        BenchmarkError: a file is missing, or a model or a backend has nothing to do.
    """
    models = [model_file(Path(model)) for model in settings.models]
    combinations = [
        (model, backend, threads, batch)
        for model, backend, threads, batch in product(models, settings.backends, settings.threads, settings.batches)
        if is_keras(model) == (backend == KERAS) and (backend != KERAS or threads == settings.threads[0])
    ]
    for model in models:
        if all(model != chosen for chosen, *_ in combinations):
            kind = "needs the backend keras" if is_keras(model) else "is not for the backend keras"
            raise BenchmarkError(f"{model}: {kind}; see --backends")
    for backend in settings.backends:
        if all(backend != chosen for _, chosen, *_ in combinations):
            kind = ".keras file or RUN folder" if backend == KERAS else ".tflite file"
            raise BenchmarkError(f"--backends {backend}: there is no {kind} among the models to measure with it")
    return tuple(
        Job(*combination, _scenario(settings, combination[3]), f"row{number}")
        for number, combination in enumerate(combinations)
    )


def shuffled(jobs: Sequence[Job], number: int) -> list[Job]:
    """The jobs in the random order of round ``number``, the same in every run."""
    return Random(number).sample(jobs, len(jobs))  # noqa: S311 - no secret


def _scenario(settings: RunSettings, batch: int) -> Scenario:
    return "offline" if batch > 1 else settings.scenario
