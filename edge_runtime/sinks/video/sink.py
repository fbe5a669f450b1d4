"""A video of the frames with what was found in them drawn on top, written with OpenCV."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from edge_runtime.console.command import logger
from edge_runtime.contracts.results import Frame, FrameFailure, FrameResult
from edge_runtime.errors import SinkError, SourceError
from edge_runtime.opencv_library import load_opencv
from edge_runtime.sinks.base import RunInfo
from edge_runtime.sinks.video.drawing import annotated

CODECS = {".avi": "MJPG", ".mp4": "mp4v"}
VIDEO_FORM = "video:FILE.avi or video:FILE.mp4; %Y%m%d-%H%M%S in it become the time"
LIVE_RATE = 10.0
LONGEST_REPEAT_SECONDS = 10
_ENOUGH_DISK = 4 << 20
_FRAMES_BETWEEN_LOOKS = 25
_NS_PER_S = 1_000_000_000


class VideoSink:
    """Writes every frame of a file or folder once; of a live source as many copies as keep its time.

    All frames have the size of the first; others are resized to it. A live source's file never ends a run: a service
    that starts again goes on in a file with another name, and so does one whose disk was full for a while.
    """

    def __init__(self, target: str, run: RunInfo | None = None) -> None:
        """Checks the name; the file is begun with the first frame.

        Raises:
            SinkError: it is there already or has another ending, or OpenCV is not installed.
        """
        self._run = run or RunInfo()
        self._target = target
        self._path = Path(time.strftime(target))
        if self._path.suffix.lower() not in CODECS:
            raise SinkError(f"video:{target}: expected {VIDEO_FORM}")
        if self._path.exists() and not self._run.is_live:
            raise SinkError(f"{self._path}: is there already; name another file, or use a time: clip-%Y%m%d-%H%M%S.avi")
        try:
            self._cv2 = load_opencv(f"video:{target}")
        except SourceError as error:
            raise SinkError(str(error)) from error
        self._rate = self._run.frame_rate or LIVE_RATE
        self._writer: Any = None
        self._size = (0, 0)
        self._first_ns = 0
        self._written = 0
        self._left_out = 0

    def write(self, result: FrameResult | FrameFailure, frame: Frame | None = None) -> None:
        """Draws and writes one frame; one that failed is left out.

        Raises:
            SinkError: the file cannot be written, or the disk is full.
        """
        if frame is None or isinstance(result, FrameFailure):
            return
        if not self._has_room():
            self._left_out += 1
            return
        if self._writer is None:
            self._begin(frame)
        copies = self._copies(frame)
        if not copies:
            return
        picture = self._cv2.cvtColor(annotated(frame.pixels, result, self._run.region), self._cv2.COLOR_RGB2BGR)
        if picture.shape[1::-1] != self._size:
            picture = self._cv2.resize(picture, self._size)
        for _ in range(copies):
            self._writer.write(picture)
            self._written += 1

    def close(self) -> None:
        """Finishes the file."""
        self._end()
        if self._left_out:
            logger.warning("video:%s: %d frames left out while the disk was full", self._target, self._left_out)

    def _end(self) -> None:
        if self._writer is not None:
            self._writer.release()
            self._writer = None

    def _begin(self, frame: Frame) -> None:
        height, width = frame.pixels.shape[:2]
        self._size = (width, height)
        self._first_ns = frame.monotonic_ns
        self._written = 0
        self._path = self._free_name()
        code = self._cv2.VideoWriter.fourcc(*CODECS[self._path.suffix.lower()])
        self._writer = self._cv2.VideoWriter(str(self._path), code, self._rate, self._size)
        if not self._writer.isOpened():
            raise SinkError(f"{self._path}: cannot write; is there such a folder, and may this user write in it?")

    def _free_name(self) -> Path:
        """The file's name; of a live source one that no file has yet."""
        path = wanted = Path(time.strftime(self._target))
        number = 2
        while self._run.is_live and path.exists():
            path = wanted.with_stem(f"{wanted.stem}-{number}")
            number += 1
        if path != wanted:
            logger.info("%s is there already; writing %s", wanted, path)
        return path

    def _copies(self, frame: Frame) -> int:
        if not self._run.is_live:
            return 1
        due = int((frame.monotonic_ns - self._first_ns) / _NS_PER_S * self._rate) + 1
        missing = due - self._written
        longest = int(LONGEST_REPEAT_SECONDS * self._rate)
        if not 0 <= missing <= longest:  # a long pause: go on from here
            self._first_ns = frame.monotonic_ns - round(self._written / self._rate * _NS_PER_S)
            return 1
        return missing

    def _has_room(self) -> bool:
        """Whether there was room when that was last looked at; OpenCV does not tell when it cannot write."""
        if self._writer is not None and self._written % _FRAMES_BETWEEN_LOOKS:
            return True
        folder = os.statvfs(self._path.parent) if self._path.parent.is_dir() else None
        if folder is None or folder.f_bavail * folder.f_frsize >= _ENOUGH_DISK:
            return True
        if not self._run.is_live:
            raise SinkError(f"{self._path}: cannot write: No space left on device")
        if self._writer is not None or not self._left_out:
            logger.warning("%s: the disk is full; frames are left out until there is room", self._path)
        self._end()
        return False
