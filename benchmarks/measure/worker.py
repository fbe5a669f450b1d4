"""The child process of ``edge-bench run``: measures one model on one backend, from its own start.

It takes a WorkRequest on stdin and prints a WorkAnswer on stdout. Nothing heavy is imported before the first reading
of the clock.
"""

from __future__ import annotations

import os
import sys
from time import perf_counter_ns


def main() -> int:
    """Answers the request on stdin; the exit code is 0 also where the answer is an error."""
    started_ns = perf_counter_ns()
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)  # what native libraries print must not get between the answers
        # The name, not the package alone: the package imports nothing before a name is asked for.
        from edge_runtime import Classifier  # noqa: F401 - what it costs is part of the cold start

        imported_ns = perf_counter_ns()
        from benchmarks.measure.work import answer

        print(answer(sys.stdin.readline(), started_ns, imported_ns), file=answers)
    return 0
