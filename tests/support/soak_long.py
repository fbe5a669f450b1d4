"""Runs edge-run for 200,000 frames with a JSONL file, MQTT and preview; checks that every one is accounted for.

    python tests/support/soak_long.py --frames 200000

The broker (mosquitto) is restarted twice, the consumer of events goes away for a while, a viewer looks on. Exit code 1
where the books do not balance, an event did not arrive, or memory grew by 5 MB or more after the first 10,000.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import pytest
from soak import soak

MEMORY_GROWTH_MB = 5.0


def main() -> int:
    """Runs it; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=200_000)
    parser.add_argument("--rate", type=int, default=2000, help="frames a second at the most")
    parser.add_argument("--away", type=float, default=3.0, help="seconds without broker, or consumer")
    options = parser.parse_args()
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        books = soak(Path(folder), options.frames, options.rate, options.away)
    growth = max(books.memory_mb) - books.memory_mb[0] if books.memory_mb else 0.0
    print(
        f"{books.produced} produced = {books.delivered} delivered + {books.dropped} dropped + {books.failed} failed; "
        f"{len(books.events)} events, {len(books.events & books.received)} arrived; {books.pictures} pictures seen; "
        f"memory grew by {growth:.1f} MB from {books.memory_mb[0] if books.memory_mb else 0:.1f} MB; "
        f"{time.monotonic() - start:.0f} s"
    )
    faults = books.faults(options.frames)
    if growth >= MEMORY_GROWTH_MB:
        faults.append(f"memory grew by {growth:.1f} MB")
    for fault in faults:
        print(f"FAULT: {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except pytest.skip.Exception as reason:
        sys.exit(f"this machine lacks what it takes: {reason}")
