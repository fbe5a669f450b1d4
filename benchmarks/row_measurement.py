"""What the child process does: cold start, then the harness, with one model on one backend."""

from __future__ import annotations

from time import perf_counter_ns

from benchmarks.frame import synthetic_frame
from benchmarks.harness import Measurement, measure
from benchmarks.memory import peak_memory_bytes
from benchmarks.protocol import ColdStart, Measured, WorkAnswer, WorkRequest, read_request, to_line
from edge_runtime import Classifier, EdgeDeployError

_NS_PER_MS = 1e6


def answer(line: str, started_ns: int, imported_ns: int) -> str:
    """The answer to a request, both as lines of JSON.

    Args:
        line: a WorkRequest.
        started_ns: ``perf_counter_ns()`` at the process's first line.
        imported_ns: the same when the runtime was imported.
    """
    request = read_request(line)
    try:
        return to_line(WorkAnswer(measured=_measure(request, started_ns, imported_ns)))
    except (EdgeDeployError, MemoryError) as error:
        return to_line(WorkAnswer(error=str(error) or type(error).__name__))


def _measure(request: WorkRequest, started_ns: int, imported_ns: int) -> Measured:
    frame = synthetic_frame()
    ready_ns = perf_counter_ns()
    options = request.options
    with Classifier(
        request.model,
        backend=request.backend,
        threads=request.threads,
        labels=options.labels,
        normalization=options.normalization,
        resize=options.resize,
    ) as classifier:
        loaded_ns = perf_counter_ns()
        classifier.classify(frame)
        answered_ns = perf_counter_ns()
        info = classifier.backend_info
        if info.fallback is None:
            measurement = measure(lambda: classifier.classify(frame).timing.invoke_ns, request.harness)
        else:  # what could be measured now is not what was asked for
            measurement = Measurement((), (), 0, f"{info.fallback}; it fell back to the CPU, which was not measured")
    # Reading the request and making the frame are our work, not a user's: the time up to ready_ns is left out.
    cold_start = ColdStart.from_parts(
        interpreter_start=(started_ns - request.spawned_ns) / _NS_PER_MS,
        imports=(imported_ns - started_ns) / _NS_PER_MS,
        load=(loaded_ns - ready_ns) / _NS_PER_MS,
        first_inference=(answered_ns - loaded_ns) / _NS_PER_MS,
    )
    return Measured(
        backend_version=info.version,
        device=info.device,
        device_name=info.device_name,
        delegate=info.delegate,
        cold_start_ms=cold_start,
        peak_memory_bytes=peak_memory_bytes(),
        latency_ns=measurement.inner_ns,
        end_to_end_ns=measurement.samples_ns,
        elapsed_ns=measurement.elapsed_ns,
        invalid_reason=measurement.invalid_reason,
    )
