"""What the centre makes of the inflow of guided drivers: what is sound is told to signals, what is not is not there."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.centre_app import World, memory_world
from bench.link.site import trial_site
from signal_ctrl.centre.cabinets import Place
from signal_ctrl.centre.foretelling import AGAIN_S, BUS_AGAIN_S
from signal_ctrl.centre.guided import AHEAD_S, FRESH_MS, LATE_MS, PRESENCE, GuidedDrivers
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.foretold import MOST, Foretold, ForetoldKind, foretelling_from_bytes
from signal_ctrl.domain.roads import Road, RoadClass, RoadNetwork, RoadTurn
from signal_ctrl.domain.site_json import site_to_json
from signal_ctrl.watch.buses.fleet import key_of

BEGIN_MS = 1_800_000_000_000


def crossing(signal: str = "cab-1") -> RoadNetwork:
    """Three roads into the trial signal, each with its exit, and one more behind it."""

    def road(name: str, a: str, b: str, at: str = "") -> Road:
        shape = ((120.0, 30.2), (120.002, 30.2))
        return Road(name, a, b, 200.0, 1, 13.9, 1800.0, RoadClass.SECONDARY, shape, signal=at)

    ways = [road(f"in{k}", f"a{k}", "x", signal) for k in range(3)] + [road(f"out{k}", "x", f"b{k}") for k in range(3)]
    turns = [RoadTurn(f"in{k}", f"out{k}") for k in range(3)] + [RoadTurn("out0", "far")]
    return RoadNetwork((*ways, road("far", "b0", "c")), tuple(turns))


def inflow(*in_ds: int, turn: tuple[str, str] = ("in1", "out1"), at_ms: int = BEGIN_MS) -> dict[str, Any]:
    row = {"from": turn[0], "to": turn[1], "in_ds": list(in_ds)}
    return {"utc_ms": at_ms, "under_way": len(in_ds), "coming": [row]}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(BEGIN_MS, 1_000_000)


@pytest.fixture
def world(tmp_path: Path, clock: ManualClock) -> Iterator[World]:
    made = memory_world(clock, tmp_path)
    made.links.enrol("trial", "cab-1", site_to_json(trial_site("cab-1")), Place("north"))
    yield made
    made.store.close()


@pytest.fixture
def drivers(world: World) -> GuidedDrivers:
    return source(world, crossing())


def source(world: World, network: RoadNetwork | None) -> GuidedDrivers:
    """Return guided drivers as one of the sources of a centre."""
    made = GuidedDrivers(world.centre.desk, lambda: network)
    world.centre.foretelling.sources.append(made.foretold)
    return made


def told(world: World, cabinet: str = "cab-1") -> tuple[Foretold, ...]:
    return foretelling_from_bytes(world.centre.foretelling.answer(cabinet)).coming


def turns(found: tuple[Foretold, ...]) -> list[tuple[str, str, float]]:
    return [(one.road, one.next_road, one.times_s[0]) for one in found]


def test_each_signal_is_told_of_its_own_turns_for_a_few_seconds(
    world: World, drivers: GuidedDrivers, clock: ManualClock
) -> None:
    document = inflow(300, 55)
    document["coming"] += inflow(70, turn=("out0", "far"))["coming"]  # no signal there
    assert drivers.hear(document) == 2
    assert turns(told(world)) == [("in1", "out1", 5.5), ("in1", "out1", 30.0)]
    assert told(world, "cab-9") == ()
    clock.pass_ms(4_000)
    assert turns(told(world)) == [("in1", "out1", 1.5), ("in1", "out1", 26.0)]
    clock.pass_ms(FRESH_MS - 4_000)
    assert turns(told(world)) == [("in1", "out1", 30.0 - FRESH_MS / 1000)]  # nobody is there in the past
    clock.pass_ms(1)
    assert told(world) == () and drivers.drivers == 0


def test_each_driver_is_one_vehicle_that_probably_comes_with_a_key_of_his_own(
    world: World, drivers: GuidedDrivers
) -> None:
    document = inflow(100, 100, 130)
    document["coming"] += inflow(100, turn=("in0", "out0"))["coming"]
    drivers.hear(document)
    found = told(world)
    assert len(found) == len({one.key for one in found}) == 4
    assert {(one.kind, one.cars, one.presence) for one in found} == {(ForetoldKind.GUIDED, 1.0, PRESENCE)}
    assert all(one.can_be for one in found)
    drivers.hear(document)
    assert told(world) == found  # and a key stays with who is told again


def test_drivers_and_buses_are_told_together_and_a_bus_is_asked_for_more_often(
    world: World, drivers: GuidedDrivers
) -> None:
    bus = Foretold(ForetoldKind.BUS, key_of("bus 7"), "in1", "out1", (20.0, 22.0), 200.0, 9.0, 20.0)
    near: list[Foretold] = []
    world.centre.foretelling.sources.append(lambda _signal, _at_utc_ms: near)
    drivers.hear(inflow(100))
    word = foretelling_from_bytes(world.centre.foretelling.answer("cab-1"))
    assert word.again_s == AGAIN_S
    near.append(bus)
    word = foretelling_from_bytes(world.centre.foretelling.answer("cab-1"))
    assert word.again_s == BUS_AGAIN_S
    assert [one.kind for one in word.coming] == [ForetoldKind.BUS, ForetoldKind.GUIDED]
    assert word.coming[0] == bus


def test_of_more_than_a_document_holds_the_earliest_are_told(world: World, drivers: GuidedDrivers) -> None:
    document = inflow()
    document["coming"] = [{"from": f"in{k}", "to": f"out{k}", "in_ds": [11 * n for n in range(77)]} for k in range(3)]
    assert drivers.hear(document) == 231
    found = told(world)
    assert len(found) == MOST
    assert max(one.times_s[0] for one in found) <= 1.1 * (MOST // 3)


def broken(**changes: Any) -> dict[str, Any]:
    return {**inflow(100), **changes}


ROW = {"from": "in1", "to": "out1", "in_ds": [10]}
ABSURD: dict[str, object] = {
    "nothing": None,
    "a list": [],
    "a text": "coming",
    "no turns": {"utc_ms": BEGIN_MS},
    "no time": {"coming": []},
    "time of another kind": broken(utc_ms="now"),
    "a flag as time": broken(utc_ms=True),
    "late": broken(utc_ms=BEGIN_MS - LATE_MS - 1),
    "of a time to come": broken(utc_ms=BEGIN_MS + LATE_MS + 1),
    "turns that are none": broken(coming=[7]),
    "turns as an object": broken(coming={"in1": 3}),
    "a key too many": broken(coming=[{**ROW, "plate": "x"}]),
    "a key too few": broken(coming=[{"from": "in1", "to": "out1"}]),
    "roads that are no names": broken(coming=[{**ROW, "from": 3}]),
    "a road without a name": broken(coming=[{**ROW, "to": ""}]),
    "times that are none": broken(coming=[{**ROW, "in_ds": "soon"}]),
    "a time that is no whole number": broken(coming=[{**ROW, "in_ds": [1.5]}]),
    "not a number": broken(coming=[{**ROW, "in_ds": [float("nan")]}]),
    "a time that has passed": broken(coming=[{**ROW, "in_ds": [-1]}]),
    "a time too far ahead": broken(coming=[{**ROW, "in_ds": [10 * AHEAD_S + 1]}]),
    "a turn twice": broken(coming=[ROW, ROW]),
    "more than pass": broken(coming=[{**ROW, "in_ds": [10] * 78}]),
    "more than a city has": broken(coming=[{**ROW, "in_ds": [10] * 20_001}]),
    "another town": broken(coming=[{**ROW, "from": "nowhere"}, {**ROW, "to": "nirvana"}, ROW]),
}


@pytest.mark.parametrize("document", ABSURD.values(), ids=ABSURD.keys())
def test_what_is_late_or_absurd_is_refused_as_a_whole_and_nobody_is_foretold(
    document: object, world: World, drivers: GuidedDrivers
) -> None:
    assert drivers.hear(inflow(100, 200)) == 2
    with pytest.raises(InvalidInputError, match="inflow of the parking service"):
        drivers.hear(document)
    assert told(world) == () and drivers.drivers == 0
    assert drivers.hear(inflow(100)) == 1  # and a sound one counts again


def test_as_many_as_pass_are_no_absurdity(drivers: GuidedDrivers) -> None:
    assert drivers.hear(inflow(*[10 * k for k in range(77)])) == 77


def test_turns_that_are_not_here_are_left_out_where_most_are(drivers: GuidedDrivers) -> None:
    document = inflow(100)
    document["coming"].append({**copy.deepcopy(ROW), "from": "new road"})
    assert drivers.hear(document) == 1


def test_without_a_network_nobody_is_foretold(world: World) -> None:
    assert source(world, None).hear(inflow(100)) == 0 and told(world) == ()


def test_cabinets_that_come_later_are_known_within_a_minute(world: World, clock: ManualClock) -> None:
    drivers = source(world, crossing("cab-2"))
    drivers.hear(inflow(100))
    assert told(world, "cab-2") == ()
    world.links.enrol("trial", "cab-2", site_to_json(trial_site("cab-2")), Place("north"))
    clock.pass_ms(60_000)
    drivers.hear(inflow(100, at_ms=clock.utc_ms()))
    assert len(told(world, "cab-2")) == 1
