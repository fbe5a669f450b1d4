"""The child process of one contestant: loads it, then times as many calls as each line of stdin asks for."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from time import perf_counter_ns

from benchmarks.studies.peers.contestants import CONTESTANTS

_WARM_UP = 20


def main() -> int:
    """Takes name, model, labels, frame and threads; prints a line of JSON when ready, and one for each request."""
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)  # what libraries print must not get between the answers
        name, model, labels, frame, threads = sys.argv[1:]
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-int(threads) :])  # some have no option for threads
        call, version = CONTESTANTS[name](Path(model), Path(labels), Path(frame), int(threads))
        for _ in range(_WARM_UP):
            answer = call()
        print(json.dumps({"version": version, "answer": answer}), file=answers, flush=True)
        for line in sys.stdin:
            samples = []
            for _ in range(int(line)):
                start = perf_counter_ns()
                call()
                samples.append(perf_counter_ns() - start)
            print(json.dumps(samples), file=answers, flush=True)
    return 0
