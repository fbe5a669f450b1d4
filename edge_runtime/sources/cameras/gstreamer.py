"""A GStreamer pipeline, read with an OpenCV that was built with GStreamer: Debian's is, the wheels are not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from edge_runtime.errors import SourceError
from edge_runtime.sources.cameras.opencv import OpenCVConnection

_AS_BGR = "videoconvert ! video/x-raw,format=BGR !"  # the layout that OpenCV hands on without asking
_SINK = "appsink drop=true max-buffers=1 sync=false"


class GStreamerConnection(OpenCVConnection):
    """Reads ``gstreamer:PIPELINE``; where the pipeline names no ``appsink``, one that keeps the newest is added."""

    def __init__(self, address: str, options: Mapping[str, Any]) -> None:
        super().__init__(address, options)
        pipeline = address.removeprefix("gstreamer:").strip()
        if not pipeline:
            raise SourceError(f"{address}: expected gstreamer:PIPELINE, for example 'gstreamer:libcamerasrc'")
        if not self._cv2.videoio_registry.hasBackend(self._cv2.CAP_GSTREAMER):
            raise SourceError(
                f"{self._name}: OpenCV {self._cv2.__version__} is built without GStreamer; Debian's is built with it: "
                "sudo apt install python3-opencv, in an environment made with: python3 -m venv --system-site-packages, "
                "from which pip uninstall opencv-python-headless"
            )
        self._pipeline = self._with_appsink(pipeline)

    def _with_appsink(self, pipeline: str) -> str:
        """The pipeline with its own appsink or ours, which gets BGR whatever stands before it."""
        if not re.search(r"\bappsink\b", pipeline):
            return f"{pipeline} ! {_AS_BGR} {_SINK}"
        if len(re.findall(r"\bappsink\b", pipeline)) != 1 or not re.search(r"!\s*appsink\b", pipeline):
            raise SourceError(f"{self._name}: expected one appsink, written as '! appsink' behind what it shows")
        return re.sub(r"!\s*appsink\b", f"! {_AS_BGR} appsink", pipeline)

    def _make_capture(self) -> Any:
        return self._cv2.VideoCapture(self._pipeline, self._cv2.CAP_GSTREAMER)

    def _advice(self) -> str:
        return f"does this show a picture? gst-launch-1.0 {self._name.removeprefix('gstreamer:')} ! autovideosink"
