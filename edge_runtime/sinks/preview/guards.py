"""Who may look at the preview.

What a viewer must know is the token, in a cookie, after ``?token=`` or as a bearer; where there is none, only this
machine looks, and only by the names of this machine: another site's script must not reach it by a name of its own.
"""

from __future__ import annotations

import hmac
import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "[::1]"})
WITHOUT_TOKEN = frozenset({"/healthz", "/readyz"})
"""Routes for whoever watches over this machine: they say how the run is, and nothing of what it sees."""
_HOST = re.compile(r"(\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9._-]{1,255})(?::([0-9]{1,5}))?")
_HIGHEST_PORT = 65535
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_REFUSAL = (
    "A token is needed: open the address with ?token=... that edge-run named at its start, "
    "or with the token in EDGE_PREVIEW_TOKEN.\n"
)


class WithHeaders:
    """Adds _HEADERS to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers with them."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        await self._app(scope, receive, send_with_headers)


class HostGuard:
    """Lets those through who call this machine by a name that is one; without ``for_others``, by one of its own."""

    def __init__(self, app: ASGIApp, *, for_others: bool) -> None:
        self._app = app
        self._for_others = for_others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers, or refuses with 400."""
        if scope["type"] != "http" or self._takes(Headers(scope=scope).getlist("host")):
            await self._app(scope, receive, send)
        else:
            await PlainTextResponse("This is not the name of this machine.\n", 400)(scope, receive, send)

    def _takes(self, said: list[str]) -> bool:
        name = _HOST.fullmatch(said[0]) if len(said) == 1 else None
        if name is None or int(name[2] or 0) > _HIGHEST_PORT:
            return False
        return self._for_others or name[1].lower() in THIS_MACHINE


class TokenGuard:
    """Lets those through who know the token."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers, or refuses with 401."""
        if scope["type"] != "http" or scope["path"] in WITHOUT_TOKEN or self._knows(HTTPConnection(scope)):
            await self._app(scope, receive, send)
        else:
            await PlainTextResponse(_REFUSAL, 401)(scope, receive, send)

    def _knows(self, connection: HTTPConnection) -> bool:
        said = (
            connection.query_params.get("token"),
            connection.cookies.get(cookie_name(connection)),
            connection.headers.get("authorization", "").removeprefix("Bearer "),
        )
        return any(hmac.compare_digest(each.encode(), self._token) for each in said if each)


def cookie_name(connection: HTTPConnection) -> str:
    """Its name; browsers do not tell the ports of a machine apart, and each may have a preview."""
    return f"edge_preview_{connection.url.port or 80}"
