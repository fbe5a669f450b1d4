"""Starts, stops and replaces an RTSP server that stands for a camera on the network."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from needs import INSTALL, missing
from programs import program

_NEEDED = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import Gst; Gst.init(None); "
_NEEDED += "assert all(Gst.ElementFactory.find(name) for name in ('x264enc', 'rtph264pay', 'videotestsrc'))"
_SERVER = Path(__file__).with_name("rtsp_server.py")


def python_with_gstreamer() -> str:
    """Debian's Python: python3-gi is not to be had from the package registry."""
    python = program("/usr/bin/python3")
    done = subprocess.run([python, "-c", _NEEDED], capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        missing("rtsp-server", f"GStreamer's RTSP server does not run here: {said}; {INSTALL}")
    return python


class RtspCamera:
    """One server at a time, always on the same port."""

    def __init__(self) -> None:
        self.port = 0
        self._python = python_with_gstreamer()
        self._process: subprocess.Popen[str] | None = None

    @property
    def address(self) -> str:
        """Where it serves."""
        return f"rtsp://127.0.0.1:{self.port}/camera"

    def start(self, size: str, color: str = "red") -> None:
        """Starts a server; returns when it listens."""
        command = [self._python, str(_SERVER), str(self.port), size, color]
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
