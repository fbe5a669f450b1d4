"""Runs contestants side by side: each in its own process, blocks of calls in turn, in random order."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.errors import BenchmarkError
from benchmarks.measure import last_line
from benchmarks.studies.interleaved import RatioOfMedians, ratio_of_medians
from benchmarks.studies.peers.contestants import BASES
from edge_runtime.console.child_process import child_command

Starts = list[NDArray[np.int64]]
"""The nanoseconds of each call, an array a start of the process."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What all contestants do: the same model, labels, frame file and number of threads (and so of cores)."""

    model: Path
    labels: Path
    frame: Path
    threads: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What came out for one contestant.

    Attributes:
        base: what it is compared with; itself for a base.
        ratio: its time against the base's; above 1 it is slower. None where it could not be measured.
        note: why not, or what is wrong with its answer; empty where nothing is.
    """

    name: str
    version: str
    base: str
    ratio: RatioOfMedians | None
    note: str


class Contestant:
    """The child process of one contestant."""

    def __init__(self, name: str, python: str, setting: Setting) -> None:
        """Starts it and waits until it is ready.

        Raises:
            BenchmarkError: it cannot run this model here.
        """
        self.name = name
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the process
        arguments = [name, str(setting.model), str(setting.labels), str(setting.frame), str(setting.threads)]
        self._process = subprocess.Popen(
            child_command(
                "benchmarks.studies.peers.serve:main", *arguments, python=None if python == sys.executable else python
            ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        ready = self._answer()
        self.version, self.answer = str(ready["version"]), int(ready["answer"])

    def time(self, calls: int) -> NDArray[np.int64]:
        """The nanoseconds of each of so many calls."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{calls}\n")
        self._process.stdin.flush()
        return np.array(self._answer(), np.int64)

    def close(self) -> None:
        """Ends the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()
        self._errors.close()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.wait(60)
            self._errors.seek(0)
            reason = last_line(self._errors.read())
            self.close()
            raise BenchmarkError(f"{self.name}: {reason}")
        return json.loads(line)


def hold(
    pythons: Mapping[str, str], setting: Setting, loads: int, blocks: int, calls: int, generator: np.random.Generator
) -> tuple[list[Standing], dict[str, Starts]]:
    """Has all contestants classify the same frame, and compares each with its base.

    Args:
        pythons: contestant to the Python that runs it; the bases must be among them.
        setting: what they all do.
        loads: how often all are started anew: it matters where memory happens to lie.
        blocks: how many blocks of calls each makes after each start, all in turn.
        calls: of a block.
        generator: draws the order within each turn.

    Returns:
        The standings, and all samples: contestant to its starts.
    """
    samples: dict[str, Starts] = {name: [] for name in pythons}
    versions: dict[str, str] = {}
    answers: dict[str, int] = {}
    faults: dict[str, str] = {}
    for _ in range(loads):
        running = []
        for name, python in pythons.items():
            if name in faults:
                continue
            try:
                running.append(Contestant(name, python, setting))
            except BenchmarkError as error:
                faults[name] = str(error).removeprefix(f"{name}: ")
        versions.update({one.name: one.version for one in running})
        answers.update({one.name: one.answer for one in running})
        taken: dict[str, list[NDArray[np.int64]]] = {one.name: [] for one in running}
        for _ in range(blocks):
            for index in generator.permutation(len(running)):
                taken[running[index].name].append(running[index].time(calls))
        for one in running:
            samples[one.name].append(np.concatenate(taken[one.name]))
            one.close()
    standings = [_standing(name, versions, answers, faults, samples) for name in pythons]
    return standings, samples


def _standing(
    name: str,
    versions: Mapping[str, str],
    answers: Mapping[str, int],
    faults: Mapping[str, str],
    samples: Mapping[str, Starts],
) -> Standing:
    base = BASES.get(name, name if name in BASES.values() else "ours")
    if name in faults or base in faults:
        return Standing(name, versions.get(name, ""), base, None, f"did not run: {faults.get(name, faults.get(base))}")
    note = "" if answers[name] == answers[base] else f"wrong answer: class {answers[name]}, not {answers[base]}"
    pairs: Sequence[NDArray[np.int64]] = [np.stack(pair) for pair in zip(samples[base], samples[name], strict=True)]
    return Standing(name, versions[name], base, ratio_of_medians(pairs), note)
