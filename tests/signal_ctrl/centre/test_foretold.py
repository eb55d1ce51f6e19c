"""What the centre makes of the inflow of guided drivers: what is sound is told to signals, what is not is not there."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.centre_app import World, memory_world
from bench.link.site import trial_site
from signal_ctrl.centre.cabinets import Place
from signal_ctrl.centre.foretold import AHEAD_MS, FRESH_MS, LATE_MS, PRESENCE, ForetoldDesk
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.foretold import Foretold, ForetoldKind, foretelling_from_bytes
from signal_ctrl.domain.roads import Road, RoadClass, RoadNetwork, RoadTurn
from signal_ctrl.domain.site_json import site_to_json

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
    made.link.foretold.network = crossing
    yield made
    made.store.close()


@pytest.fixture
def desk(world: World) -> ForetoldDesk:
    return world.link.foretold


def told(desk: ForetoldDesk, signal: str = "cab-1") -> list[Foretold]:
    return desk.coming(signal, desk._desk.now_ms())


def guided(key: int, in_s: float, turn: tuple[str, str] = ("in1", "out1")) -> Foretold:
    return Foretold(ForetoldKind.GUIDED, key, *turn, (in_s,), 0.0, 0.0, presence=PRESENCE)


def test_each_signal_is_told_of_its_own_turns_for_a_few_seconds(desk: ForetoldDesk, clock: ManualClock) -> None:
    document = inflow(55, 300)
    document["coming"] += inflow(70, turn=("out0", "far"))["coming"]  # no signal there
    assert desk.hear(document) == 2
    assert told(desk) == [guided(0, 5.5), guided(1, 30.0)]
    assert told(desk, "cab-9") == []
    clock.pass_ms(FRESH_MS)
    assert told(desk) == [guided(0, 18.0)]  # the first should be there by now
    clock.pass_ms(1)
    assert told(desk) == [] and desk.drivers == 0


def test_cabinets_are_told_in_the_one_form(world: World, desk: ForetoldDesk) -> None:
    desk.hear(inflow(55, 300))
    document = foretelling_from_bytes(world.centre.foretelling.answer("cab-1"))
    assert (document.cabinet, document.again_s) == ("cab-1", 5)
    assert document.coming == (guided(0, 5.5), guided(1, 30.0))
    assert foretelling_from_bytes(world.centre.foretelling.answer("cab-9")).coming == ()


def broken(**changes: Any) -> dict[str, Any]:
    return {**inflow(100), **changes}


ROW = {"from": "in1", "to": "out1", "in_ds": [10]}
ABSURD = {
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
    "a time too far ahead": broken(coming=[{**ROW, "in_ds": [AHEAD_MS // 100 + 1]}]),
    "a turn twice": broken(coming=[ROW, ROW]),
    "more than pass": broken(coming=[{**ROW, "in_ds": [10] * 78}]),
    "more than a city has": broken(coming=[{**ROW, "in_ds": [10] * 20_001}]),
    "another town": broken(coming=[{**ROW, "from": "nowhere"}, {**ROW, "to": "nirvana"}, ROW]),
}


@pytest.mark.parametrize("document", ABSURD.values(), ids=ABSURD.keys())
def test_what_is_late_or_absurd_is_refused_as_a_whole_and_nobody_is_foretold(
    document: object, desk: ForetoldDesk
) -> None:
    assert desk.hear(inflow(100, 200)) == 2
    with pytest.raises(InvalidInputError, match="inflow of the parking service"):
        desk.hear(document)
    assert told(desk) == [] and desk.drivers == 0
    assert desk.hear(inflow(100)) == 1  # and a sound one counts again


def test_as_many_as_pass_are_no_absurdity(desk: ForetoldDesk) -> None:
    assert desk.hear(inflow(*[10 * k for k in range(77)])) == 77


def test_turns_that_are_not_here_are_left_out_where_most_are(desk: ForetoldDesk) -> None:
    document = inflow(100)
    document["coming"].append({**copy.deepcopy(ROW), "from": "new road"})
    assert desk.hear(document) == 1


def test_without_a_network_nobody_is_foretold(desk: ForetoldDesk) -> None:
    desk.network = lambda: None
    assert desk.hear(inflow(100)) == 0 and told(desk) == []
