"""What the broker sends, in a queue of bounded length between its thread and ours.

`block`: each message is acknowledged when it was taken out, and the broker may not have more on the way than the queue
holds: a slow reader leaves the rest with the broker. `drop-oldest`: each is acknowledged at once, and the oldest make
room; their numbers are then missing, and told as a gap.
"""

import threading
from collections.abc import Callable
from typing import NamedTuple

from detectors.live.mailbox import Mailbox, WhenFull
from signal_ctrl.gateways.mqtt_link import MqttLink
from signal_ctrl.gateways.mqtt_settings import MqttSettings


class Arrived(NamedTuple):
    """A message: its source by its topic (empty: none of ours), what it says, and when it came. [s]"""

    source: str
    payload: bytes
    arrival_s: float
    packet: int
    connection: int


class MqttInbox:
    """A subscription to all sources of a broker."""

    def __init__(self, settings: MqttSettings, now_s: Callable[[], float], draw: Callable[[], float]) -> None:
        """Args: now_s, the clock by which arrivals are timed [s]; draw, a number of 0 to 1 by chance."""
        bounds = settings.queue
        self._settings, self.now_s = settings, now_s
        self._box: Mailbox[Arrived] = Mailbox(bounds.messages, bounds.bytes, bounds.when_full)
        self._changed = threading.Condition()
        self._closed = False
        receive = bounds.messages if bounds.when_full is WhenFull.BLOCK else 0
        self.link = MqttLink(settings, draw, self._put, receive)

    def open(self, timeout_s: float = 10.0) -> None:
        """Connect and subscribe. [s] Raises: BackendError and its kinds."""
        self.link.open(timeout_s)

    def close(self) -> None:
        """End the connection; what is in the queue can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self.link.close()

    @property
    def dropped(self) -> int:
        """How many messages had to make room."""
        return self._box.dropped

    @property
    def fullest(self) -> int:
        """How many messages waited at most."""
        return self._box.fullest

    def __len__(self) -> int:
        return len(self._box)

    def take(self, timeout_s: float) -> Arrived | None:
        """Return the oldest message, None if there is none for so long. [s]"""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._box) > 0 or self._closed, timeout_s) or not len(self._box):
                return None
            arrived = self._box.take()
            self._changed.notify_all()
        if self._box.when_full is WhenFull.BLOCK:
            self.link.acknowledge(arrived.packet, arrived.connection)
        return arrived

    def _put(self, topic: str, payload: bytes, packet: int, connection: int) -> None:
        """Queue a message; runs in the broker's thread, which waits here for room where it may not drop."""
        source = self._settings.source_of(topic)
        arrived = Arrived(source, payload, self.now_s(), packet, connection)
        with self._changed:
            while not self._box.put(arrived, len(payload)):
                if self._closed:
                    return
                self._changed.wait(1.0)
            self._changed.notify_all()
