"""The connection to an MQTT broker, and what goes over it.

TOPIC           a result a frame, QoS 0: stale after an outage, so it is left out while the broker is not there or slow
TOPIC/event     entered and left, QoS 1: kept through an outage, up to a limit
TOPIC/state     the best label, its score and all that are there, retained; once a second at most while these stay
TOPIC/picture   a JPEG, with ``?picture``, retained; when these change, once a second at most
TOPIC/status    online or, also when this process dies, offline; retained
"""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edge_runtime.console.command import logger
from edge_runtime.console.distribution import install_command
from edge_runtime.contracts.results import Frame, FrameFailure, FrameResult, LabelEvent, SourceChange
from edge_runtime.errors import SinkError
from edge_runtime.sinks.base import InformedSink, RunInfo
from edge_runtime.sinks.mqtt.discovery import LABEL_SENSORS, discovery_messages
from edge_runtime.sinks.mqtt.settings import MqttSettings, read_settings
from edge_runtime.sinks.picture import as_jpeg

if TYPE_CHECKING:
    from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode

MAX_WAITING_RESULTS = 16
MAX_WAITING_EVENTS = 1000
KEEP_ALIVE_SECONDS = 30
LONGEST_PAUSE_SECONDS = 30
GOODBYE_SECONDS = 1.5
"""All that closing may take: a service has to end when it is told to, whatever a broker or its name server does."""
_STATE_SECONDS = 1.0
_PICTURE_SECONDS = 1.0
_PICTURE_SIDE = 640
_QUEUE_IS_FULL = 15  # paho's MQTT_ERR_QUEUE_SIZE
_THERE, _LOST = "there", "lost"  # of TOPIC/source; discovery.py tells Home Assistant what they mean
_CONNECTION_LOST = -1  # among message numbers


@dataclass(slots=True)
class MqttCounts:
    """What became of results and events; those not sent and not lost are under way."""

    results_sent: int = 0
    results_left_out: int = 0
    events_sent: int = 0
    events_lost: int = 0

    def describe(self) -> str:
        """All of it in one line."""
        return (
            f"{self.results_sent} results sent, {self.results_left_out} left out, "
            f"{self.events_sent} events sent, {self.events_lost} lost"
        )


