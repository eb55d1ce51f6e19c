"""A connection to a broker that comes back by itself: MQTT 5, quality of service 1, a session that the broker keeps.

Everything paho is in this module. It runs in a thread of its own; what it calls runs there too.
"""

import threading
from collections.abc import Callable
from typing import Any, Final

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from detectors.live.message import MAX_BYTES
from signal_ctrl.domain.errors import BackendError, BackendLostError, BackendTimeoutError
from signal_ctrl.gateways.backoff import Backoff
from signal_ctrl.gateways.mqtt_settings import MqttSettings

MAX_PACKET: Final = 4 * MAX_BYTES
"""What the broker may send at most; between this and the largest message lies what is counted as too long."""
_LOOP_S: Final = 0.2

OnMessage = Callable[[str, bytes, int, int], None]
"""Topic, payload, number of the packet, and of the connection."""


class MqttLink:
    """One session at a broker. `open` connects, later losses are mended; `close` ends the thread."""

    def __init__(
        self, settings: MqttSettings, draw: Callable[[], float], on_message: OnMessage | None = None, receive: int = 0
    ) -> None:
        """Args: draw, a number of 0 to 1 by chance; on_message, who takes what comes, subscribed to all sources;
        receive, how many messages the broker may have on the way to us until they are acknowledged, 0: acknowledge
        each at once.
        """
        self.settings = settings
        self.connections = 0
        self.lost = 0
        self._on_message, self._receive = on_message, receive
        self._backoff = Backoff(*settings.retry_s, draw)
        self._up, self._stop, self._answered = threading.Event(), threading.Event(), threading.Event()
        self._refused = ""
        self._acknowledged = threading.Condition()
        self._open_publishes = 0
        self._client = self._new_client()
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)

    def _new_client(self) -> Client:
        own = self.settings
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=own.client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
            manual_ack=self._receive > 0,
        )
        if own.username is not None:
            client.username_pw_set(own.username, own.password)
        if own.tls is not None:
            client.tls_set_context(own.tls.context())
        client.on_connect, client.on_disconnect = self._connected, self._disconnected
        client.on_message, client.on_publish = self._message, self._published
        client.on_subscribe = self._subscribed
        client.connect_timeout = 5.0
        return client

    def _properties(self) -> Properties:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        given = {"SessionExpiryInterval": self.settings.session_s, "MaximumPacketSize": MAX_PACKET}
        if self._receive:
            given["ReceiveMaximum"] = self._receive
        for name, value in given.items():
            setattr(properties, name, value)
        return properties

    @property
    def up(self) -> bool:
        """Whether the connection stands."""
        return self._up.is_set()

    def open(self, timeout_s: float = 10.0) -> None:
        """Connect for the first time. [s]

        Raises: BackendLostError if nobody answers, BackendError if the broker refuses, BackendTimeoutError if it says
        nothing.
        """
        own = self.settings
        try:
            self._client.connect(
                own.host, own.port, own.keepalive_s, clean_start=own.session_s == 0, properties=self._properties()
            )
        except (OSError, ValueError) as error:
            raise BackendLostError(
                f"no broker at {own.where}: {error}; is it running, and is the port right?"
            ) from error
        self._thread.start()
        self._answered.wait(timeout_s)
        if not self.up:
            self.close()
            if self._refused:
                raise BackendError(
                    f"the broker at {own.where} refuses: {self._refused}; look at credentials and client_id"
                )
            raise BackendTimeoutError(
                f"the broker at {own.where} does not answer within {timeout_s:g} s; with TLS or without?"
            )

    def close(self, timeout_s: float = 5.0) -> None:
        """Say goodbye and end the thread; the broker keeps the session. [s]"""
        self._stop.set()
        with self._acknowledged:
            self._acknowledged.notify_all()
        self._client.disconnect()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(timeout_s)

    def publish(self, topic: str, payload: bytes, most_open: int = 100, timeout_s: float = 60.0) -> None:
        """Send a message; it is kept and sent again until the broker has it, also over a lost connection.

        Waits while `most_open` are not acknowledged. [s] Raises: BackendTimeoutError if none becomes so in time.
        """
        with self._acknowledged:
            if not self._acknowledged.wait_for(
                lambda: self._open_publishes < most_open or self._stop.is_set(), timeout_s
            ):
                raise BackendTimeoutError(
                    f"the broker at {self.settings.where} has acknowledged nothing for {timeout_s:g} s"
                )
            self._open_publishes += 1
        self._client.publish(topic, payload, qos=1)

    def flush(self, timeout_s: float = 30.0) -> int:
        """Wait until all is acknowledged; return how many messages are not. [s]"""
        with self._acknowledged:
            self._acknowledged.wait_for(lambda: self._open_publishes == 0 or self._stop.is_set(), timeout_s)
            return self._open_publishes

    def acknowledge(self, packet: int, connection: int) -> None:
        """Tell the broker that a message has been dealt with; one of a lost connection comes again anyway."""
        if connection == self.connections:
            self._client.ack(packet, 1)

    def _run(self) -> None:
        while True:
            self._client.loop_forever(timeout=_LOOP_S)
            self._up.clear()
            while not self._stop.wait(self._backoff.wait_s()):
                try:
                    self._client.reconnect()
                    break
                except (OSError, ValueError):
                    continue
            if self._stop.is_set():
                return

    def _connected(self, client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._refused = str(reason)
            self._answered.set()
            return
        self.connections += 1
        self._backoff.reached()
        if self._on_message is None:
            self._begin()
        else:
            client.subscribe(self.settings.events_topic("+"), qos=1)

    def _subscribed(self, _client: Client, _data: Any, _packet: int, reasons: Any, _properties: Any) -> None:
        if any(reason.is_failure for reason in reasons):
            self._refused = f"{reasons[0]} for {self.settings.events_topic('+')}"
            self._answered.set()
        else:
            self._begin()

    def _begin(self) -> None:
        self._up.set()
        self._answered.set()

    def _disconnected(self, _client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if self._up.is_set() and not self._stop.is_set():
            self.lost += 1
        self._up.clear()

    def _message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        if self._on_message is not None:
            self._on_message(message.topic, bytes(message.payload), message.mid, self.connections)

    def _published(self, _client: Client, _data: Any, _packet: int, _reason: Any, _properties: Any) -> None:
        with self._acknowledged:
            self._open_publishes -= 1
            self._acknowledged.notify_all()
