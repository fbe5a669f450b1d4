"""Feeds thousands of damaged .tflite files and pictures to the runtime; the same ones for the same seed.

    python tools/fuzz.py --count 5000 --seed 0 [--model FILE]

Each is tried in a child process, as ``edge-run --check`` does. Prints what came of them; exit code 1 where one hung,
or ended in an error that is none of ours or does not name the file.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from corpus import model_originals, picture_originals  # noqa: E402 - from the path above
from fuzzing import fuzz  # noqa: E402 - from the path above

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
        found = fuzz(kind, originals, options.seed, range(options.count), SECONDS)
        outcomes = ", ".join(f"{count} {outcome}" for outcome, count in found.outcomes.most_common())
        print(
            f"{options.count} damaged files ({kind}), seed {options.seed}: {outcomes}; {time.monotonic() - start:.0f} s"
        )
        for reason, count in found.reasons.most_common(8):
            print(f"  {count:5} {reason[:150]}")
        if found.crashes:
            print(f"  numbers that crashed a child: {found.crashes[:20]}")
        for fault in found.faults:
            print(f"FAULT: {fault}")
        faults += len(found.faults)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
