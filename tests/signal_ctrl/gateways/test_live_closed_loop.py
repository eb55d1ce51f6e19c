"""The same events over a real broker, shuffled, doubled, delayed and two seconds off: the engine sees no difference."""

import math
import random
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.broker import broker
from detectors.live.loop_feed import LoopFeed
from detectors.live.message import Row
from detectors.live.stream import SourceReport
from detectors.live.told import LiveEvent, Told
from detectors.loops.estimator import LoopEstimator
from detectors.loops.events import LoopEvent
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.gateways.event_log import read_event_log
from signal_ctrl.gateways.live_session import LiveSession
from sumo_scenarios.catalogue import resolve
from sumo_scenarios.run import execute
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.world import build_world
from sumo_scenarios.written import tags
from tests.detectors.layouts import junction
from tests.detectors.live.wire import T0_MS, Delivery, as_rows, events_of, network, sent
from tests.signal_ctrl.gateways.brokers import listening, needs_broker, sending, settings_of

pytestmark = [needs_broker, pytest.mark.slow]
AHEAD_MS = 2000


def over_the_broker(deliveries: Sequence[Delivery]) -> tuple[list[LiveEvent], list[SourceReport]]:
    """Play a network's time: each message is published when it was delivered, and arrives by that clock."""
    now_s, session, told = [0.0], LiveSession(), list[Told]()
    with broker() as own, listening(settings_of(own), lambda: now_s[0]) as inbox, sending(settings_of(own)) as link:
        for delivery in deliveries:
            now_s[0] = delivery.at_s
            link.publish(link.settings.events_topic(delivery.source), delivery.payload)
            arrived = inbox.take(10.0)
            assert arrived is not None
            session.receive(arrived.source, arrived.payload, arrived.arrival_s)
            told += session.turn(now_s[0])
    told += session.stream.end(now_s[0])
    return events_of(told), list(session.stream.report(now_s[0]))


def street_rows(seconds: int) -> list[Row]:
    """Vehicles at random over the three loops of one lane, to the hundredth of a second."""
    rng, rows, at_ms = random.Random(7), list[Row](), 0
    while at_ms < (seconds - 20) * 1000:
        at_ms += rng.randrange(2000, 12_000, 10)
        for channel, after_ms in ((1, 0), (2, 11_500), (3, 15_000)):
            on_ms = T0_MS + at_ms + after_ms + rng.randrange(0, 1500, 10)
            rows += [Row(on_ms, "J", 82, channel), Row(on_ms + rng.randrange(500, 1400, 10), "J", 81, channel)]
    return sorted(rows, key=lambda row: row.time_ms)


def check(rows: Sequence[Row], seed: int) -> list[LiveEvent]:
    """Check that what comes out is what went in, source by source; return it."""
    deliveries = network(sent(rows), random.Random(seed), AHEAD_MS, doubled=0.25, delayed=0.3)
    events, reports = over_the_broker(deliveries)
    for report in reports:
        own = [event for event in events if event.source == report.name]
        assert as_rows(own) == [row for row in rows if row.device == report.name]
        assert (report.correction_s, report.gaps, report.refused, report.late) == (-AHEAD_MS / 1000, 0, {}, 0)
        assert report.clock_offset_s == pytest.approx(AHEAD_MS / 1000, abs=0.1)
    assert sum(report.duplicates for report in reports) == len(deliveries) - len(sent(rows)) > 0
    return events


