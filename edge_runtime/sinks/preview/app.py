"""The preview's routes.

/               the page; page.css, page.js, icon.svg
/state?after=N  the newest result and counts as JSON, once there is one with a number above N, or after some seconds
/picture/N      the picture of that result as JPEG; a newer one where it is no longer kept
/picture        the newest picture, for programs
/metrics        for Prometheus
/healthz        200 while the run gets on, 503 with the reason where it hangs
/readyz         200 while there are results of now, 503 where there are none: before the first frame, say
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from edge_runtime.board import processor_celsius
from edge_runtime.sinks.base import RunInfo
from edge_runtime.sinks.preview.guards import HostGuard, TokenGuard, WithHeaders, cookie_name
from edge_runtime.sinks.preview.health import SECONDS_BETWEEN_LOOKS, Health
from edge_runtime.sinks.preview.metrics import RunMetrics
from edge_runtime.sinks.preview.view import Views

POLL_SECONDS = 10.0
_PAGE = Path(__file__).parent / "page"


def make_app(run: RunInfo, views: Views, metrics: RunMetrics, health: Health, token: str | None) -> ASGIApp:
    """The application; without a token it answers to the names of this machine only."""
    counts = run.sink_counts["preview"]

    async def state(request: Request) -> Response:
        view = await views.newer_than(_number(request.query_params.get("after", "-1")), POLL_SECONDS)
        found: dict[str, Any] = {} if view is None else view.state
        told = {
            "model": Path(run.model).name,
            "counts": asdict(run.counts),
            "temperature_celsius": processor_celsius(),
            "source_lost": health.lost,
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

    async def healthz(_request: Request) -> Response:
        return _verdict(health.trouble)

    async def readyz(_request: Request) -> Response:
        return _verdict(health.not_ready)

    async def page(request: Request) -> Response:
        if "token" in request.query_params:  # known to be right; out of the address it goes, into a cookie
            answer = RedirectResponse("/", 303)
            answer.set_cookie(cookie_name(request), request.query_params["token"], httponly=True, samesite="lax")
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
        Route("/healthz", healthz),
        Route("/readyz", readyz),
    ]
    guards = [Middleware(WithHeaders), Middleware(HostGuard, for_others=token is not None)]
    if token is not None:
        guards.append(Middleware(TokenGuard, token))
    return Starlette(routes=routes, middleware=guards, lifespan=_looking(health))


def _looking(health: Health) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    """Looks at the run for as long as the server lasts."""

    async def look() -> None:
        while True:
            health.look()
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        looking = asyncio.create_task(look())
        yield
        looking.cancel()

    return lifespan


def _verdict(trouble: str) -> Response:
    return PlainTextResponse(f"{trouble or 'ok'}\n", 503 if trouble else 200)


def _number(text: str) -> int:
    try:
        return int(text[:20])
    except ValueError as error:
        raise HTTPException(400, "after is no number") from error
