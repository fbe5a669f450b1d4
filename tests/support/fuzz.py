"""Feeds thousands of damaged .tflite files and pictures to the runtime; the same ones for the same seed.

    python tests/support/fuzz.py --count 5000 --seed 0 [--model FILE]

Each is tried in a child process, as ``edge-run --check`` does. Prints what came of them; exit code 1 where one hung,
ended in an error that is none of ours or does not name the file, or crashed the child. Crashes that known_crashes.json
lists by the file's sha256, with the reason, are only counted; a new one's file is kept in build/crashes.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from corpus import model_originals, picture_originals
from fuzzing import fuzz

CRASHES = Path(__file__).resolve().parents[2] / "build" / "crashes"
SECONDS = 20.0


def main() -> int:
    """Runs it; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=5000, help="files of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model", type=Path, action="append", default=[], help="a further file to damage")
    options = parser.parse_args()
    models = [*model_originals(), *(path.read_bytes() for path in options.model)]
    faults = 0
    for kind, originals in (("model", models), ("image", picture_originals())):
        start = time.monotonic()
        found = fuzz(kind, originals, options.seed, range(options.count), SECONDS, CRASHES)
        outcomes = ", ".join(f"{count} {outcome}" for outcome, count in found.outcomes.most_common())
        print(
            f"{options.count} damaged files ({kind}), seed {options.seed}: {outcomes}; {time.monotonic() - start:.0f} s"
        )
        for reason, count in found.reasons.most_common(8):
            print(f"  {count:5} {reason[:150]}")
        for crash in found.known_crashes:
            print(f"  known crash: {crash}")
        for fault in found.faults:
            print(f"FAULT: {fault}")
        faults += len(found.faults)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
