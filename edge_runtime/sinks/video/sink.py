"""A video of the frames with what was found in them drawn on top, written with OpenCV."""

from __future__ import annotations

from typing import Any

from edge_runtime.console.command import logger
from edge_runtime.contracts.results import Frame, FrameFailure, FrameResult
from edge_runtime.errors import SinkError, SourceError
from edge_runtime.opencv_library import load_opencv
from edge_runtime.sinks.base import RunInfo
from edge_runtime.sinks.target import FILE_OPTIONS, DiskFullError, parse_target
from edge_runtime.sinks.video.drawing import annotated
from edge_runtime.sinks.video.files import free_name, is_family_known, present_name, remove_old

CODECS = {".avi": "MJPG", ".mp4": "mp4v"}
VIDEO_FORM = f"video:FILE.avi or video:FILE.mp4; %Y%m%d-%H%M%S in it become the time; {FILE_OPTIONS}"
LIVE_RATE = 10.0
LONGEST_REPEAT_SECONDS = 10
_ENOUGH_DISK = 4 << 20
_FRAMES_BETWEEN_LOOKS = 25  # OpenCV does not tell when it cannot write, nor how much it has written
_NS_PER_S = 1_000_000_000


class VideoSink:
    """Writes every frame of a file or folder once; of a live source as many copies as keep its time.

    All frames have the size of the first; others are resized to it. A live source's file never ends a run: a service
    that starts again goes on in a file with another name, and so does one whose disk was full for a while.
    """

    def __init__(self, target: str, run: RunInfo | None = None) -> None:
        """Checks the name; the file is begun with the first frame.

        Raises:
            SinkError: it is there already or has another ending, an option is none, or OpenCV is not installed.
        """
        self._run = run or RunInfo()
        self._name = f"video:{target}"
        self._target = parse_target("video", target)
        self._path = present_name(self._target.path)
        if self._path.suffix.lower() not in CODECS or not str(self._path).isprintable():
            raise SinkError(f"{self._name}: expected {VIDEO_FORM}")
        if self._target.keep is not None and not is_family_known(self._target.path.name):
            raise SinkError(f"{self._name}: keep needs a name without other codes of time than %Y %m %d %H %M %S %j %y")
        if self._path.exists() and not self._run.is_live:
            raise SinkError(f"{self._path}: is there already; name another file, or use a time: clip-%Y%m%d-%H%M%S.avi")
        try:
            self._cv2 = load_opencv(self._name)
        except SourceError as error:
            raise SinkError(str(error)) from error
        self._rate = self._run.frame_rate or LIVE_RATE
        self._writer: Any = None
        self._size = (0, 0)
        self._first_ns = 0
        self._written = 0
        self._looked_at = 0
        self._left_out = 0
        self._has_begun = False

    def write(self, result: FrameResult | FrameFailure, frame: Frame | None = None) -> None:
        """Draws and writes one frame; one that failed is left out.

        Raises:
            SinkError: the file cannot be written, or the disk is full.
        """
        if frame is None or isinstance(result, FrameFailure):
            return
        if not self._may_go_on():
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
            logger.warning("%s: %d frames left out while the disk was full", self._name, self._left_out)

    def _end(self) -> None:
        if self._writer is not None:
            self._writer.release()
            self._writer = None

    def _begin(self, frame: Frame) -> None:
        height, width = frame.pixels.shape[:2]
        self._size = (width, height)
        self._first_ns = frame.monotonic_ns
        self._written = self._looked_at = 0
        wanted = present_name(self._target.path)
        goes_on = self._run.is_live or self._has_begun
        self._path = free_name(wanted) if goes_on else wanted
        self._has_begun = True
        code = self._cv2.VideoWriter.fourcc(*CODECS[self._path.suffix.lower()])
        self._writer = self._cv2.VideoWriter(str(self._path), code, self._rate, self._size)
        if not self._writer.isOpened():
            raise SinkError(f"{self._path}: cannot write; is there such a folder, and may this user write in it?")
        if self._target.keep is not None:
            remove_old(self._target.path, self._path, self._target.keep)

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

    def _may_go_on(self) -> bool:
        """Looks at the disk now and then: False where there is no room. A file that is long enough is ended."""
        if self._writer is not None and self._written < self._looked_at + _FRAMES_BETWEEN_LOOKS:
            return True
        self._looked_at = self._written
        if self._writer is not None and self._is_long_enough():
            self._end()
        try:
            self._target.check_room(_ENOUGH_DISK)
        except DiskFullError as error:
            if not self._run.is_live:
                raise
            if self._writer is not None or not self._left_out:
                logger.warning("%s; frames are left out until there is room", error)
            self._end()
            return False
        return True

    def _is_long_enough(self) -> bool:
        """Whether another file is due; also where somebody has removed this one."""
        limit = self._target.max_bytes
        return limit is not None and (not self._path.exists() or self._path.stat().st_size >= limit)
