"""Takes an RTSP camera away from a running edge-run, again and again: killed, hung, and back with another frame size.

    python tests/support/soak_rtsp.py --rounds 5 MODEL [edge-run options]

Prints a line a round: seconds from the server being back to the next result, and what they may be at most (the pause
that edge-run announced last, plus 2 s); then threads, open files and memory at the start and at the end. Exit code 1
where a round took longer, or something grew.
"""

from __future__ import annotations

import argparse
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from rtsp_camera import RtspCamera

from edge_runtime.console.child_process import console_script

SIZES = ("640x480", "320x240", "1280x720")
GONE_SECONDS = {"killed": 2.0, "hung": 7.0}
ALLOWED_SECONDS = 2.0
MEMORY_GROWTH_MB = 5.0
SETTLE_SECONDS = 40.0


class Run:
    """edge-run as a child, watched from outside."""

    def __init__(self, model: str, address: str, extra: list[str]) -> None:
        command = [*console_script("edge-run"), model, address, "--log-level", "debug", *extra]  # says each pause
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.results = 0
        self.last_result = 0.0
        self.last_pause = 0.0
        self.summary = ""
        for target in (self._read_results, self._read_errors):
            threading.Thread(target=target, daemon=True).start()

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def _read_results(self) -> None:
        assert self.process.stdout is not None
        for _ in self.process.stdout:
            self.last_result = time.monotonic()
            self.results += 1

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.summary = line.strip()
            if found := re.search(r"connecting again in ([\d.]+) s", line):
                self.last_pause = float(found[1])

    def wait_for_result_after(self, moment: float) -> float:
        """Seconds from ``moment`` to the first result after it."""
        before = self.results
        while self.results == before or self.last_result < moment:
            if self.process.poll() is not None:
                sys.exit(f"edge-run ended: {self.summary}")
            time.sleep(0.005)
        return time.monotonic() - moment

    def held(self) -> tuple[int, int, float]:
        """Threads, open files, and resident memory in MB."""
        folder = Path("/proc", str(self.process.pid))
        (pages,) = re.findall(r"VmRSS:\s+(\d+) kB", (folder / "status").read_text())
        return len(list((folder / "task").iterdir())), len(list((folder / "fd").iterdir())), int(pages) / 1000


def main() -> int:
    """Runs the rounds; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("model")
    options, extra = parser.parse_known_args()
    failures: list[str] = []
    with RtspCamera() as camera:
        camera.start(SIZES[0])
        with Run(options.model, camera.address, extra) as run:
            run.wait_for_result_after(time.monotonic())
            for size in SIZES:  # every size once first: the largest frames decide how much memory there is
                take_away(camera, run, "killed", size)
            start = run.held()
            for number in range(options.rounds):
                for way in ("killed", "hung"):
                    took = take_away(camera, run, way, SIZES[number % len(SIZES)])
                    allowed = run.last_pause + ALLOWED_SECONDS
                    print(f"round {number + 1}, {way}: results after {took:.2f} s, at most {allowed:.2f} s", flush=True)
                    if took > allowed:
                        failures.append(f"round {number + 1}, {way}: {took:.2f} s is above {allowed:.2f} s")
            failures += what_grew(start, settle(run, start))
            run.process.send_signal(signal.SIGTERM)
            run.process.wait()
            time.sleep(0.5)
            print(run.summary)
    for failure in failures:
        print(f"FAILED: {failure}")
    return 1 if failures else 0


def take_away(camera: RtspCamera, run: Run, way: str, size: str) -> float:
    """Takes the camera away, puts one with another frame size there; seconds until results come again."""
    if way == "hung":
        camera.hang()
    else:
        camera.kill()
    time.sleep(GONE_SECONDS[way])
    camera.kill()
    camera.start(size)
    took = run.wait_for_result_after(time.monotonic())
    time.sleep(1)
    return took


def settle(run: Run, start: tuple[int, int, float]) -> tuple[int, int, float]:
    """What is held once threads that were left behind have ended, as far as they do."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while run.held()[:2] > start[:2] and time.monotonic() < deadline:
        time.sleep(0.5)
    return run.held()


def what_grew(start: tuple[int, int, float], end: tuple[int, int, float]) -> list[str]:
    """One line a thing that is more than it was."""
    print(f"threads {start[0]} then {end[0]}, open files {start[1]} then {end[1]}, MB {start[2]:.1f} then {end[2]:.1f}")
    grew = [
        f"{name} grew from {before} to {after}"
        for name, before, after in zip(("threads", "open files"), start, end, strict=False)
        if after > before
    ]
    if end[2] > start[2] + MEMORY_GROWTH_MB:
        grew.append(f"memory grew from {start[2]:.1f} to {end[2]:.1f} MB")
    return grew


if __name__ == "__main__":
    try:
        sys.exit(main())
    except pytest.skip.Exception as reason:
        sys.exit(f"this machine lacks what it takes: {reason}")
