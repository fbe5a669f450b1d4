"""Starts child processes that run this very code, and makes one clear error of whatever ends them early."""

from __future__ import annotations

import signal
import subprocess
from dataclasses import replace
from time import perf_counter_ns

from benchmarks.errors import BenchmarkError
from benchmarks.measure.protocol import Measured, WorkAnswer, WorkRequest, read_answer, to_line
from edge_runtime.console.child_process import child_command
from edge_runtime.console.command import logger

_GRACE_SECONDS = 120.0


def run_worker(request: WorkRequest, python: str | None = None) -> Measured:
    """Measures one row in a new process.

    Args:
        request: what to measure.
        python: of another environment, in which this project is installed; None for this one. The other imports what
            is installed there: our folder may be one that holds all our packages, of versions that are not its own.

    Raises:
        BenchmarkError: the worker could not be started, said why it cannot, crashed, or took longer than it may.
    """
    answer = _ask(request, python)
    if answer.measured is None:
        raise BenchmarkError(answer.error or "the worker measured nothing")
    return answer.measured


def score_in_worker(request: WorkRequest, python: str | None = None) -> None:
    """Has a new process write the scores that ``request`` asks for.

    Raises:
        BenchmarkError: as for :func:`run_worker`.
    """
    answer = _ask(request, python)
    if not answer.scored:
        raise BenchmarkError(answer.error or "the worker scored nothing")


def _ask(request: WorkRequest, python: str | None) -> WorkAnswer:
    command = child_command("benchmarks.measure.worker:main", python=python)
    try:
        done = subprocess.run(
            command,
            input=to_line(replace(request, spawned_ns=perf_counter_ns())) + "\n",
            capture_output=True,
            text=True,
            timeout=request.harness.max_seconds + _GRACE_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise BenchmarkError(f"the worker did not end within {error.timeout:g} s; it was stopped") from error
    except OSError as error:
        raise BenchmarkError(f"{command[0]}: cannot start it: {error.strerror}") from error
    for line in done.stderr.splitlines():
        logger.debug("worker: %s", line)
    if done.returncode != 0:
        raise BenchmarkError(f"the worker {how_it_ended(done.returncode)}: {last_line(done.stderr)}")
    return read_answer(done.stdout)


def how_it_ended(code: int) -> str:
    """A process's return code in words."""
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"


def last_line(text: str) -> str:
    """The last line of what a process said; where it said nothing, that."""
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else "it said nothing"
