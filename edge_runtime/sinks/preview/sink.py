"""The preview's server in a thread of its own, and results into it."""

from __future__ import annotations

import socket
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from edge_runtime.console.command import logger
from edge_runtime.console.distribution import install_command
from edge_runtime.contracts.results import Frame, FrameFailure, FrameResult, SourceChange
from edge_runtime.errors import SinkError
from edge_runtime.sinks.base import InformedSink, RunInfo
from edge_runtime.sinks.preview.address import PreviewAddress, read_address
from edge_runtime.sinks.preview.health import Health
from edge_runtime.sinks.preview.view import PreviewCounts, Views

if TYPE_CHECKING:
    from uvicorn import Server

    from edge_runtime.sinks.preview.metrics import RunMetrics

GOODBYE_SECONDS = 2
_WAITING = 128  # connections that the system keeps until they are accepted
_ACCEPTED_AT_ONCE = 8  # each takes a descriptor before it can be refused


class PreviewSink(InformedSink):
    """Shows results to whoever looks; never waits for them.

    Attributes:
        url: where the page is, without the token.
    """

    def __init__(self, target: str, run: RunInfo | None = None) -> None:
        """Starts to listen.

        Raises:
            SinkError: the address is wrong or taken, or the extra is not installed.
        """
        run = run or RunInfo()
        address = read_address(target)
        self.counts = PreviewCounts()
        run.sink_counts["preview"] = self.counts
        self._views = Views(run.region, self.counts)
        self._health = Health(run)
        try:
            self._metrics, self._server = _make_server(run, self._views, self._health, address.token)
        except ImportError as error:
            raise SinkError(
                f"preview: needs packages that cannot be imported ({error}); run: {install_command('preview')}"
            ) from error
        listening = _listen(address, target)
        host, port = listening.getsockname()[:2]
        self.url = f"http://{_reachable(host)}:{port}/"
        self._thread = threading.Thread(
            target=self._server.run, args=([listening],), name=f"preview {self.url}", daemon=True
        )
        self._thread.start()
        logger.info("preview at %s%s", self.url, f"?token={address.token}" if address.token_is_new else "")

    def write(self, result: FrameResult | FrameFailure, frame: Frame | None = None) -> None:
        """Makes it the newest view."""
        self._views.put(result, frame)
        self._metrics.observe(result)

    def tell(self, change: SourceChange) -> None:
        """Says whether the source is there."""
        self._health.tell(change)

    def close(self) -> None:
        """Stops the server."""
        self._views.end()
        self._server.should_exit = True
        self._thread.join(GOODBYE_SECONDS)
        self._server.force_exit = True


def _make_server(run: RunInfo, views: Views, health: Health, token: str | None) -> tuple[RunMetrics, Server]:
    from uvicorn import Config, Server

    from edge_runtime.sinks.preview.app import make_app
    from edge_runtime.sinks.preview.connections import KEEP_ALIVE_SECONDS, BoundedConnection
    from edge_runtime.sinks.preview.metrics import RunMetrics

    counts = run.sink_counts["preview"]
    metrics = RunMetrics(run, health)
    bounded: Any = partial(BoundedConnection, counts)
    config = Config(
        make_app(run, views, metrics, health, token),
        http=bounded,
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=_ACCEPTED_AT_ONCE,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=1,
    )
    return metrics, Server(config)


class _Listening(socket.socket):
    """A socket that keeps many waiting; asyncio takes one number for that and for how many it accepts at once."""

    def listen(self, _backlog: int = _WAITING, /) -> None:
        super().listen(_WAITING)


def _listen(address: PreviewAddress, target: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listening = _Listening(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((address.host, address.port))
        listening.listen()
    except OSError as error:
        listening.close()
        named = f"preview:{target}" if target else "preview"
        reason = f"cannot listen on port {address.port} of {address.host}: {error.strerror}"
        raise SinkError(f"{named}: {reason}; name another port: preview:PORT") from error
    return listening


def _reachable(host: str) -> str:
    """A name by which the address may be opened: from elsewhere that is this machine's, where it listens on all."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        return socket.gethostname()
    return f"[{host}]" if ":" in host else host
