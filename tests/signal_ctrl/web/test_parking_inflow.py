"""The inflow on its way from the parking service to the centre: signed, fresh, or not there; nobody waits for it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from bench.centre_app import World
from bench.link.wire import AsgiWire
from signal_ctrl.cabinet.ports import Answer, Ask
from signal_ctrl.centre.guided import GuidedDrivers
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.errors import BackendError, BackendLostError
from signal_ctrl.domain.link.credential import Credential
from signal_ctrl.domain.link.foretold import ForetoldKind
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.gateways.parking_client import ParkingClient
from signal_ctrl.parking.guidance_desk import HEARD_S
from signal_ctrl.parking.guidance_desk import Ask as Wanted
from signal_ctrl.parking.machines import MachineKind
from signal_ctrl.web.breaker import BREAK_AFTER, BREAK_MS
from signal_ctrl.web.parking_inflow import AHEAD_QUERY, EVERY_MS, INFLOW, ParkingInflow
from tests.signal_ctrl.web.parking.test_parking_routes import Town, roads

Meddle = Callable[[Ask, Answer], Answer]
ASKED = Wanted((120.0905, 30.2), (120.1085, 30.2))


def network() -> RoadNetwork:
    """The roads of the town, with a signal in the middle."""
    made = roads()
    return replace(made, roads=tuple(replace(road, signal="J") if road.road == "E1" else road for road in made.roads))


@pytest.fixture
def town() -> Iterator[Town]:
    made = Town()
    made.parking.import_roads("office", roads())
    from signal_ctrl.parking.facilities import Entrance, Facilities
    from tests.signal_ctrl.parking.made import facility

    there = facility("P2", place=(120.1085, 30.2), entrances=(Entrance("E2", 800.0),))
    made.parking.import_facilities("office", Facilities((there,)))
    yield made
    made.store.close()


class Line:
    """The centre's connection to the service, with somebody on it."""

    def __init__(self, town: Town) -> None:
        self._wire = AsgiWire(town.app)
        self.meddle: Meddle = lambda _ask, answer: answer
        self.before: Callable[[Ask], Ask] = lambda ask: ask

    def carry(self, ask: Ask) -> Answer:
        return self.meddle(ask, self._wire.carry(self.before(ask)))

    def close(self) -> None:
        self._wire.close()


@pytest.fixture
def line(town: Town) -> Iterator[Line]:
    made = Line(town)
    yield made
    made.close()


@pytest.fixture
def drivers(world: World, town: Town) -> GuidedDrivers:
    return GuidedDrivers(replace(world.centre.desk, clock=town.clock), network)


