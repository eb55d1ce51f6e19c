"""What the centre makes of the inflow of guided drivers: what is sound is told to signals, what is not is not there."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.centre_app import World, memory_world
from bench.link.site import trial_site
from signal_ctrl.centre.cabinets import Place
from signal_ctrl.centre.foretold import FRESH_MS, LATE_MS, NOBODY_S, ForetoldDesk
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.foretold import (
    AHEAD_MS,
    MAX_FORETOLD_BYTES,
    MOST_VEHICLES,
    PASSED_MS,
    Foretold,
    foretold_from_bytes,
    foretold_to_bytes,
)
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


def told(desk: ForetoldDesk, cabinet: str = "cab-1") -> tuple[Foretold, ...]:
    desk.tick()
    return foretold_from_bytes(desk.of(cabinet)).vehicles


def test_each_signal_is_told_of_its_own_turns_for_a_few_seconds(desk: ForetoldDesk, clock: ManualClock) -> None:
    document = inflow(300, 55)
    document["coming"] += inflow(70, turn=("out0", "far"))["coming"]  # no signal there
    assert desk.hear(document) == 2
    assert told(desk) == (Foretold("in1", "out1", BEGIN_MS + 5_500), Foretold("in1", "out1", BEGIN_MS + 30_000))
    assert told(desk, "cab-9") == ()
    assert foretold_from_bytes(desk.of("cab-1")).again_s == 5
    clock.pass_ms(FRESH_MS)
    assert [each.utc_ms - clock.utc_ms() for each in told(desk)] == [5_500 - FRESH_MS, 30_000 - FRESH_MS]
    clock.pass_ms(1)
    assert told(desk) == () and desk.drivers == 0
    assert foretold_from_bytes(desk.of("cab-1")).again_s == NOBODY_S


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
    assert told(desk) == () and desk.drivers == 0
    assert desk.hear(inflow(100)) == 1  # and a sound one counts again


def test_as_many_as_pass_are_no_absurdity(desk: ForetoldDesk) -> None:
    assert desk.hear(inflow(*[10 * k for k in range(77)])) == 77


def test_turns_that_are_not_here_are_left_out_where_most_are(desk: ForetoldDesk) -> None:
    document = inflow(100)
    document["coming"].append({**copy.deepcopy(ROW), "from": "new road"})
    assert desk.hear(document) == 1


def test_without_a_network_nobody_is_foretold(desk: ForetoldDesk) -> None:
    desk.network = lambda: None
    assert desk.hear(inflow(100)) == 0 and told(desk) == ()


def test_cabinets_that_come_later_are_known_within_a_minute(
    world: World, desk: ForetoldDesk, clock: ManualClock
) -> None:
    desk.network = lambda: crossing("cab-2")
    desk.hear(inflow(100))
    assert told(desk, "cab-2") == ()
    world.links.enrol("trial", "cab-2", site_to_json(trial_site("cab-2")), Place("north"))
    clock.pass_ms(60_000)
    desk.hear(inflow(100, at_ms=clock.utc_ms()))
    assert len(told(desk, "cab-2")) == 1


VEHICLES = st.lists(
    st.builds(
        Foretold,
        st.sampled_from(["a", "北-1", "x y"]),
        st.sampled_from(["b", "c"]),
        st.integers(-40, 150).map(lambda s: BEGIN_MS + 1000 * s),
    ),
    max_size=500,
)


@given(VEHICLES)
def test_a_document_says_what_was_put_into_it(vehicles: list[Foretold]) -> None:
    word = foretold_from_bytes(foretold_to_bytes(vehicles, BEGIN_MS, 60))
    first = sorted(vehicles, key=lambda one: one.utc_ms)[:MOST_VEHICLES]
    kept = [each for each in first if -PASSED_MS <= each.utc_ms - BEGIN_MS <= AHEAD_MS]
    assert sorted(word.vehicles) == sorted(kept) and (word.utc_ms, word.again_s) == (BEGIN_MS, 60)


SOUND = b'{"again_s":5,"coming":[["a","b",[5]]],"format":"signal-ctrl foretold 1","utc_ms":1000}'


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x" * (MAX_FORETOLD_BYTES + 1),
        b"\xff" + SOUND,
        SOUND.replace(b"foretold 1", b"foretold 2"),
        SOUND.replace(b'"again_s":5', b'"again_s":1'),
        SOUND.replace(b'"again_s":5', b'"again_s":301'),
        SOUND.replace(b'"utc_ms":1000', b'"utc_ms":-1'),
        SOUND.replace(b"[5]", b"[1201]"),
        SOUND.replace(b"[5]", b"[-101]"),
        SOUND.replace(b"[5]", b"[true]"),
        SOUND.replace(b"[5]", b"[NaN]"),
        SOUND.replace(b"[5]", b"5"),
        SOUND.replace(b'"a",', b""),
        SOUND.replace(b'"a"', b'""'),
        SOUND.replace(b"[5]", b"[" + b"5," * MOST_VEHICLES + b"5]"),
        SOUND.replace(b"}", b',"more":1}'),
    ],
)
def test_a_document_is_taken_whole_or_not_at_all(data: bytes) -> None:
    assert foretold_from_bytes(SOUND).vehicles == (Foretold("a", "b", 1500),)
    with pytest.raises(InvalidInputError):
        foretold_from_bytes(data)
