"""What the child process does: cold start, then the harness, with one model on one backend."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import perf_counter_ns, thread_time_ns

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure.agreement import compare_scores
from benchmarks.measure.frames import read_frames, synthetic_frame
from benchmarks.measure.harness import Measurement, measure, measure_camera
from benchmarks.measure.parts import part_medians_ns
from benchmarks.measure.protocol import Agreement, ColdStart, Measured, WorkAnswer, WorkRequest, read_request, to_line
from benchmarks.measure.resources import energy_uj, peak_memory_bytes, resident_bytes
from benchmarks.measure.subjects import KERAS, Subject, open_subject
from edge_runtime import EdgeDeployError

_NS_PER_MS = 1e6
_UJ_PER_J = 1e6

Clock = Callable[[], int]


def answer(line: str, started_ns: int, imported_ns: int) -> str:
    """The answer to a request, both as lines of JSON.

    Args:
        line: a WorkRequest.
        started_ns: ``perf_counter_ns()`` at the process's first line.
        imported_ns: the same when the runtime was imported.
    """
    request = read_request(line)
    try:
        if request.job == "score":
            write_scores(request)
            return to_line(WorkAnswer(scored=True))
        return to_line(WorkAnswer(measured=measure_row(request, started_ns, imported_ns)))
    except (EdgeDeployError, MemoryError) as error:
        return to_line(WorkAnswer(error=str(error) or type(error).__name__))


def write_scores(request: WorkRequest) -> None:
    """Writes the probabilities of the request's images, float32 (images, classes), to its scores file."""
    assert request.scores_file is not None
    subject = open_subject(request)
    np.save(request.scores_file, subject.scores(read_frames(request.images)))
    subject.close()


def measure_row(request: WorkRequest, started_ns: int, imported_ns: int, clock: Clock = perf_counter_ns) -> Measured:
    """Measures what the request names.

    Args:
        request: the row.
        started_ns: as for :func:`answer`.
        imported_ns: as for :func:`answer`.
        clock: what the harness and the cold start read.

    Raises:
        EdgeDeployError: the model cannot be loaded or run.
    """
    frames = [synthetic_frame()] * request.batch
    memory = {"imported": resident_bytes()}
    ready_ns = clock()
    subject = open_subject(request)
    loaded_ns = clock()
    memory["loaded"] = resident_bytes()
    subject.run(frames)
    answered_ns = clock()
    memory["first_inference"] = resident_bytes()
    timed = _Timed(request, subject, frames, clock)
    memory["peak"] = peak_memory_bytes()
    agreement = _agreement(request, subject) if request.examine else None
    subject.close()
    has_parts = request.examine and request.batch == 1 and request.backend != KERAS and timed.fault is None
    info = subject.info
    # Reading the request and making the frame are our work, not a user's: the time up to ready_ns is left out.
    return Measured(
        backend_version=info.version,
        device=info.device,
        device_name=info.device_name,
        delegate=info.delegate,
        cold_start_ms=ColdStart.from_parts(
            interpreter_start=(started_ns - request.spawned_ns) / _NS_PER_MS,
            imports=(imported_ns - started_ns) / _NS_PER_MS,
            load=(loaded_ns - ready_ns) / _NS_PER_MS,
            first_inference=(answered_ns - loaded_ns) / _NS_PER_MS,
        ),
        memory_bytes={phase: size for phase, size in memory.items() if size is not None},
        latency_ns=timed.found.inner_ns,
        end_to_end_ns=timed.found.samples_ns,
        elapsed_ns=timed.found.elapsed_ns,
        age_ns=timed.found.age_ns,
        arrived=timed.found.arrived,
        dropped=timed.found.dropped,
        cpu_share=timed.cpu_share,
        energy_j=timed.energy_j,
        parts_ns=part_medians_ns(request, frames[0]) if has_parts else {},
        agreement=agreement,
        fault=timed.fault,
        guesses=subject.guesses,
    )


class _Timed:
    """The harness' run, and what the machine did meanwhile."""

    def __init__(self, request: WorkRequest, subject: Subject, frames: list[NDArray[np.uint8]], clock: Clock) -> None:
        self.cpu_share: float | None = None
        self.energy_j: float | None = None
        if subject.info.fallback is not None:  # what could be measured now is not what was asked for
            reason = f"{subject.info.fallback}; it fell back to the CPU, which was not measured"
            self.found = Measurement((), (), 0, reason)
        else:
            energy, busy = energy_uj(), thread_time_ns()
            self.found = self._measure(request, subject, frames, clock)
            busy, after = thread_time_ns() - busy, energy_uj()
            alone = subject.info.device == "cpu" and request.backend != KERAS  # Keras' own threads do the work
            if alone and request.scenario != "camera" and self.found.elapsed_ns:
                self.cpu_share = busy / self._all_ns
            if energy is not None and after is not None and after > energy:  # the counter wraps around
                self.energy_j = (after - energy) / _UJ_PER_J
        self.fault = None if self.found.samples_ns else self.found.invalid_reason

    def _measure(
        self, request: WorkRequest, subject: Subject, frames: list[NDArray[np.uint8]], clock: Clock
    ) -> Measurement:
        start = perf_counter_ns()
        if request.scenario == "camera":
            found = measure_camera(lambda: subject.run(frames), request.harness, request.fps, clock)
        else:
            found = measure(lambda: subject.run(frames), request.harness, clock)
        self._all_ns = perf_counter_ns() - start
        return found


def _agreement(request: WorkRequest, subject: Subject) -> Agreement | None:
    if request.scores_file is None:
        return None
    reference = np.load(Path(request.scores_file), allow_pickle=False)
    return compare_scores(subject.scores(read_frames(request.images)), reference)
