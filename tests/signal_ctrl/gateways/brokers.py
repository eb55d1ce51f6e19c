"""A real broker for tests, and a sender and a listener at it."""

import contextlib
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from bench.broker import Broker, mosquitto
from detectors.live.mailbox import WhenFull
from detectors.live.message import Batch, Row, payload_of
from signal_ctrl.gateways.live_session import LiveSession
from signal_ctrl.gateways.mqtt_inbox import MqttInbox
from signal_ctrl.gateways.mqtt_link import MqttLink
from signal_ctrl.gateways.mqtt_settings import MqttSettings, QueueBounds

needs_broker = pytest.mark.skipif(mosquitto() is None, reason="there is no mosquitto: apt-get install mosquitto")
QUICK = (0.05, 0.2)


def settings_of(own: Broker, queue: QueueBounds | None = None) -> MqttSettings:
    return MqttSettings("127.0.0.1", own.port, retry_s=QUICK, queue=queue or QueueBounds())


@contextlib.contextmanager
def listening(
    settings: MqttSettings, now_s: Callable[[], float] = time.time, client_id: str = "listener"
) -> Iterator[MqttInbox]:
    inbox = MqttInbox(replace(settings, client_id=client_id), now_s, random.Random(1).random)
    inbox.open()
    try:
        yield inbox
    finally:
        inbox.close()


@contextlib.contextmanager
def sending(settings: MqttSettings, client_id: str = "sender") -> Iterator[MqttLink]:
    link = MqttLink(replace(settings, client_id=client_id, session_s=0), random.Random(2).random)
    link.open()
    try:
        yield link
    finally:
        link.close()


def message(number: int, boot: str = "b", rows: int = 3, at_s: float | None = None) -> bytes:
    """A message that is sent now, or at a time."""
    sent_ms = round(1000 * (time.time() if at_s is None else at_s))
    return payload_of(Batch(boot, number, sent_ms, tuple(Row(sent_ms, "J", 82, number % 1000) for _ in range(rows))))


def taken(inbox: MqttInbox, session: LiveSession, until: Callable[[], bool], most_s: float = 60.0) -> None:
    """Take in what comes until a condition holds. Fails if it never does."""
    end_s = time.monotonic() + most_s
    while not until():
        assert time.monotonic() < end_s, session.stream.report(time.time())
        arrived = inbox.take(0.05)
        if arrived is not None:
            session.receive(arrived.source, arrived.payload, arrived.arrival_s)
        session.turn(inbox.now_s())


def bounds(messages: int, when_full: WhenFull) -> QueueBounds:
    return QueueBounds(messages, 1 << 20, when_full)
