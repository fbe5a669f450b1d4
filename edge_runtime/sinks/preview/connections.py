"""How many connections there may be, and for how long: a stranger who says or reads nothing keeps nobody out.

uvicorn itself waits for ever for a request, and for a viewer that does not read the answer.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from edge_runtime.console.command import logger
from edge_runtime.sinks.preview.view import PreviewCounts

MAX_CONNECTIONS = 64
KEEP_ALIVE_SECONDS = 5
REQUEST_SECONDS = 10.0
"""From the connection, or the last answer, to a whole request."""
ANSWER_SECONDS = 30.0
"""From a request to the whole answer, the wait for something new included."""


class BoundedConnection(H11Protocol):
    """A connection that ends when it takes too long; of too many, the one that has asked for nothing the longest ends.

    Attributes:
        waiting_since: when it began to wait for a request, in the loop's time.
    """

    def __init__(self, counts: PreviewCounts, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._counts = counts
        self._limit: asyncio.TimerHandle | None = None
        self._request: object = None
        self.waiting_since = self.loop.time()

    @property
    def is_idle(self) -> bool:
        """Whether no answer is under way."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in uvicorn
        """Makes room for it, or ends it."""
        super().connection_made(transport)
        there = [each for each in self.connections if not each.transport.is_closing()]
        if len(there) > MAX_CONNECTIONS:
            self._counts.connections_ended += 1
            logger.warning("preview: more than %d connections; those that ask for nothing are closed", MAX_CONNECTIONS)
            idle = (each for each in there if isinstance(each, BoundedConnection) and each.is_idle)
            min(idle, key=lambda each: each.waiting_since).transport.abort()
        self._allow(REQUEST_SECONDS)

    def data_received(self, data: bytes) -> None:
        """Takes a piece of a request; a whole one gets the time of an answer."""
        super().data_received(data)
        self._allow_an_answer()

    def on_response_complete(self) -> None:
        """Waits for the next request, or answers one that is there already."""
        self.waiting_since = self.loop.time()
        self._allow(REQUEST_SECONDS)
        super().on_response_complete()
        self._allow_an_answer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets it."""
        if self._limit is not None:
            self._limit.cancel()
        super().connection_lost(exc)

    def _allow_an_answer(self) -> None:
        if self.cycle is not self._request and not self.is_idle:
            self._request = self.cycle
            self._allow(ANSWER_SECONDS)

    def _allow(self, seconds: float) -> None:
        if self._limit is not None:
            self._limit.cancel()
        self._limit = self.loop.call_later(seconds, self._end)

    def _end(self) -> None:
        self._counts.connections_ended += 1
        self.transport.abort()
