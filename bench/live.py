"""How many live events the core takes, alone and through a real broker, and how late they are: `python -m bench.live`.

Rates are per second of the wall; beside them stands what one second of this process's own time takes, which is less
disturbed by whoever else uses the machine. The sender is a process of its own. Lags are from sending to release, of
messages at a steady rate; they are measured in whole milliseconds.
"""

import argparse
import json
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

from rich.console import Console
from rich.table import Table

from bench.broker import Broker, broker, mosquitto
from detectors.live.bins import BinKeeper
from detectors.live.message import Batch, Row, batch_of, payload_of
from detectors.live.stream import LiveStream
from signal_ctrl.domain.errors import BackendError, SignalCtrlError
from signal_ctrl.gateways.live_session import LiveSession
from signal_ctrl.gateways.mqtt_inbox import MqttInbox
from signal_ctrl.gateways.mqtt_link import MqttLink
from signal_ctrl.gateways.mqtt_settings import MqttSettings, QueueBounds

SOURCES: Final = 50
ROWS: Final = 10
AT_ONCE: Final = 50
WARM_S: Final = 3.0
STEADY_PER_S: Final = 200
_PATIENCE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Figure:
    """One measurement, its value and unit; `own`: the same per second of this process's own time."""

    name: str
    value: float
    unit: str
    own: float | None = None


