"""Which operators XNNPACK takes: asked of the interpreter itself, in a child process, since a file may crash it."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

from converter.inspect.inspection import DelegateCoverage
from edge_runtime.console.child_process import child_command

SECONDS = 60.0
_NAME = "xnnpack"


def find_coverage(path: Path) -> DelegateCoverage:
    """Loads ``path`` in ai-edge-litert and says which operators of its first graph XNNPACK took; never raises."""
    command = child_command("converter.inspect.delegates_child:main", str(path))
    try:
        done = subprocess.run(  # noqa: S603 - our own Python with our own code
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return DelegateCoverage(_NAME, "", None, f"the interpreter gave no answer within {SECONDS:g} s")
    if done.returncode < 0:
        name = signal.strsignal(-done.returncode)
        return DelegateCoverage(_NAME, "", None, f"this file crashes the interpreter ({name})")
    said = done.stdout.decode("utf-8", "replace").splitlines()
    if done.returncode or not said:
        reason = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        return DelegateCoverage(_NAME, "", None, f"the interpreter could not be asked: {' '.join(reason)}")
    answer = json.loads(said[-1])
    covered = answer["covered"]
    return DelegateCoverage(
        _NAME,
        answer["interpreter"],
        None if covered is None else tuple(covered),
        answer["problem"],
        answer["parts"],
    )
