"""Imports OpenCV for the sources that need it, with its own messages off: ours say what is wrong."""

from __future__ import annotations

import os
from typing import Any

from edge_runtime.console.distribution import install_command
from edge_runtime.errors import SourceError

_FFMPEG_QUIET = "-8"  # AV_LOG_QUIET
_LOG_LEVEL_SILENT = 0
_V4L_SECONDS = "1"  # instead of 10: a camera that gives no frame keeps its thread no longer


def load_opencv(name: str) -> Any:
    """Returns the module ``cv2``.

    Args:
        name: of the source, for the error.

    Raises:
        SourceError: OpenCV is not installed.
    """
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", _FFMPEG_QUIET)
    os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", _V4L_SECONDS)
    try:
        import cv2
    except ImportError as error:
        raise SourceError(
            f"{name}: needs OpenCV, which cannot be imported ({error}); run: {install_command('camera')}"
        ) from error
    if hasattr(cv2, "setLogLevel"):
        cv2.setLogLevel(_LOG_LEVEL_SILENT)  # OpenCV 4, Debian's 4.6 included
    else:
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    return cv2