def message(k: int, sent_s: float) -> tuple[str, bytes]:
    """Return message k of `SOURCES` sources that take turns, with `ROWS` events, and its source. [s]"""
    turn, source = divmod(k, SOURCES)
    sent_ms = round(1000 * sent_s)
    rows = tuple(Row(sent_ms - (ROWS - n), f"J{source}", 82 - n % 2, 1 + n // 2) for n in range(ROWS))
    return f"c{source}", payload_of(Batch("bench", turn + 1, sent_ms, rows))


def core(count: int, with_bins: bool) -> Figure:
    """Measure reading, order, clock and, if wished, bins: events a second."""
    given = [message(k, 1e9 + k // SOURCES) for k in range(count)]
    stream, keeper, events = LiveStream(), BinKeeper(), 0
    wall_s, own_s = time.perf_counter(), time.process_time()
    for first in range(0, count, AT_ONCE):
        now_s = 1e9 + first // SOURCES + 0.02
        for source, payload in given[first : first + AT_ONCE]:
            stream.take(source, batch_of(payload), now_s)
        for told in stream.drain(now_s):
            events += len(told.events)
            if with_bins:
                keeper.take(told)
    events += sum(len(told.events) for told in stream.end(2e9))
    if events != count * ROWS:
        raise BackendError(f"{events} events came out of {count * ROWS}")
    wall_s, own_s = time.perf_counter() - wall_s, time.process_time() - own_s
    name = "core with bins" if with_bins else "core"
    return Figure(name, events / wall_s, "events/s", events / own_s)


class Reader:
    """A session at a broker that notes when it began, when it ended, and how late each message was."""

    def __init__(self, port: int) -> None:
        self.session = LiveSession()
        settings = MqttSettings("127.0.0.1", port, client_id="bench-listener", queue=QueueBounds(1000))
        self.inbox = MqttInbox(settings, time.time, random.Random(1).random)
        self.inbox.open()
        self.lags_ms: list[float] = []
        self._begin_s = self._end_s = self._own_s = 0.0

    def turn(self) -> None:
        """Take in what is there, and let out what is in its turn."""
        for _ in range(AT_ONCE):
            arrived = self.inbox.take(0.01)
            if arrived is None:
                break
            if not self._begin_s:
                self._begin_s, self._own_s = time.perf_counter(), time.process_time()
            self.session.receive(arrived.source, arrived.payload, arrived.arrival_s)
            if not len(self.inbox):
                break
        now_s = time.time()
        for told in self.session.turn(now_s):
            if told.covered_ms is not None:
                self.lags_ms.append(1000 * now_s - told.covered_ms[1])
        self._end_s = time.perf_counter()

    def rates(self) -> tuple[float, float]:
        """Return events per second of the wall and of this process's own time; what was received is over."""
        own_s = time.process_time() - self._own_s
        self.inbox.close()
        return self.session.events / (self._end_s - self._begin_s), self.session.events / own_s


def through_broker(own: Broker, count: int, per_s: int) -> tuple[Figure, list[float]]:
    """Measure a sender in another process, a broker and a session.

    Args: per_s, messages a second, 0: as fast as it goes. Returns: the rate, and how late each message was [ms].
    """
    reader = Reader(own.port)
    command = [sys.executable, "-m", "bench.live", "--send", str(own.port)]
    with subprocess.Popen([*command, "--messages", str(count), "--rate", str(per_s)]) as sender:
        until_s = time.monotonic() + _PATIENCE_S + (count / per_s if per_s else 0.0)
        while reader.session.events < count * ROWS and time.monotonic() < until_s:
            reader.turn()
        rate, own_rate = reader.rates()
        sender.wait()
    if reader.session.events != count * ROWS:
        raise BackendError(f"{reader.session.events} of {count * ROWS} events came through the broker")
    return Figure("through the broker", rate, "events/s", own_rate), reader.lags_ms


def send(port: int, count: int, per_s: int) -> None:
    """Send messages to a broker: the other process of `through_broker`."""
    link = MqttLink(MqttSettings("127.0.0.1", port, client_id="bench-sender", session_s=0), random.Random(2).random)
    link.open()
    begin_s = time.time()
    if per_s:
        for k in range(count):
            time.sleep(max(begin_s + k / per_s - time.time(), 0.0))
            source, payload = message(k, time.time())
            link.publish(link.settings.events_topic(source), payload)
    else:
        for source, payload in [message(k, begin_s + k / SOURCES / 1000) for k in range(count)]:
            link.publish(link.settings.events_topic(source), payload, most_open=500)
    link.flush(_PATIENCE_S)
    link.close()


def measured(short: bool) -> list[Figure]:
    """Return all figures; those of the broker only where there is one."""
    count = 2_000 if short else 40_000
    out = [core(count, False), core(count, True)]
    if mosquitto() is None:
        return out
    with broker() as own:
        out.append(through_broker(own, count // 4, 0)[0])
    steady = STEADY_PER_S * (4 if short else 20)
    with broker() as own:
        _, lags_ms = through_broker(own, steady, STEADY_PER_S)
    calm = sorted(lags_ms[int(WARM_S * STEADY_PER_S) :])
    for share in (50, 99):
        value_ms = calm[min(len(calm) * share // 100, len(calm) - 1)]
        out.append(Figure(f"lag of {share} % at {STEADY_PER_S * ROWS} events/s", value_ms, "ms"))
    return out


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures; with --send be the other process."""
    parser = argparse.ArgumentParser(prog="python -m bench.live", description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="a few seconds instead of a minute")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--send", type=int, metavar="PORT", help=argparse.SUPPRESS)
    parser.add_argument("--messages", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--rate", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.send is not None:
        send(given.send, given.messages, given.rate)
        return 0
    try:
        figures = measured(given.short)
    except SignalCtrlError as error:
        Console(stderr=True).print(f"bench.live: {error}")
        return 3
    put(figures, given.json)
    return 0


def put(figures: Sequence[Figure], as_json: bool) -> None:
    """Print figures."""
    if as_json:
        sys.stdout.write(json.dumps([asdict(figure) for figure in figures], indent=1) + "\n")
        return
    table = Table("measured", "value", "unit", "per second of its own time")
    for figure in figures:
        own = "" if figure.own is None else f"{figure.own:,.0f}"
        table.add_row(figure.name, f"{figure.value:,.0f}", figure.unit, own)
    Console().print(table)
    if mosquitto() is None:
        Console().print("without a broker: apt-get install mosquitto")


if __name__ == "__main__":
    sys.exit(main())
