"""Tries a package in a child process: what it says, or how it died."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edge_runtime.console.child_process import child_command
from edge_runtime.console.command import logger


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of trying one package.

    Attributes:
        facts: what the probe learned; None where it failed.
        error: why it failed, one line; empty where it did not.
        lacks: the module whose absence made it fail, if that was the reason.
    """

    facts: Mapping[str, Any] | None
    error: str = ""
    lacks: str | None = None

    @property
    def works(self) -> bool:
        """Whether the package can be used."""
        return self.facts is not None

    def misses(self, module: str) -> bool:
        """Whether it failed for nothing but that ``module`` is not installed."""
        return self.lacks == module


def attempt(probe: str, seconds: float) -> Attempt:
    """Runs a probe of ``probes.PROBES`` in a child process for at most ``seconds``; never raises for its failure."""
    command = child_command("edge_runtime.doctor.probes:main", probe)
    try:
        done = subprocess.run(  # noqa: S603 - our own Python with our own code
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return Attempt(None, f"gave no answer within {seconds:g} s")
    said = done.stderr.decode("utf-8", "replace").strip()
    logger.debug("%s: %s", probe, said or "nothing on stderr")
    if done.returncode or not done.stdout:
        return Attempt(None, _how_it_died(done.returncode, said))
    report = json.loads(done.stdout)
    if "facts" in report:
        return Attempt(report["facts"])
    return Attempt(None, " ".join(report["error"].split()), report["lacks"])


def _how_it_died(code: int, said: str) -> str:
    if code < 0:
        return f"crashed with signal {-code} ({signal.strsignal(-code)})"
    last_line = said.splitlines()[-1] if said else "without a word"
    return f"ended with exit code {code}: {last_line}"