def asking(town: Town, line: Line, key: bytes, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    monkeypatch.setattr("signal_ctrl.gateways.parking_client.SystemClock", lambda: town.clock)
    client = ParkingClient("http://127.0.0.1:1", Credential("watcher", key, bytes(32)))
    monkeypatch.setattr(client, "_wire", line)
    return lambda: client.ask("GET", INFLOW, query=AHEAD_QUERY)


@pytest.fixture
def ask(town: Town, line: Line, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    return asking(town, line, town.parking.machines.enrol("office", "watcher", MachineKind.CENTRE), monkeypatch)


def test_guided_drivers_come_to_the_signal_when_the_service_says(
    town: Town, ask: Callable[[], Any], drivers: GuidedDrivers
) -> None:
    told = town.parking.guidance.ask(ASKED)
    way = told.answer.way
    assert way is not None
    view = ParkingInflow(ask, drivers.hear, town.clock)
    view.poll()
    assert view.shown() == {"used": True, "turns": 1, "age_s": 0, "why": ""}
    (driver,) = drivers.foretold("J", town.clock.utc_ms())
    assert (driver.kind, driver.road, driver.next_road) == (ForetoldKind.GUIDED, "E1", "E2")
    assert driver.times_s[0] == pytest.approx(way.ends_s[0], abs=0.2)
    assert drivers.foretold("K", town.clock.utc_ms()) == []
    document = ask()
    assert [(row["from"], row["to"], len(row["in_ds"])) for row in document["coming"]] == [("E1", "E2", 1)]
    assert document["coming"][0]["in_ds"][0] == pytest.approx(10 * way.ends_s[0], abs=2)
    assert "position" not in json.dumps(document) and told.guidance_id not in json.dumps(document)
    town.clock.pass_ms(10_000)
    assert ask()["coming"][0]["in_ds"][0] == pytest.approx(10 * (way.ends_s[0] - 10), abs=2)
    town.clock.pass_ms(int(1000 * way.ends_s[0]))
    assert ask()["coming"] == []  # he has turned
    town.parking.guidance.again(told.guidance_id, ASKED.place)
    assert ask()["coming"] != []
    town.clock.pass_ms(int(1000 * HEARD_S) + 1)
    assert ask()["coming"] == []  # nobody has heard of him for long


def spoiled(body: bytes) -> bytes:
    return body.replace(b'"E1"', b'"W1"')


MEDDLERS: dict[str, Meddle] = {
    "unsigned": lambda _ask, answer: Answer(answer.status, {}, answer.body),
    "changed": lambda _ask, answer: Answer(answer.status, answer.headers, spoiled(answer.body)),
    "no JSON": lambda _ask, answer: Answer(answer.status, answer.headers, b"{"),
    "empty": lambda _ask, answer: Answer(answer.status, answer.headers, b""),
    "an error": lambda _ask, answer: Answer(500, answer.headers, answer.body),
}


@pytest.mark.parametrize("meddle", MEDDLERS.values(), ids=MEDDLERS.keys())
def test_what_is_not_signed_as_it_is_does_not_count(
    meddle: Meddle, town: Town, line: Line, ask: Callable[[], Any], drivers: GuidedDrivers
) -> None:
    town.parking.guidance.ask(ASKED)
    view = ParkingInflow(ask, drivers.hear, town.clock)
    view.poll()
    assert drivers.drivers == 1
    line.meddle = meddle
    for _ in range(4):
        town.clock.pass_ms(EVERY_MS)
        try:
            view.poll()
        except BackendError as error:
            assert "told of nobody who parks" in str(error)
    assert drivers.drivers == 0 and not view.shown()["used"] and view.shown()["why"]


def test_an_answer_of_before_does_not_count_again(
    town: Town, line: Line, ask: Callable[[], Any], drivers: GuidedDrivers
) -> None:
    town.parking.guidance.ask(ASKED)
    kept: list[Answer] = []
    line.meddle = lambda _ask, answer: kept.append(answer) or kept[0]  # type: ignore[func-returns-value]
    view = ParkingInflow(ask, drivers.hear, town.clock)
    view.poll()
    assert drivers.drivers == 1
    town.clock.pass_ms(EVERY_MS)
    view.poll()
    assert len(kept) == 2 and "code is wrong" in view.shown()["why"]


def test_who_is_no_centre_is_told_nothing(
    town: Town, line: Line, drivers: GuidedDrivers, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.parking.guidance.ask(ASKED)
    for key in (bytes(32), town.parking.machines.enrol("office", "watcher", MachineKind.SENSORS)):
        view = ParkingInflow(asking(town, line, key, monkeypatch), drivers.hear, town.clock)
        view.poll()
        assert drivers.drivers == 0 and not view.shown()["used"]


def test_a_silent_service_is_left_alone_for_half_a_minute(town: Town) -> None:
    asked: list[int] = []

    def lost() -> Any:
        asked.append(town.clock.mono_ms())
        raise BackendLostError("no answer")

    view = ParkingInflow(lost, lambda _document: 1, town.clock)
    for k in range(BREAK_AFTER):
        if k == BREAK_AFTER - 1:
            with pytest.raises(BackendError, match="no answer"):
                view.poll()
        else:
            view.poll()
        town.clock.pass_ms(EVERY_MS)
    for _ in range((BREAK_MS - EVERY_MS) // 1000 - 1):
        town.clock.pass_ms(1000)
        view.poll()
    assert len(asked) == BREAK_AFTER
    town.clock.pass_ms(1000)
    view.poll()
    assert len(asked) == BREAK_AFTER + 1


def test_a_clock_far_off_is_told_as_late(town: Town, ask: Callable[[], Any], world: World) -> None:
    town.parking.guidance.ask(ASKED)
    there = ManualClock(town.clock.utc_ms() + 31_000, town.clock.mono_ms())
    late = GuidedDrivers(replace(world.centre.desk, clock=there), network)
    view = ParkingInflow(ask, late.hear, town.clock)
    view.poll()
    assert "late, or its clock" in view.shown()["why"] and late.drivers == 0