class MqttSink(InformedSink):
    """Publishes results, events and state; never waits for the broker."""

    scheme = "mqtt"

    def __init__(self, target: str, run: RunInfo | None = None) -> None:
        """Starts connecting, in a thread of the library's.

        Raises:
            SinkError: the address is wrong, or paho-mqtt is not installed. A broker that is not there is none.
        """
        self.counts = MqttCounts()
        self._settings = read_settings(f"{self.scheme}:{target}")
        self._run = run or RunInfo()
        self._run.sink_counts[self.scheme] = self.counts
        self._results: set[int] = set()  # the message numbers of those under way
        self._events: set[int] = set()
        self._arrived: deque[int] = deque()  # left by the library's thread, taken by the one that writes
        self._state: dict[str, Any] | None = None
        self._state_due = 0.0
        self._picture: bytes | None = None
        self._picture_wanted = False
        self._picture_due = 0.0
        self._source = _THERE
        self._said_gone = False
        self._say_what_is_left_out()
        self._client = _make_client(self._settings)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_publish = self._on_publish
        doubt = ", or its certificate is not trusted (EDGE_MQTT_CA_FILE)" if self._settings.secure else ""
        self._client.on_connect_fail = lambda *_: self._say_gone(f"it cannot be reached{doubt}")
        self._client.connect_async(self._settings.host, self._settings.port, KEEP_ALIVE_SECONDS)
        self._client.loop_start()

    def write(self, result: FrameResult | FrameFailure, frame: Frame | None = None) -> None:
        """Hands the result and its events to the library; those that do not fit are counted."""
        self._count_arrived()
        self._publish_result(result)
        if isinstance(result, FrameResult):
            self._publish_events(result)
            self._publish_state(result, frame)

    def tell(self, change: SourceChange) -> None:
        """Says whether the camera is there, also to those that ask later."""
        self._source = _LOST if change.kind == "source_lost" else _THERE
        self._publish_event(change)
        self._retain("source", self._source)

    def close(self) -> None:
        """Waits a little for events to arrive, says goodbye and what became of everything."""
        deadline = time.monotonic() + GOODBYE_SECONDS
        while self._events and time.monotonic() < deadline:
            time.sleep(0.01)
            self._count_arrived()
        self.counts.events_lost += len(self._events)
        self.counts.results_left_out += len(self._results)
        if self._client.is_connected():
            goodbye = self._client.publish(f"{self._settings.topic}/status", "offline", qos=1, retain=True)
            with suppress(RuntimeError):  # the connection broke at that very moment; then the last will says it
                goodbye.wait_for_publish(max(0.0, deadline - time.monotonic()))
        self._client.disconnect()
        self._said_gone = True  # what becomes of the connection from now on is no news
        stopping = threading.Thread(target=self._client.loop_stop, name="mqtt goodbye", daemon=True)
        stopping.start()  # it waits for the library's thread, which may wait for a name server
        stopping.join(max(0.1, deadline - time.monotonic()))
        logger.info("%s: %s", self._settings.address, self.counts.describe())

    def _publish_result(self, result: FrameResult | FrameFailure) -> None:
        if self._client.is_connected() and len(self._results) < MAX_WAITING_RESULTS:
            info = self._client.publish(self._settings.topic, _json(result.to_json()))
            if info.rc == 0:
                self._results.add(info.mid)
                return
        self.counts.results_left_out += 1

    def _publish_events(self, result: FrameResult) -> None:
        for event in result.events:
            self._publish_event(event)

    def _publish_event(self, event: LabelEvent | SourceChange) -> None:
        info = self._client.publish(f"{self._settings.topic}/event", _json(event.to_json()), qos=1)
        if info.rc != _QUEUE_IS_FULL:  # without a connection it is kept as well
            self._events.add(info.mid)
            return
        if not self.counts.events_lost:
            logger.warning("%s: %d events wait; further ones are lost", self._settings.address, MAX_WAITING_EVENTS)
        self.counts.events_lost += 1

    def _publish_state(self, result: FrameResult, frame: Frame | None) -> None:
        best = result.classification.best
        label, score = (best.label, round(best.score, 4)) if best else (None, 0.0)
        there = result.classification.categories if self._run.shows_several else (best,) if best else ()
        state = {"label": label, "score": score, "labels": sorted(each.label for each in there)}
        before, now = self._state or {}, time.monotonic()
        has_changed = any(before.get(key) != state[key] for key in ("label", "labels"))
        if has_changed or not before or (before["score"] != score and now >= self._state_due):
            self._state = state
            self._state_due = now + _STATE_SECONDS
            self._retain("state", _json(state))
        self._publish_picture(frame, has_changed, now)

    def _publish_picture(self, frame: Frame | None, has_changed: bool, now: float) -> None:
        """Of the first frame, and of those that show something else; a change that comes too soon has it later."""
        self._picture_wanted = self._picture_wanted or has_changed
        if not (self._settings.picture and self._picture_wanted) or frame is None or now < self._picture_due:
            return
        self._picture_wanted = False
        self._picture_due = now + _PICTURE_SECONDS
        self._picture = as_jpeg(frame.pixels, _PICTURE_SIDE)
        self._retain("picture", self._picture)

    def _say_what_is_left_out(self) -> None:
        if self._settings.discovery is not None and len(self._run.labels) > LABEL_SENSORS:
            number = len(self._run.labels)
            logger.info("%s: %d labels are too many for a sensor each", self._settings.address, number)

    def _retain(self, name: str, content: str | bytes) -> None:
        if self._client.is_connected():  # a broker that comes back is told the latest anyway
            self._client.publish(f"{self._settings.topic}/{name}", content, qos=0, retain=True)

    def _count_arrived(self) -> None:
        while self._arrived:
            number = self._arrived.popleft()
            if number == _CONNECTION_LOST:
                self.counts.results_left_out += len(self._results)
                self._results.clear()
            elif number in self._results:
                self._results.remove(number)
                self.counts.results_sent += 1
            elif number in self._events:
                self._events.remove(number)
                self.counts.events_sent += 1

    def _on_publish(
        self, _client: Client, _data: Any, number: int, _reason: ReasonCode, _properties: Properties | None
    ) -> None:
        self._arrived.append(number)

    def _on_connect(
        self, _client: Client, _data: Any, _flags: ConnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        if reason.is_failure:
            self._say_gone(f"it refuses: {reason}; are EDGE_MQTT_USER and EDGE_MQTT_PASSWORD right?")
            return
        if self._said_gone:
            logger.warning("%s: connected", self._settings.address)
            self._said_gone = False
        self._retain("status", "online")
        self._retain("source", self._source)
        if self._state is not None:
            self._retain("state", _json(self._state))
        if self._picture is not None:
            self._retain("picture", self._picture)
        if self._settings.discovery is not None:
            found = discovery_messages(
                self._settings.discovery,
                self._settings.topic,
                self._run.model,
                self._run.labels,
                picture=self._settings.picture,
            )
            for topic, configuration in found.items():
                self._client.publish(topic, _json(configuration), retain=True)

    def _on_disconnect(
        self, _client: Client, _data: Any, _flags: DisconnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        self._arrived.append(_CONNECTION_LOST)
        if reason.is_failure:
            self._say_gone("the connection is lost")

    def _say_gone(self, reason: str) -> None:
        if not self._said_gone:
            logger.warning("%s: %s; trying on", self._settings.address, reason)
            self._said_gone = True


class SecureMqttSink(MqttSink):
    """The same over TLS; the broker's certificate is checked."""

    scheme = "mqtts"


def _make_client(settings: MqttSettings) -> Client:
    try:
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion
    except ImportError as error:
        raise SinkError(
            f"{settings.address}: needs paho-mqtt 2, which cannot be imported ({error}); run: {install_command('mqtt')}"
        ) from error
    client = Client(CallbackAPIVersion.VERSION2)
    client.max_queued_messages_set(MAX_WAITING_EVENTS)
    client.reconnect_delay_set(1, LONGEST_PAUSE_SECONDS)
    client.will_set(f"{settings.topic}/status", "offline", qos=1, retain=True)
    if settings.user is not None:
        client.username_pw_set(settings.user, settings.password)
    if settings.secure:
        try:
            client.tls_set(ca_certs=str(settings.ca_file) if settings.ca_file else None)
        except (OSError, ssl.SSLError) as error:
            raise SinkError(f"{settings.ca_file}: no certificates (EDGE_MQTT_CA_FILE): {error}") from error
    return client


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
