"""MJPEG streams and snapshots over HTTP, with the standard library: works without OpenCV."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from edge_runtime.errors import SourceError
from edge_runtime.preprocess import decode_image
from edge_runtime.preprocess.decode import MAX_FILE_BYTES
from edge_runtime.sources.address import without_password

SNAPSHOT_SECONDS = 1.0
_TIMEOUT_SECONDS = 10.0
_MAX_LINE = 8192
_MAX_HEADERS = 100


class HTTPConnection:
    """Reads ``multipart/x-mixed-replace`` (MJPEG) part by part, or asks for a picture once a second."""

    def __init__(self, url: str) -> None:
        if urlsplit(url).scheme not in ("http", "https"):
            raise SourceError(f"{url}: neither http nor https")
        self._url = url
        self._name = without_password(url)
        self._response: HTTPResponse | None = None
        self._boundary: bytes | None = None
        self._next_snapshot = 0.0
        self._pushed_back = b""

    def open(self) -> None:
        """Connects and finds out which of the two it is.

        Raises:
            SourceError: no answer, or neither a stream nor a picture.
        """
        response = self._request()
        kind = response.headers.get_content_type()
        if kind == "multipart/x-mixed-replace":
            boundary = response.headers.get_param("boundary")
            if not isinstance(boundary, str) or not boundary:
                raise SourceError(f"{self._name}: the stream names no boundary between its pictures")
            self._boundary = b"--" + boundary.removeprefix("--").encode()
        elif not kind.startswith("image/"):
            raise SourceError(f"{self._name}: gives {kind}, neither an MJPEG stream nor a picture")
        self._response = response

    def read(self) -> NDArray[np.uint8]:
        """The next picture.

        Raises:
            ImageError: it cannot be decoded.
            SourceError: the connection is lost.
        """
        content = self._read_snapshot() if self._boundary is None else self._read_part(self._boundary)
        return decode_image(content, self._name)

    def close(self) -> None:
        """Closes the connection."""
        if self._response is not None:
            self._response.close()

    def _request(self) -> HTTPResponse:
        try:
            response: HTTPResponse = urllib.request.urlopen(self._url, timeout=_TIMEOUT_SECONDS)  # noqa: S310 - http(s) only
        except (OSError, HTTPException, ValueError) as error:
            raise SourceError(f"{self._name}: cannot connect: {getattr(error, 'reason', error)}") from error
        return response

    def _read_snapshot(self) -> bytes:
        time.sleep(max(0.0, self._next_snapshot - time.monotonic()))
        self._next_snapshot = time.monotonic() + SNAPSHOT_SECONDS
        response = self._response or self._request()
        self._response = None
        with response:
            return self._bounded(response, MAX_FILE_BYTES)

    def _read_part(self, boundary: bytes) -> bytes:
        assert self._response is not None
        while not self._line(self._response).startswith(boundary):
            pass
        length = None
        for _ in range(_MAX_HEADERS):
            name, _, value = self._line(self._response).partition(b":")
            if not name.strip():
                break
            if name.strip().lower() == b"content-length" and value.strip().isdigit():
                length = int(value)
        if length is None:
            return self._until_boundary(self._response, boundary)
        if length > MAX_FILE_BYTES:
            raise SourceError(f"{self._name}: announces a picture of {length} bytes; the limit is {MAX_FILE_BYTES}")
        return self._bounded(self._response, length)

    def _until_boundary(self, response: HTTPResponse, boundary: bytes) -> bytes:
        lines: list[bytes] = []
        size = 0
        while not (line := self._line(response)).startswith(boundary):
            lines.append(line)
            size += len(line)
            if size > MAX_FILE_BYTES:
                raise SourceError(f"{self._name}: a picture of more than {MAX_FILE_BYTES} bytes")
        self._pushed_back = line
        return b"".join(lines).removesuffix(b"\r\n")

    def _line(self, response: HTTPResponse) -> bytes:
        pushed_back, self._pushed_back = self._pushed_back, b""
        if pushed_back:
            return pushed_back
        try:
            line = response.readline(_MAX_LINE)
        except (OSError, HTTPException, ValueError) as error:
            raise SourceError(f"{self._name}: connection lost: {error}") from error
        if not line:
            raise SourceError(f"{self._name}: the stream ended")
        return line

    def _bounded(self, response: HTTPResponse, size: int) -> bytes:
        try:
            return response.read(size)
        except (OSError, HTTPException, ValueError) as error:
            raise SourceError(f"{self._name}: connection lost: {error}") from error
