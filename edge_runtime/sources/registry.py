"""Sources of frames, chosen by what a user writes as SOURCE."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from edge_runtime.errors import SourceError
from edge_runtime.model import SAMPLE, is_sample, sample_photos
from edge_runtime.registry import Registry
from edge_runtime.sources.address import without_password
from edge_runtime.sources.base import Connection, LiveSource, Source
from edge_runtime.sources.live import LiveSettings

SOURCES = Registry(
    "source",
    {
        "files": "edge_runtime.sources.files:FileSource",
        "video": "edge_runtime.sources.video:VideoSource",
        "synthetic": "edge_runtime.sources.synthetic:SyntheticSource",
        "stdin": "edge_runtime.sources.stdin:open_stdin",
    },
    "edge_deploy_kit.sources",
)

CONNECTIONS = Registry(
    "live source",
    {
        "http": "edge_runtime.sources.http.connection:HTTPConnection",
        "https": "edge_runtime.sources.http.connection:HTTPConnection",
        "rtsp": "edge_runtime.sources.cameras.rtsp:RtspConnection",
        "camera": "edge_runtime.sources.cameras.v4l2:CameraConnection",
        "picamera2": "edge_runtime.sources.cameras.picamera:PiCameraConnection",
        "gstreamer": "edge_runtime.sources.cameras.gstreamer:GStreamerConnection",
    },
    "edge_deploy_kit.connections",
)

VIDEO_SUFFIXES = frozenset({".avi", ".h264", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm"})


def open_source(text: str, settings: LiveSettings | None = None) -> Source:
    """Opens what ``text`` names.

    Args:
        text: an image, a folder, a glob, a video file, ``sample`` (three bundled photos),
            ``synthetic:[WIDTHxHEIGHT[:COUNT]]``, ``camera:NUMBER``,
            ``picamera2:NUMBER``, ``gstreamer:PIPELINE``, ``rtsp://…``, ``http(s)://…`` (an MJPEG stream or a
            snapshot), ``-`` for pictures on stdin, or ``NAME:…`` for what another package adds.
        settings: how a live source is captured; None takes the defaults.

    Raises:
        SourceError: there is no such thing, or nothing to read in it; the message names it and the fix.
    """
    if not text:
        raise SourceError("SOURCE is empty; name an image, a folder, a glob, a video or a live source")
    settings = settings or LiveSettings()
    scheme, colon, rest = text.partition(":")
    source: Source
    if text == "-":
        source = SOURCES.load("stdin")(settings)
    elif is_sample(text, "photos"):
        source = SOURCES.load("files")(str(sample_photos()), lambda path: f"{SAMPLE}/{path.name}")
    elif colon and scheme in CONNECTIONS.names():
        source = _live(scheme, text, settings)
    elif colon and scheme == "synthetic":
        source = SOURCES.load("synthetic")(rest)
    elif colon and _is_added(SOURCES, scheme, text):
        source = SOURCES.load(scheme)(rest)
    elif colon and _is_added(CONNECTIONS, scheme, text):
        source = _live(scheme, text, settings)
    elif rest.startswith("//"):
        raise SourceError(f"{text}: no such kind of source; there are {', '.join(CONNECTIONS.names())} and files")
    elif Path(text).suffix.lower() in VIDEO_SUFFIXES:
        source = SOURCES.load("video")(Path(text))
    else:
        source = SOURCES.load("files")(text)
    return source


def _is_added(registry: Registry, scheme: str, text: str) -> bool:
    """Whether another package adds this kind; a file of that name goes first."""
    return scheme not in registry.names() and not Path(text).exists() and registry.knows(scheme)


def _live(scheme: str, address: str, settings: LiveSettings) -> LiveSource:
    from edge_runtime.sources.live.capture import LiveCapture  # here: a run that reads files has no need of it

    connection_class: Callable[[str], Connection] = CONNECTIONS.load(scheme)
    connection_class(address)  # refuses a wrong address, or a missing library, before anything is started
    return LiveCapture(without_password(address), lambda: connection_class(address), settings)
