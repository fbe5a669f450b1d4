"""Starts, stops and replaces an RTSP server that stands for a camera on the network."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

PYTHON = "/usr/bin/python3"  # Debian's: python3-gi is not to be had from the package registry
_NEEDED = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import Gst; Gst.init(None); "
_NEEDED += "assert all(Gst.ElementFactory.find(name) for name in ('x264enc', 'rtph264pay', 'videotestsrc'))"
_SERVER = Path(__file__).with_name("rtsp_server.py")


def why_not() -> str | None:
    """What is missing to run the server here; None where nothing is."""
    try:
        done = subprocess.run([PYTHON, "-c", _NEEDED], capture_output=True, text=True)
    except OSError as error:
        return f"{PYTHON}: {error.strerror}"
    return f"GStreamer's RTSP server is not installed: {done.stderr.strip()[-200:]}" if done.returncode else None


class RtspCamera:
    """One server at a time, always on the same port."""

    def __init__(self) -> None:
        self.port = 0
        self._process: subprocess.Popen[str] | None = None

    @property
    def address(self) -> str:
        """Where it serves."""
        return f"rtsp://127.0.0.1:{self.port}/camera"

    def start(self, size: str, color: str = "red") -> None:
        """Starts a server; returns when it listens."""
        command = [PYTHON, str(_SERVER), str(self.port), size, color]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def hang(self) -> None:
        """Stops the server where it is; its connections stay open and silent."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)

    def kill(self) -> None:
        """Ends the server at once, also one that hangs."""
        if self._process is not None:
            assert self._process.stdout is not None
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()
            self._process = None

    def __enter__(self) -> RtspCamera:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