def same_state(
    layouts: Mapping[str, JunctionLayout], rows: Sequence[Row], events: Sequence[LiveEvent], lamps: "Lamps"
) -> int:
    """Feed estimators with the originals and others with what arrived; compare them each second, and all of them at
    the end. Return the vehicles that were seen at most.
    """
    live = {name: deque(LoopFeed(layout).edges(events)) for name, layout in layouts.items()}
    originals = {name: edges_of(layout, rows) for name, layout in layouts.items()}
    one, other = ({name: LoopEstimator(layout) for name, layout in layouts.items()} for _ in range(2))
    for estimators in (one, other):
        for estimator in estimators.values():
            estimator.join(estimators)
    begin_s, most_veh = math.floor(rows[0].time_ms / 1000), 0
    for second in range(begin_s + 1, math.ceil(rows[-1].time_ms / 1000) + 1):
        for name in layouts:
            feed(one[name], live[name], second)
            feed(other[name], originals[name], second)
        for name in layouts:
            view = one[name].view(float(second), lamps(name, second))
            assert repr(view) == repr(other[name].view(float(second), lamps(name, second)))
            most_veh = max(most_veh, sum(len(queue.vehicles) for queue in one[name].queues))
    for name in layouts:
        assert state(one[name]) == state(other[name])
    return most_veh


def edges_of(layout: JunctionLayout, rows: Sequence[Row]) -> deque[LoopEvent]:
    return deque(LoopFeed(layout).edges([LiveEvent(*row, source="original") for row in rows]))


def feed(estimator: LoopEstimator, edges: deque[LoopEvent], until_s: int) -> None:
    while edges and edges[0].time_s <= until_s:
        estimator.take(edges.popleft(), float(until_s))


def state(value: Any, seen: dict[int, int] | None = None) -> Any:
    """Everything within an object, as plain values; who was met before is named by its number."""
    seen = {} if seen is None else seen
    if value is None or isinstance(value, str | int | float | bool | Enum):
        return repr(value)
    if id(value) in seen:
        return ("again", seen[id(value)])
    seen[id(value)] = len(seen)
    return [type(value).__name__, *(state(part, seen) for part in parts_of(value))]


def parts_of(value: Any) -> Iterable[Any]:
    if isinstance(value, np.ndarray):
        return map(float, value.ravel())
    if isinstance(value, Mapping):
        return (part for pair in value.items() for part in pair)
    if isinstance(value, frozenset | set):
        return sorted(map(repr, value))
    if isinstance(value, list | tuple | deque):
        return value
    slots = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
    return (getattr(value, name, None) for name in [*getattr(value, "__dict__", {}), *slots])


class Lamps:
    """The lamps that a finished run showed, by signal and second; or a cycle of a minute."""

    def __init__(self, run: Path | None = None) -> None:
        self._shown: dict[tuple[str, int], str] = {}
        self._last_s = 0
        for tag, given in tags(run / "tls_states.xml.gz") if run is not None else ():
            if tag == "tlsState":
                self._last_s = round(float(given["time"]))
                self._shown[given["id"], self._last_s] = given["state"]

    def __call__(self, signal: str, second: int) -> str:
        return self._shown.get((signal, min(second, self._last_s)), "G" if second % 60 < 25 else "r")


def test_a_street_drives_the_estimator_to_the_same_state() -> None:
    rows = street_rows(240)
    index = {loop.channel: k for k, loop in enumerate(junction().loops)}
    assert list(edges_of(junction(), rows)) == [LoopEvent(index[p], t / 1000, code == 82) for t, _, code, p in rows]
    assert same_state({"J": junction()}, rows, check(rows, 3), Lamps()) > 3


def test_the_comparison_sees_a_single_edge_that_is_lost() -> None:
    rows = street_rows(120)
    events = [LiveEvent(*row, source="J") for row in rows]
    with pytest.raises(AssertionError):
        same_state({"J": junction()}, rows, events[:50] + events[51:], Lamps())


@pytest.mark.sumo
def test_a_recorded_run_drives_its_estimators_to_the_same_state(tmp_path: Path) -> None:
    settings = RunSettings("cologne1", "max_pressure", end_s=25320.0)
    execute(settings, tmp_path / "run", False, lambda _progress: None)
    rows = read_event_log(tmp_path / "run" / "events.parquet")
    world = build_world(resolve("cologne1"), settings.profile, settings.begin_s, settings.end_s)
    layouts = {unit.layout.signal_id: unit.layout for unit in world.units}
    assert {row.device for row in rows} == set(layouts)
    assert same_state(layouts, rows, check(rows, 5), Lamps(tmp_path / "run")) > 5
