"""MJPEG streams and snapshots over HTTP, with the standard library: works without OpenCV."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from http.client import HTTPException, HTTPResponse
from ssl import SSLError
from typing import Any, ClassVar
from urllib.error import HTTPError

from edge_runtime.errors import SourceError
from edge_runtime.preprocess import MAX_FILE_BYTES, decode_image
from edge_runtime.sources.address import without_password, without_user
from edge_runtime.sources.base import ConfiguredConnection, Picture
from edge_runtime.sources.http.opener import HTTP_OPTIONS, make_opener
from edge_runtime.sources.options import SourceOption, number_option

SNAPSHOT_SECONDS = 1.0
PICTURE_SECONDS = 10.0  # a picture that takes longer, from a server that drips bytes, say, ends the connection
_MAX_LINE = 8192
_MAX_HEADERS = 100
_BELIEVABLE_NS = 3600 * 1_000_000_000  # of a camera's clock: so far from this machine's
_NS_PER_S = 1_000_000_000


class HTTPConnection(ConfiguredConnection):
    """Reads ``multipart/x-mixed-replace`` (MJPEG) part by part, or asks for a picture every ``interval`` seconds."""

    OPTIONS: ClassVar[tuple[SourceOption, ...]] = (number_option("interval", 0.05, 86400), *HTTP_OPTIONS)

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        self._name = without_password(url)
        self._url = without_user(url)
        self._opener = make_opener(url, options)
        self._response: HTTPResponse | None = None
        self._boundaries: tuple[bytes, ...] = ()
        self._next_snapshot = 0.0
        self._pushed_back = b""
        self._deadline = 0.0
        self._interval = options.get("interval", SNAPSHOT_SECONDS)
        self._captured_ns: int | None = None
        self._patience = max(PICTURE_SECONDS, options["stall"])

    def open(self) -> None:
        """Connects and finds out which of the two it is.

        Raises:
            SourceError: no answer, or neither a stream nor a picture.
        """
        self._response = response = self._request()
        kind = response.headers.get_content_type()
        if kind == "multipart/x-mixed-replace":
            boundary = response.headers.get_param("boundary")
            if not isinstance(boundary, str) or not boundary:
                raise SourceError(f"{self._name}: the stream names no boundary between its pictures")
            # A delimiter is the boundary behind two dashes (RFC 2046, 5.1.1); many cameras count those to the boundary.
            self._boundaries = (b"--" + boundary.encode(), *([boundary.encode()] if boundary.startswith("--") else []))
        elif not kind.startswith("image/"):
            raise SourceError(f"{self._name}: gives {kind}, neither an MJPEG stream nor a picture")

    def read(self) -> Picture:
        """The next picture, not decoded yet.

        Raises:
            SourceError: the connection is lost, or gives no whole picture in time.
        """
        self._captured_ns = None
        content = self._read_part() if self._boundaries else self._read_snapshot()
        return Picture(partial(decode_image, content, self._name), len(content), captured_ns=self._captured_ns)

    def close(self) -> None:
        """Closes the connection."""
        if self._response is not None:
            self._response.close()
        self._opener.close()

    def _request(self) -> HTTPResponse:
        try:
            response: HTTPResponse = self._opener.open(self._url, timeout=self._patience)
        except (OSError, HTTPException, ValueError) as error:
            if isinstance(error, HTTPError):
                error.close()
            reason = getattr(error, "reason", error)
            fix = "; trust its certificate with verify=FILE, or verify=off" if isinstance(reason, SSLError) else ""
            raise SourceError(f"{self._name}: cannot connect: {reason}{fix}") from error
        return response

    def _read_snapshot(self) -> bytes:
        time.sleep(max(0.0, self._next_snapshot - time.monotonic()))
        self._next_snapshot = time.monotonic() + self._interval
        response, self._response = self._response or self._request(), None
        self._deadline = time.monotonic() + self._patience
        with response:
            return self._bounded(response, MAX_FILE_BYTES)

    def _read_part(self) -> bytes:
        assert self._response is not None
        self._deadline = time.monotonic() + self._patience
        while not self._line(self._response).startswith(self._boundaries):
            pass
        length = None
        for _ in range(_MAX_HEADERS):
            name, _, value = self._line(self._response).partition(b":")
            if not name.strip():
                break
            if name.strip().lower() == b"content-length" and value.strip().isdigit():
                length = int(value)
            if name.strip().lower() in (b"x-timestamp", b"timestamp"):
                self._captured_ns = _believable_ns(value)
        if length is None:
            return self._until_boundary(self._response)
        if length > MAX_FILE_BYTES:
            raise SourceError(f"{self._name}: announces a picture of {length} bytes; the limit is {MAX_FILE_BYTES}")
        return self._bounded(self._response, length)

    def _until_boundary(self, response: HTTPResponse) -> bytes:
        content = bytearray()
        while not (line := self._line(response)).startswith(self._boundaries):
            content += line
            if len(content) > MAX_FILE_BYTES:
                raise SourceError(f"{self._name}: a picture of more than {MAX_FILE_BYTES} bytes")
        self._pushed_back = line
        return bytes(content).removesuffix(b"\r\n")

    def _line(self, response: HTTPResponse) -> bytes:
        line, self._pushed_back = self._pushed_back, b""
        if not line:
            self._check_deadline()
            try:
                line = response.readline(_MAX_LINE)
            except (OSError, HTTPException, ValueError) as error:
                raise SourceError(f"{self._name}: connection lost: {error}") from error
        if not line:
            raise SourceError(f"{self._name}: the stream ended")
        return line

    def _bounded(self, response: HTTPResponse, size: int) -> bytes:
        content = bytearray()
        while len(content) < size:
            self._check_deadline()
            try:
                chunk = response.read1(size - len(content))
            except (OSError, HTTPException, ValueError) as error:
                raise SourceError(f"{self._name}: connection lost: {error}") from error
            if not chunk:
                break
            content += chunk
        return bytes(content)

    def _check_deadline(self) -> None:
        if time.monotonic() > self._deadline:
            raise SourceError(f"{self._name}: no whole picture in {self._patience:g} s")


def _believable_ns(said: bytes) -> int | None:
    """A camera's time, in seconds since 1970; None where it is none: some say the time since they were started."""
    try:
        time_ns = round(float(said) * _NS_PER_S)
    except (ValueError, OverflowError):
        return None
    return time_ns if abs(time_ns - time.time_ns()) < _BELIEVABLE_NS else None
