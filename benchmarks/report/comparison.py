"""Compares results of ``edge-bench run``: the same model, backend, threads and batch in two files, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.errors import BenchmarkError
from benchmarks.report.results import BenchmarkResult, Row, Samples, read_samples
from benchmarks.settings import Scenario
from benchmarks.stats import estimate_ratio, percentile

MAX_FILES = len(ascii_uppercase)

_NOISY_ROWS_LISTED = 3
_FIRST_WITH_WEIGHTS = 3
"""The schema of results from which rows tell their weights."""

Figure = Literal["latency", "end_to_end"]


class RowKey(NamedTuple):
    """What two rows must have in common to be compared; ``model`` is a SHA-256, of the weights where files tell it."""

    model: str
    backend: str
    threads: int
    batch: int
    scenario: Scenario
    fps: float | None


@dataclass(frozen=True, slots=True)
class ResultFile:
    """One result file.

    Attributes:
        letter: how tables and plots call it.
        by_weights: whether all files compared are new enough to tell the weights apart from the file.
        samples: None where the file of samples is missing.
    """

    letter: str
    path: Path
    result: BenchmarkResult
    samples: Samples | None
    by_weights: bool = False

    def model_of(self, row: Row) -> str | None:
        """What tells a row's model from others: SHA-256 of its weights, or of its file; None where it is unreadable."""
        return (row.weights_sha256 if self.by_weights else None) or row.model_sha256

    def rows(self) -> dict[RowKey, Row]:
        """All rows of models that could be read."""
        return {
            RowKey(
                model, row.backend, row.threads, row.batch, row.scenario, None if row.camera is None else row.camera.fps
            ): row
            for row in self.result.rows
            if (model := self.model_of(row)) is not None
        }

    def valid_rows(self) -> dict[RowKey, Row]:
        """The rows whose figures may be compared."""
        return {key: row for key, row in self.rows().items() if row.status == "VALID"}

    def p50_ms(self, row: Row, figure: Figure) -> float | None:
        """A row's median; None where it has too few samples for one."""
        summary = row.latency_ms if figure == "latency" else row.end_to_end_ms
        return None if summary is None else summary.p50

    def samples_ns(self, row: Row, figure: Figure) -> NDArray[np.int64] | None:
        """A row's raw samples; None where the file of samples is missing, or the row has none."""
        return None if self.samples is None or row.samples is None else self.samples[f"{row.samples}_{figure}_ns"]

    def round_medians_ns(self, row: Row, figure: Figure) -> list[float]:
        """The median of each round; none where raw samples are missing, or the file is too old to tell rounds apart."""
        samples = self.samples_ns(row, figure)
        if samples is None or not row.rounds_count:
            return []
        return [percentile(part, 50) for part in np.split(samples, np.cumsum(row.rounds_count)[:-1])]


