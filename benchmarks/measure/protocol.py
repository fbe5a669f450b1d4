"""What ``edge-bench run`` and its child process say to one another: one JSON object each way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from benchmarks.settings import HarnessSettings, Scenario
from edge_runtime.contracts.codec import decode, encode, parse_json
from edge_runtime.contracts.errors import ContractError
from edge_runtime.model import UserSays

Device = Literal["cpu", "gpu"]


@dataclass(frozen=True, slots=True)
class WorkRequest:
    """One row to measure.

    Attributes:
        model: the path of the file.
        examine: also compare answers with the reference's and take the time of each part.
        scores_file: the reference's scores, .npy; the worker compares with them, or, asked to ``score``, writes them.
        images: the files on which answers are compared; none stands for synthetic frames.
        spawned_ns: ``perf_counter_ns()`` just before the child was started. On Linux it is the same clock
            (CLOCK_MONOTONIC) in every process.
    """

    model: str
    backend: str
    threads: int
    spawned_ns: int = 0
    batch: int = 1
    scenario: Scenario = "single-stream"
    fps: float = 30.0
    job: Literal["measure", "score"] = "measure"
    examine: bool = False
    scores_file: str | None = None
    images: tuple[str, ...] = ()
    options: UserSays = field(default_factory=UserSays)
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
class Agreement:
    """How a row's probabilities compare with the reference's, image by image.

    Attributes:
        max_difference, mean_difference: of a probability, over all classes and images.
        same_top1: the share of images with the same best class.
    """

    images: int
    max_difference: float
    mean_difference: float
    same_top1: float


@dataclass(frozen=True, slots=True)
class Measured:
    """What the child measured; the samples are in the order they were taken.

    Attributes:
        memory_bytes: the resident set after each phase: imported, loaded, first_inference; and the largest: peak.
        age_ns: of each result in the camera scenario, from its frame's arrival.
        arrived, dropped: frames, in the camera scenario.
        cpu_share: of the measured time, how much this process's main thread was given a core; None for a GPU.
        energy_j: of the processor during the measured calls; None where the machine does not tell.
        parts_ns: the median of each part of a call; empty unless asked for.
        fault: why there are no figures; None where there are.
        guesses: what was guessed about the model, each as the option that overrules it.
    """

    backend_version: str
    device: Device
    device_name: str | None
    delegate: str
    cold_start_ms: ColdStart
    memory_bytes: Mapping[str, int]
    latency_ns: tuple[int, ...]
    end_to_end_ns: tuple[int, ...]
    elapsed_ns: int
    age_ns: tuple[int, ...] = ()
    arrived: int = 0
    dropped: int = 0
    cpu_share: float | None = None
    energy_j: float | None = None
    parts_ns: Mapping[str, float] = field(default_factory=dict)
    agreement: Agreement | None = None
    fault: str | None = None
    guesses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkAnswer:
    """What was measured, that scores were written, or the one line that says why neither.

    Raises:
        ContractError: not exactly one of them is given.
    """

    measured: Measured | None = None
    error: str | None = None
    scored: bool = False

    def __post_init__(self) -> None:
        if (self.measured is not None) + (self.error is not None) + self.scored != 1:
            raise ContractError("an answer is one of measured, scored and error")


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
