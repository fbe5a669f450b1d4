"""The preview's routes.

    /               the page; page.css, page.js, icon.svg
    /state?after=N  the newest result and counts as JSON, once there is one with a number above N, or after some seconds
    /picture/N      the picture of that result as JPEG; a newer one where it is no longer kept
    /picture        the newest picture, for programs
    /metrics        for Prometheus

What a viewer must know is the token, in a cookie, after ``?token=`` or as a bearer; where there is none, only this
machine looks, and only by the names of this machine: another site's script must not reach it by a name of its own.
"""

from __future__ import annotations

import hmac
from dataclasses import asdict
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge_runtime.board import processor_celsius
from edge_runtime.sinks.base import RunInfo
from edge_runtime.sinks.preview.metrics import RunMetrics
from edge_runtime.sinks.preview.view import PreviewCounts, Views

POLL_SECONDS = 10.0
THIS_MACHINE = ["localhost", "127.0.0.1", "[::1]"]
_PAGE = Path(__file__).parent / "page"
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


def make_app(run: RunInfo, views: Views, metrics: RunMetrics, counts: PreviewCounts, token: str | None) -> ASGIApp:
    """The application; without a token it answers to the names of this machine only."""

    async def state(request: Request) -> Response:
        view = await views.newer_than(_number(request.query_params.get("after", "-1")), POLL_SECONDS)
        found: dict[str, Any] = {} if view is None else view.state
        told = {
            "model": Path(run.model).name,
            "counts": asdict(run.counts),
            "temperature_celsius": processor_celsius(),
            **found,
        }
        return JSONResponse(told)

    async def picture(request: Request) -> Response:
        view = views.find(request.path_params.get("number")) or views.newest()
        content = None if view is None else await run_in_threadpool(view.jpeg)
        if content is None:
            raise HTTPException(404, "there is no picture")
        counts.pictures_sent += 1
        return Response(content, media_type="image/jpeg")

    async def tell_metrics(_request: Request) -> Response:
        return PlainTextResponse(metrics.page(), media_type="text/plain; version=0.0.4")

    async def page(request: Request) -> Response:
        if "token" in request.query_params:  # known to be right; out of the address it goes, into a cookie
            answer = RedirectResponse("/", 303)
            answer.set_cookie(_cookie(request), request.query_params["token"], httponly=True, samesite="lax")
            return answer
        return FileResponse(_PAGE / "page.html")

    async def file(request: Request) -> Response:
        return FileResponse(_PAGE / request.url.path.removeprefix("/"))

    routes = [
        Route("/", page),
        *(Route(f"/{name}", file) for name in ("page.css", "page.js", "icon.svg")),
        Route("/state", state),
        Route("/picture", picture),
        Route("/picture/{number:int}", picture),
        Route("/metrics", tell_metrics),
    ]
    guard = Middleware(_TokenGuard, token) if token else Middleware(TrustedHostMiddleware, allowed_hosts=THIS_MACHINE)
    return Starlette(routes=routes, middleware=[Middleware(_WithHeaders), guard])


class _WithHeaders:
    """Adds _HEADERS to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        await self._app(scope, receive, send_with_headers)


class _TokenGuard:
    """Lets those through who know the token."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._knows(HTTPConnection(scope)):
            await self._app(scope, receive, send)
        else:
            await PlainTextResponse(_REFUSAL, 401)(scope, receive, send)

    def _knows(self, connection: HTTPConnection) -> bool:
        said = (
            connection.query_params.get("token"),
            connection.cookies.get(_cookie(connection)),
            connection.headers.get("authorization", "").removeprefix("Bearer "),
        )
        return any(hmac.compare_digest(each.encode(), self._token) for each in said if each)


def _cookie(connection: HTTPConnection) -> str:
    """Its name; browsers do not tell the ports of a machine apart, and each may have a preview."""
    return f"edge_preview_{connection.url.port or 80}"


def _number(text: str) -> int:
    try:
        return int(text[:20])
    except ValueError as error:
        raise HTTPException(400, "after is no number") from error
