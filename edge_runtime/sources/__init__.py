"""Sources of frames, chosen by what a user writes as SOURCE."""

from __future__ import annotations

from pathlib import Path

from edge_runtime.errors import SourceError
from edge_runtime.registry import Registry
from edge_runtime.sources.base import Source

SOURCES = Registry(
    "source",
    {
        "files": "edge_runtime.sources.files:FileSource",
        "video": "edge_runtime.sources.video:VideoSource",
        "synthetic": "edge_runtime.sources.synthetic:SyntheticSource",
    },
)

VIDEO_SUFFIXES = frozenset({".avi", ".h264", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm"})


def open_source(text: str) -> Source:
    """Opens an image, a folder, a glob, a video file, or ``synthetic:[WIDTHxHEIGHT[:COUNT]]``.

    Raises:
        SourceError: there is no such thing, or nothing to read in it; the message names it and the mend.
    """
    source: Source
    if text.startswith("synthetic:"):
        source = SOURCES.load("synthetic")(text.removeprefix("synthetic:"))
    elif Path(text).suffix.lower() in VIDEO_SUFFIXES:
        source = SOURCES.load("video")(Path(text))
    elif "://" in text or text.startswith(("camera:", "picamera2:")) or text == "-":
        raise SourceError(f"{text}: live sources are not there yet; give an image, a folder, a glob or a video file")
    else:
        source = SOURCES.load("files")(text)
    return source
