"""A network that loses, doubles, delays and shuffles, and messages by hand, for the tests of live data."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from detectors.live.message import Batch, Row, batch_of, payload_of
from detectors.live.sender import Sent, messages_of
from detectors.live.stream import LiveStream
from detectors.live.told import LiveEvent, Told

T0_MS = 1_700_000_000_000


@dataclass(frozen=True)
class Delivery:
    at_s: float
    source: str
    payload: bytes


def edges(seconds: int, device: str = "J", channel: int = 1, every_ms: int = 1700) -> list[Row]:
    """Pulses of 0.4 s, one each `every_ms`."""
    times = range(T0_MS + 300, T0_MS + seconds * 1000, every_ms)
    return [Row(t + lasts, device, code, channel) for t in times for code, lasts in ((82, 0), (81, 400))]


def skewed(batch: Batch, ahead_ms: int) -> Batch:
    """A batch as a source sends it whose clock is ahead."""
    rows = tuple(Row(row.time_ms + ahead_ms, *row[1:]) for row in batch.rows)
    return Batch(batch.boot, batch.sequence, batch.sent_ms + ahead_ms, rows)


def network(
    messages: Iterable[Sent],
    rng: random.Random,
    ahead_ms: int = 0,
    doubled: float = 0.0,
    delayed: float = 0.0,
    delay_s: float = 1.5,
    lost: Sequence[int] = (),
) -> list[Delivery]:
    """Deliver messages: each within 30 ms, a share of them but the first three up to `delay_s` later, a share twice."""
    out = []
    for source, batch in messages:
        if batch.sequence in lost:
            continue
        payload = payload_of(skewed(batch, ahead_ms))
        for _ in range(1 + (rng.random() < doubled)):
            late_s = rng.random() * delay_s if rng.random() < delayed and batch.sequence > 3 else 0.0
            out.append(Delivery(batch.sent_ms / 1000 + 0.005 + rng.random() * 0.025 + late_s, source, payload))
    return sorted(out, key=lambda delivery: delivery.at_s)


def received(deliveries: Iterable[Delivery], stream: LiveStream) -> list[Told]:
    """Give everything to a stream as it arrives, and end it."""
    told, at_s = [], 0.0
    for delivery in deliveries:
        at_s = delivery.at_s
        stream.take(delivery.source, batch_of(delivery.payload), at_s)
        told += stream.drain(at_s)
    return told + stream.end(at_s)


def events_of(told: Iterable[Told]) -> list[LiveEvent]:
    return [event for one in told for event in one.events]


def as_rows(events: Iterable[LiveEvent]) -> list[Row]:
    return [Row(event.time_ms, event.device, event.code, event.parameter) for event in events]


def batch(number: int, at_s: float, *rows: Row, boot: str = "b", digest: bytes = b"") -> Batch:
    """A message that is sent a number of seconds after the begin."""
    return Batch(boot, number, T0_MS + round(at_s * 1000), rows, digest or bytes([number % 256]))


def sent(rows: Sequence[Row], boot: str = "b") -> list[Sent]:
    return list(messages_of(rows, boot))
