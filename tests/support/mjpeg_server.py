"""A camera on the network for tests: MJPEG or snapshots over HTTP, which can hang, break off and come back."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from PIL import Image


def jpeg(color: tuple[int, int, int], size: tuple[int, int] = (64, 48)) -> bytes:
    """A picture of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", size, color).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


class Camera(ThreadingHTTPServer):
    """Serves ``parts`` on /stream, then ends, hangs or repeats them as ``afterwards`` says; one picture on /still."""

    daemon_threads = True

    def __init__(self, parts: list[bytes], afterwards: str = "end", *, with_length: bool = True, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.parts = parts
        self.afterwards = afterwards
        self.with_length = with_length
        self.stopping = threading.Event()
        self.requests = 0
        self.password = ""  # the Authorization header that is asked for
        self.challenges: tuple[str, ...] = ()  # what it says of the way to ask
        self.seen: list[str | None] = []  # the Authorization headers that came
        self.redirects_to = ""
        self.protocol = "HTTP/1.0"
        self.connections = 0
        self.part_headers = ""  # of each part of the stream, with their ends
        self.header_boundary, self.delimiter = "frame", "--frame"
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def url(self, path: str = "stream") -> str:
        """The address of the stream or of the still picture."""
        return f"http://127.0.0.1:{self.server_port}/{path}"

    def is_welcome(self, authorization: str | None) -> bool:
        """Whether a request with this header is answered."""
        return self.password in ("", authorization)

    def __enter__(self) -> Camera:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self.shutdown()
        self.server_close()

    def played(self) -> Iterator[bytes]:
        """The parts of one connection."""
        yield from self.parts
        while self.afterwards == "repeat" and not self.stopping.is_set():
            yield from self.parts
        if self.afterwards == "hang":
            self.stopping.wait()


class _Handler(BaseHTTPRequestHandler):
    server: Camera

    def setup(self) -> None:
        super().setup()
        self.protocol_version = self.server.protocol
        self.server.connections += 1

    def do_GET(self) -> None:
        self.server.requests += 1
        authorization = self.headers.get("Authorization")
        self.server.seen.append(authorization)
        if self.server.redirects_to:
            self.send_response(302)
            self.send_header("Location", self.server.redirects_to)
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif not self.server.is_welcome(authorization):
            self._refuse()
        elif self.path == "/still":
            self._answer("image/jpeg", self.server.parts[0])
        elif self.path == "/page":
            self._answer("text/html", b"<p>no picture</p>")
        else:
            self._stream()

    def _refuse(self) -> None:
        self.send_response(401, "Unauthorized")
        for challenge in self.server.challenges:
            self.send_header("WWW-Authenticate", challenge)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _answer(self, kind: str, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={self.server.header_boundary}")
        self.end_headers()
        try:
            for part in self.server.played():
                length = f"Content-Length: {len(part)}\r\n" if self.server.with_length else ""
                headers = f"Content-Type: image/jpeg\r\n{self.server.part_headers}{length}"
                head = f"{self.server.delimiter}\r\n{headers}\r\n".encode()
                self.wfile.write(head + part + b"\r\n")
            if not self.server.with_length:
                self.wfile.write(f"{self.server.delimiter}--\r\n".encode())
        except (BrokenPipeError, ConnectionResetError):
            pass

    def log_message(self, *_: object) -> None:
        """Says nothing."""
