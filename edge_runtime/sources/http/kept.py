"""Keeps the connection to a server between two requests: a snapshot a second needs no handshake each time."""

from __future__ import annotations

import ssl
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from urllib.error import URLError
from urllib.request import HTTPHandler, HTTPSHandler, Request


class KeptConnection(HTTPSHandler, HTTPHandler):
    """Opens http and https; used by one thread, and closed by it."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        super().__init__(context=context)
        self._tls = context
        self._connection: HTTPConnection | None = None
        self._server = ("", "")
        self._response: HTTPResponse | None = None

    def http_open(self, req: Request) -> HTTPResponse:
        """The answer to a request."""
        return self._open(req)

    def https_open(self, req: Request) -> HTTPResponse:
        """The answer to a request; one through a proxy has a connection of its own."""
        if getattr(req, "_tunnel_host", None):
            response: HTTPResponse = super().https_open(req)
            return response
        return self._open(req)

    def close(self) -> None:
        """Ends the connection that was kept."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self, req: Request) -> HTTPResponse:
        if self._is_fit_for(req):
            try:
                return self._ask(req)
            except (OSError, HTTPException):  # the server has ended it meanwhile
                pass
        self.close()
        self._connection, self._server = self._connected(req), (req.type, req.host)
        try:
            return self._ask(req)
        except OSError as error:
            self.close()
            raise URLError(error) from error

    def _is_fit_for(self, req: Request) -> bool:
        """Whether the one that is there goes to the same server, and its last answer was read to the end."""
        has_read = self._response is not None and self._response.isclosed()
        return self._connection is not None and self._server == (req.type, req.host) and has_read

    def _connected(self, req: Request) -> HTTPConnection:
        if req.type == "https":
            return HTTPSConnection(req.host, timeout=req.timeout, context=self._tls)
        return HTTPConnection(req.host, timeout=req.timeout)

    def _ask(self, req: Request) -> HTTPResponse:
        assert self._connection is not None
        headers = {**req.headers, **req.unredirected_hdrs, "Connection": "keep-alive"}
        self._connection.request(req.get_method(), req.selector, headers=headers)
        self._response = response = self._connection.getresponse()
        response.url = req.full_url  # what urllib's callers expect of an answer
        response.msg = response.reason  # type: ignore[assignment]
        return response
