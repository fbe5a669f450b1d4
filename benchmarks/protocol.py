"""What ``edge-bench run`` and its child process say to one another: one JSON object each way."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal

from benchmarks.settings import HarnessSettings, ModelOptions
from edge_runtime.contracts.codec import decode, encode, parse_json
from edge_runtime.contracts.errors import ContractError

Device = Literal["cpu", "gpu"]


@dataclass(frozen=True, slots=True)
class WorkRequest:
    """One row to measure.

    Attributes:
        model: the path of the file.
        spawned_ns: ``perf_counter_ns()`` just before the child was started. On Linux it is the same clock
            (CLOCK_MONOTONIC) in every process.
    """

    model: str
    backend: str
    threads: int
    spawned_ns: int
    options: ModelOptions = field(default_factory=ModelOptions)
    harness: HarnessSettings = field(default_factory=HarnessSettings)


@dataclass(frozen=True, slots=True)
class ColdStart:
    """From process start to first result, in milliseconds.

    Attributes:
        interpreter_start: until the first line of ours runs.
        imports: of the runtime.
        load: of the interpreter library and the model.
        first_inference: one ``Classifier.classify``.
        total: the sum of these.
    """

    interpreter_start: float
    imports: float
    load: float
    first_inference: float
    total: float

    @classmethod
    def from_parts(cls, interpreter_start: float, imports: float, load: float, first_inference: float) -> ColdStart:
        """A cold start whose total is the sum of its parts."""
        total = interpreter_start + imports + load + first_inference
        return cls(interpreter_start, imports, load, first_inference, total)


@dataclass(frozen=True, slots=True)
class Measured:
    """What the child measured; the samples are in the order they were taken."""

    backend_version: str
    device: Device
    device_name: str | None
    delegate: str
    cold_start_ms: ColdStart
    peak_memory_bytes: int | None
    latency_ns: tuple[int, ...]
    end_to_end_ns: tuple[int, ...]
    elapsed_ns: int
    invalid_reason: str | None


@dataclass(frozen=True, slots=True)
class WorkAnswer:
    """Either what was measured, or the one line that says why not.

    Raises:
        ContractError: both or neither are given.
    """

    measured: Measured | None = None
    error: str | None = None

    def __post_init__(self) -> None:
        if (self.measured is None) == (self.error is None):
            raise ContractError("an answer is either measured or error")


def to_line(message: WorkRequest | WorkAnswer) -> str:
    """The message as one line of JSON."""
    return json.dumps(encode(message), allow_nan=False)


def read_request(line: str) -> WorkRequest:
    """Reads what the parent sent.

    Raises:
        ContractError: it is no request.
    """
    return decode(WorkRequest, _parse(line), "request")


def read_answer(line: str) -> WorkAnswer:
    """Reads what the child sent.

    Raises:
        ContractError: it is no answer.
    """
    return decode(WorkAnswer, _parse(line), "answer")


def _parse(line: str) -> Any:
    return parse_json(line, "message")
