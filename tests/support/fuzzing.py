"""Feeds damaged models and pictures to the runtime, in a child process that is replaced when native code crashes it.

What a child does with a model is what ``edge-run --check`` does in its child: load it, classify one blank frame.
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mutations import mutated

SUFFIX = {"model": ".tflite", "image": ".img"}


@dataclass
class Findings:
    """What came of the files.

    Attributes:
        outcomes: how many were "taken", "refused", or "crashed" or "hung" in the child.
        faults: what must not be: another error than ours, one that does not name the file, a file that hangs.
        crashes: the numbers of the files that crashed the child.
        reasons: the refusals, without the file's name, most frequent first with their numbers.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    crashes: list[int] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)


def fuzz(kind: str, originals: Sequence[bytes], seed: int, numbers: range, seconds: float) -> Findings:
    """Tries the damaged files of these numbers, one after the other, each for at most ``seconds``."""
    findings = Findings()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "damaged" + SUFFIX[kind])
        child = Child(kind, path)
        for number in numbers:
            path.write_bytes(mutated(originals, seed, number))
            answer = child.ask(seconds)
            if answer is None or answer["outcome"] == "hung":
                child.stop()
                child = Child(kind, path)
            _note(findings, number, answer, path)
        child.stop()
    return findings


class Child:
    """A process that tries the file as often as it is asked to."""

    def __init__(self, kind: str, path: Path) -> None:
        command = [sys.executable, __file__, kind, str(path)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._answers: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def ask(self, seconds: float) -> dict[str, str] | None:
        """What it answers; None where it crashed or gave no answer in time."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        try:
            line = self._answers.get(timeout=seconds)
        except queue.Empty:
            return {"outcome": "hung"}
        return json.loads(line) if line else None

    def stop(self) -> None:
        """Ends it."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._answers.put(line)
        self._answers.put("")


def _note(findings: Findings, number: int, answer: dict[str, str] | None, path: Path) -> None:
    outcome = "crashed" if answer is None else answer["outcome"]
    findings.outcomes[outcome] += 1
    if answer is None:
        findings.crashes.append(number)
    elif outcome in ("hung", "failed"):
        findings.faults.append(f"{number}: {outcome}: {answer.get('message', '')}")
    elif outcome == "refused":
        if str(path) not in answer["message"] or "\n" in answer["message"]:
            findings.faults.append(f"{number}: does not name the file in one line: {answer['message']}")
        findings.reasons[answer["message"].replace(str(path), "FILE")] += 1


def _try(kind: str, path: Path) -> dict[str, str]:
    import numpy as np

    from edge_runtime import Classifier, EdgeDeployError, read_image

    try:
        if kind == "image":
            read_image(path)
        else:
            with Classifier(path, backend="litert", normalization="0..1") as classifier:
                classifier.classify(np.zeros((64, 64, 3), np.uint8))
    except EdgeDeployError as error:
        return {"outcome": "refused", "message": str(error)}
    except MemoryError:
        return {"outcome": "refused", "message": f"{path}: not enough memory"}
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        return {"outcome": "failed", "message": f"{type(error).__name__}: {error}"}
    return {"outcome": "taken"}


def main(kind: str, path: str) -> None:
    """The child: tries the file at each line on stdin."""
    import logging
    import resource
    import warnings

    logging.disable(logging.CRITICAL)
    warnings.filterwarnings("ignore", module=r"PIL\.")  # as edge-run does
    resource.setrlimit(resource.RLIMIT_DATA, (4 << 30, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for _ in sys.stdin:
        print(json.dumps(_try(kind, Path(path))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