@dataclass(frozen=True, slots=True)
class Ratio:
    """The other's p50 against the base's, in milliseconds; below 1 the other is faster.

    Attributes:
        low, high: the 95 % interval; None where raw samples are missing, or there is a single round.
    """

    base_ms: float
    other_ms: float
    ratio: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """One row that both files have; a ratio is None where a row has too few samples for a p50.

    Attributes:
        is_noisy: in at least one of the files.
    """

    base: Row
    is_noisy: bool
    latency: Ratio | None
    end_to_end: Ratio | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One file against the base.

    Attributes:
        notes: what could not be compared and why, one sentence each.
    """

    base: ResultFile
    other: ResultFile
    rows: tuple[ComparedRow, ...]
    notes: tuple[str, ...]


def load_results(paths: Sequence[Path]) -> tuple[ResultFile, ...]:
    """Reads the result files and the samples beside them.

    Raises:
        ContractError: a file is missing, damaged or no result.
        BenchmarkError: one file has a model twice, under two names.
    """
    results = [BenchmarkResult.load(path) for path in paths]
    by_weights = all(result.schema >= _FIRST_WITH_WEIGHTS for result in results)
    files = []
    for letter, path, result in zip(ascii_uppercase, paths, results, strict=False):
        files.append(ResultFile(letter, path, result, read_samples(result, path), by_weights))
        if len(files[-1].rows()) != sum(row.model_sha256 is not None for row in result.rows):
            raise BenchmarkError(f"{path}: it holds the same model twice under two names; measure it once")
    return tuple(files)


def compare(files: Sequence[ResultFile]) -> tuple[Comparison, ...]:
    """The first file against each of the others.

    Raises:
        BenchmarkError: two files mean different models by one name, or have no row in common.
    """
    base, *others = files
    for other in others:
        _refuse_other_models(base, other)
    comparisons = tuple(_against(base, other) for other in others)
    for comparison in comparisons:
        if not comparison.rows:
            names = f"{base.path} and {comparison.other.path}"
            raise BenchmarkError(f"{names}: no row of one is in the other; {' '.join(comparison.notes)}")
    return comparisons


def _refuse_other_models(base: ResultFile, other: ResultFile) -> None:
    for name, hashes in _hashes_by_name(base).items():
        found = _hashes_by_name(other).get(name)
        if found is not None and not hashes & found:
            raise BenchmarkError(
                f"{base.path} and {other.path}: {name} is not the same model in both (SHA-256 {min(hashes)[:12]}… and "
                f"{min(found)[:12]}…); measure the same file on both sides"
            )


def _hashes_by_name(file: ResultFile) -> dict[str, set[str]]:
    hashes: dict[str, set[str]] = {}
    for row in file.result.rows:
        if (model := file.model_of(row)) is not None:
            hashes.setdefault(row.model, set()).add(model)
    return hashes


def _against(base: ResultFile, other: ResultFile) -> Comparison:
    base_rows, other_rows = base.rows(), other.rows()
    pairs = [(row, other_rows[key]) for key, row in base_rows.items() if key in other_rows]
    rows = tuple(
        ComparedRow(
            pair[0],
            bool(pair[0].noise or pair[1].noise),
            _ratio("latency", base, other, pair),
            _ratio("end_to_end", base, other, pair),
        )
        for pair in pairs
        if pair[0].status == pair[1].status == "VALID"
    )
    notes = (
        *_only_in(base, [row for key, row in base_rows.items() if key not in other_rows]),
        *_only_in(other, [row for key, row in other_rows.items() if key not in base_rows]),
        *_differences(base, other, pairs),
        *_about(base),
        *_about(other),
    )
    return Comparison(base, other, rows, notes)


def _ratio(figure: Figure, base: ResultFile, other: ResultFile, pair: tuple[Row, Row]) -> Ratio | None:
    base_p50, other_p50 = base.p50_ms(pair[0], figure), other.p50_ms(pair[1], figure)
    if base_p50 is None or other_p50 is None or base_p50 == 0.0:
        return None
    base_rounds, other_rounds = base.round_medians_ns(pair[0], figure), other.round_medians_ns(pair[1], figure)
    if not (base_rounds and other_rounds) or min(*base_rounds, *other_rounds) <= 0:  # a coarse clock has zeros
        return Ratio(base_p50, other_p50, other_p50 / base_p50, None, None)
    found = estimate_ratio(base_rounds, other_rounds)
    return Ratio(base_p50, other_p50, found.value, found.low, found.high)


def _only_in(file: ResultFile, rows: Sequence[Row]) -> list[str]:
    return [f"Only in {file.letter}: {row_name(row)}." for row in rows]


def _differences(base: ResultFile, other: ResultFile, pairs: Sequence[tuple[Row, Row]]) -> list[str]:
    """What is not the same on both sides, and yet may be compared."""
    found = sorted(
        {
            f"{row.backend} is {row.backend_version} in {base.letter} and {again.backend_version} in {other.letter}."
            for row, again in pairs
            if row.backend_version != again.backend_version
        }
    )
    if base.result.settings.options != other.result.settings.options:
        found.append(f"{base.letter} and {other.letter} were told different things of their models; see settings.")
    return found


def _about(file: ResultFile) -> list[str]:
    notes = [
        f"Not compared, {row.status} in {file.letter}: {row_name(row)}: {row.reason}."
        for row in file.result.rows
        if row.status != "VALID"
    ]
    notes += [f"{file.letter}: {sentence}" for sentence in file.result.noise]
    noisy = [row for row in file.result.rows if row.noise]
    if len(noisy) > _NOISY_ROWS_LISTED:
        notes.append(
            f"Noisy in {file.letter}: {len(noisy)} of {len(file.result.rows)} rows; the file says of each why."
        )
    else:
        notes += [f"Noisy in {file.letter}: {row_name(row)}: {'; '.join(row.noise)}." for row in noisy]
    if file.samples is None:
        notes.append(f"No interval: {file.letter} has no raw samples ({file.result.samples_file} is not beside it).")
    elif any(row.samples is not None and len(row.rounds_count) < 2 for row in file.result.rows):
        notes.append(f"No interval: {file.letter} has one round, or does not tell rounds apart; measure it again.")
    return notes


def row_name(row: Row) -> str:
    """A row in words."""
    batch = "" if row.batch == 1 else f", batch {row.batch}"
    scenario = f", camera at {row.camera.fps:g}/s" if row.camera is not None else ""
    return f"{row.model}, {row.backend}, threads {row.threads}{batch}{scenario}"
