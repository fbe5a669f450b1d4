"""How old results of a live source are, and what is dropped, where inference is slower than the camera.

An MJPEG server in a process of its own gives 30 pictures a second over HTTP; a backend that takes 100 ms a frame and
computes nothing stands for a slow model. Captured, decoded and handed on as ``edge-run`` does.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.errors import BenchmarkError
from benchmarks.host import read_condition
from benchmarks.measure import synthetic_frame
from benchmarks.studies.limits import HeldFigure, check_limits, limit
from benchmarks.studies.record import write_record
from benchmarks.studies.third_party import LABELS, MODEL, add_data_dir, third_party_file
from edge_runtime import Classifier
from edge_runtime.backends import BACKENDS, NullBackend
from edge_runtime.console.child_process import child_command
from edge_runtime.console.command import UsageError, exit_with, make_parser, run_command
from edge_runtime.console.files import ensure_writable
from edge_runtime.contracts.codec import encode
from edge_runtime.contracts.results import Frame, FrameFailure, FrameResult
from edge_runtime.run import run_pipeline
from edge_runtime.sources import FrameCounts, LiveSource, open_source

SLOW_SECONDS = 0.1
_NS_PER_MS = 1e6


class SlowBackend(NullBackend):
    """Finds the first class after ``SLOW_SECONDS``."""

    def invoke(self) -> None:
        """Waits."""
        time.sleep(SLOW_SECONDS)


class AgeSink:
    """Keeps the age of each result, and ends the run when its time is over."""

    def __init__(self, seconds: float) -> None:
        self.ages_ns: list[int] = []
        self._end = time.monotonic() + seconds

    def write(self, result: FrameResult | FrameFailure, frame: Frame | None = None) -> None:  # noqa: ARG002
        """Takes one result.

        Raises:
            KeyboardInterrupt: the time is over: what ends a live run.
        """
        if isinstance(result, FrameResult):
            self.ages_ns.append(result.age_ns)
        if time.monotonic() > self._end:
            raise KeyboardInterrupt

    def close(self) -> None:
        """Holds nothing open."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the measurement; returns the exit code."""
    return run_command(_parser(), _run, arguments)


def serve() -> None:
    """What the camera's process runs: an MJPEG stream of the named rate, on a port that it prints, until stdin ends."""
    fps, picture = float(sys.argv[1]), _picture()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.end_headers()
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n".encode()
            due = time.monotonic()
            try:
                while True:
                    self.wfile.write(head + picture + b"\r\n")
                    due += 1 / fps
                    time.sleep(max(0.0, due - time.monotonic()))
            except OSError:
                pass  # the reader has gone

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()


def measure_ages(model: Path, labels: Path, fps: float, seconds: float) -> tuple[list[int], FrameCounts]:
    """The ages of all results in nanoseconds, and what became of the frames."""
    if not BACKENDS.knows("slow"):
        BACKENDS.register("slow", f"{__name__}:SlowBackend")
    camera = child_command("benchmarks.studies.live_age:serve", str(fps))
    # Its end closes the camera's stdin, and waits.
    with subprocess.Popen(camera, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        source = open_source(f"http://127.0.0.1:{int(process.stdout.readline())}/")
        sink = AgeSink(seconds)
        assert isinstance(source, LiveSource)
        with suppress(KeyboardInterrupt), Classifier(model, backend="slow", labels=labels) as classifier:
            run_pipeline(source, [classifier], [sink])
    if not sink.ages_ns:
        raise BenchmarkError("no frame arrived")
    return sink.ages_ns, source.counts


def _picture() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(synthetic_frame()).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def _parser() -> argparse.ArgumentParser:
    parser = make_parser(
        "python -m benchmarks.studies.live_age",
        "Measures the age of results and the share of dropped frames: a camera of 30 frames/s, a model of 10.",
        "python -m benchmarks.studies.live_age --seconds 60 --at-most-ms 150 --out live_age.json",
    )
    parser.add_argument("--fps", type=limit, default=30.0, metavar="F", help="of the camera (default: 30)")
    parser.add_argument("--seconds", type=limit, default=60.0, metavar="S", help="default: 60")
    parser.add_argument("--out", type=Path, metavar="FILE", help="keep all ages and the host in this JSON file")
    parser.add_argument("--at-most-ms", type=limit, metavar="N", help="exit with 1 where a result was older")
    add_data_dir(parser)
    return parser


def _run(options: argparse.Namespace) -> int:
    if options.fps * SLOW_SECONDS < 1:
        raise UsageError(f"--fps {options.fps:g}: the camera must be quicker than the model, {1 / SLOW_SECONDS:g}")
    if options.out is not None:
        ensure_writable(options.out)
    before = read_condition()
    model, labels = (third_party_file(options.data_dir, name) for name in (MODEL, LABELS))
    ages_ns, counts = measure_ages(model, labels, options.fps, options.seconds)
    median, p99, oldest = (float(value) / _NS_PER_MS for value in np.percentile(ages_ns, [50, 99, 100]))
    dropped = counts.dropped / counts.produced
    print(
        f"{options.seconds:g} s at {options.fps:g} frames/s, {1 / SLOW_SECONDS:g} inferences/s: age of results "
        f"p50 {median:.0f}, p99 {p99:.0f}, oldest {oldest:.0f} ms; {counts.describe()} ({dropped:.1%} dropped)"
    )
    if options.out is not None:
        content = {
            "fps": options.fps,
            "seconds": options.seconds,
            "slow_seconds": SLOW_SECONDS,
            "counts": encode(counts),
            "ages_ns": ages_ns,
        }
        write_record(options.out, before, content)
    check_limits(HeldFigure("ms is the oldest result", oldest, "--at-most-ms", options.at_most_ms))
    return 0


if __name__ == "__main__":
    exit_with(main())
