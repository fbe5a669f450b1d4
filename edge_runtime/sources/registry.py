"""Sources of frames, chosen by what a user writes as SOURCE."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from edge_runtime.errors import SourceError
from edge_runtime.model import SAMPLE, is_sample, sample_photos
from edge_runtime.registry import Registry
from edge_runtime.sources.address import check_address, without_password
from edge_runtime.sources.base import ConfiguredConnection, Connection, LiveSource, Recovery, Source
from edge_runtime.sources.live import LIVE_OPTIONS, LiveSettings
from edge_runtime.sources.options import Said, read_options

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
        "rtsps": "edge_runtime.sources.cameras.rtsp:RtspConnection",
        "camera": "edge_runtime.sources.cameras.v4l2:CameraConnection",
        "picamera2": "edge_runtime.sources.cameras.picamera:PiCameraConnection",
        "gstreamer": "edge_runtime.sources.cameras.gstreamer:GStreamerConnection",
    },
    "edge_deploy_kit.connections",
)

VIDEO_SUFFIXES = frozenset({".avi", ".h264", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm"})


def open_source(text: str, settings: LiveSettings | None = None, options: Said | None = None) -> Source:
    """Opens what ``text`` names.

    Args:
        text: an image, a folder, a glob, a video file, ``sample`` (three bundled photos),
            ``synthetic:[WIDTHxHEIGHT[:COUNT]]``, ``camera:NUMBER`` or a camera's path below /dev,
            ``picamera2:NUMBER``, ``gstreamer:PIPELINE``, ``rtsp://…``, ``http(s)://…`` (an MJPEG stream or a
            snapshot), ``-`` for pictures on stdin, or ``NAME:…`` for what another package adds.
        settings: how a live source is captured; None takes the defaults.
        options: of the source, by their keys: ``{"size": "1280x720", "hflip": True}``.

    Raises:
        SourceError: there is no such thing, or nothing to read in it; the message names it and the fix.
        SourceOptionError: the source does not take one of the options.
    """
    if not text:
        raise SourceError("SOURCE is empty; name an image, a folder, a glob, a video or a live source")
    settings = settings or LiveSettings()
    if text.startswith("/dev/"):
        text = f"camera:{text}"
    scheme, colon, rest = text.partition(":")
    if colon and (scheme in CONNECTIONS.names() or _is_added(CONNECTIONS, scheme, text)):
        return _live(scheme, text, settings, options or {})
    read_options(text, options or {}, ())
    source: Source
    if text == "-":
        source = SOURCES.load("stdin")(settings)
    elif is_sample(text, "photos"):
        source = SOURCES.load("files")(str(sample_photos()), lambda path: f"{SAMPLE}/{path.name}")
    elif colon and scheme == "synthetic":
        source = SOURCES.load("synthetic")(rest)
    elif colon and _is_added(SOURCES, scheme, text):
        source = SOURCES.load(scheme)(rest)
    elif rest.startswith("//"):
        raise SourceError(
            f"{without_password(text)}: no such kind of source; there are {', '.join(CONNECTIONS.names())} and files"
        )
    elif Path(text).suffix.lower() in VIDEO_SUFFIXES:
        source = SOURCES.load("video")(Path(text))
    else:
        source = SOURCES.load("files")(text)
    return source


def _is_added(registry: Registry, scheme: str, text: str) -> bool:
    """Whether another package adds this kind; a file of that name goes first."""
    return scheme not in registry.names() and not Path(text).exists() and registry.knows(scheme)


def _live(scheme: str, address: str, settings: LiveSettings, options: Said) -> LiveSource:
    from edge_runtime.sources.live.capture import LiveCapture  # here: a run that reads files has no need of it

    name = without_password(address)
    if address.startswith(f"{scheme}://"):
        check_address(address)
    connection_class = CONNECTIONS.load(scheme)
    if isinstance(connection_class, type) and issubclass(connection_class, ConfiguredConnection):
        values = read_options(name, options, (*LIVE_OPTIONS, *connection_class.OPTIONS))
        settings, recovery = settings.with_options(values), connection_class.RECOVERY
        values |= {"open": settings.open_seconds, "stall": settings.stall_seconds, "policy": settings.policy}
        connect: Callable[[], Connection] = partial(connection_class, address, values)
    else:
        settings, recovery = settings.with_options(read_options(name, options, LIVE_OPTIONS)), Recovery()
        connect = partial(connection_class, address)
    connect()  # refuses a wrong address, or a missing library, before anything is started
    return LiveCapture(name, connect, settings, recovery)
