"""Feeds damaged models and pictures to the runtime, in a child process that is replaced when native code crashes it.

What a child does with a model is what ``edge-run --check`` does in its child: load it, classify one blank frame.
"""

from __future__ import annotations

import hashlib
import json
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mutations import mutated

SUFFIX = {"model": ".tflite", "image": ".img"}
KNOWN_CRASHES: Mapping[str, str] = json.loads(Path(__file__).with_name("known_crashes.json").read_text("utf-8"))
"""The sha256 of each file that may crash the child, with the reason why nothing of ours can prevent it."""


@dataclass
class Findings:
    """What came of the files.

    Attributes:
        outcomes: how many were "taken", "refused", or "crashed" or "hung" in the child.
        faults: what must not be: another error than ours, one that does not name the file, a file that hangs, a crash.
        known_crashes: the crashes that are listed, with their reasons.
        reasons: the refusals, without the file's name, most frequent first with their numbers.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    known_crashes: list[str] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)


def fuzz(
    kind: str,
    originals: Sequence[bytes],
    seed: int,
    numbers: range,
    seconds: float,
    keep: Path | None = None,
    known: Mapping[str, str] = KNOWN_CRASHES,
) -> Findings:
    """Tries the damaged files of these numbers, one after the other.

    Args:
        kind: "model" or "image".
        originals: what the damaged files are made of.
        seed: the same one gives the same files.
        numbers: which of them.
        seconds: how long each may take.
        keep: a folder for the files that crash the child and are not known to.
        known: the reasons for known crashes, by the file's sha256.
    """
    findings = Findings()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "damaged" + SUFFIX[kind])
        child = Child(kind, path)
        try:
            for number in numbers:
                path.write_bytes(mutated(originals, seed, number))
                answer = child.ask(seconds)
                if answer["outcome"] in ("crashed", "hung"):
                    child.stop()
                    child = Child(kind, path)
                if answer["outcome"] == "crashed":
                    _note_crash(findings, number, answer, path, keep, known)
                else:
                    _note(findings, number, answer, path)
        finally:
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

    def ask(self, seconds: float) -> dict[str, str]:
        """What it answers, or that it crashed or gave no answer in time."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        try:
            line = self._answers.get(timeout=seconds)
        except queue.Empty:
            return {"outcome": "hung"}
        return json.loads(line) if line else {"outcome": "crashed", "message": self._how_it_ended()}

    def stop(self) -> None:
        """Ends it."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()

    def _how_it_ended(self) -> str:
        code = self._process.wait()
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._answers.put(line)
        self._answers.put("")


def _note_crash(
    findings: Findings, number: int, answer: dict[str, str], path: Path, keep: Path | None, known: Mapping[str, str]
) -> None:
    findings.outcomes["crashed"] += 1
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest in known:
        findings.known_crashes.append(f"{number}: {known[digest]}")
        return
    findings.faults.append(f"{number}: crashed the child ({answer['message']}), sha256 {digest}")
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        (keep / f"{digest}{path.suffix}").write_bytes(path.read_bytes())


def _note(findings: Findings, number: int, answer: dict[str, str], path: Path) -> None:
    outcome = answer["outcome"]
    findings.outcomes[outcome] += 1
    if outcome in ("hung", "failed"):
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
