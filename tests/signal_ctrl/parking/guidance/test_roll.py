"""How many may be guided: bounds by address and in all, who gives way, and what it costs in memory."""

import tracemalloc

from hypothesis import given, settings
from hypothesis import strategies as st

from signal_ctrl.domain.road_ways import Trip
from signal_ctrl.domain.roadside import OnRoad
from signal_ctrl.parking.guidance.roll import MOST_GUIDED, Known, PackedWay, Roll
from signal_ctrl.parking.guidance.values import Hold, Request
from tests.signal_ctrl.parking.made import BEGIN_MS

LONGEST = 80
"""Roads of a way across the town. [roads]"""


def known(name: str, asker: str, way: Trip | None = None) -> Known:
    request = Request(name, OnRoad(7, 0.5, 3.0), (120.1 + len(name) / 1e6, 30.2), sent_to="P1/general")
    return Known(request, ("P1", f"A{name}"), None if way is None else PackedWay(way), BEGIN_MS, asker)


def hold(name: str, at_ms: int = 60_000) -> Hold:
    return Hold(name, "P1/general", BEGIN_MS + at_ms, BEGIN_MS + at_ms + 300_000)


def put(roll: Roll, name: str, asker: str) -> None:
    roll.put(known(name, asker), hold(name))


def names(roll: Roll) -> list[str]:
    return [each.request.request for each in roll]


def test_beyond_its_share_an_address_pushes_out_its_own_oldest() -> None:
    roll = Roll(most=10, most_of_asker=3)
    put(roll, "driver", "home")
    for k in range(7):
        put(roll, f"s{k}", "stranger")
    assert names(roll) == ["driver", "s4", "s5", "s6"]
    assert roll.arrivals.under_way("P1/general") == 4 and roll.gave_way == 4
    assert roll.spaces == {("P1", "Adriver"), ("P1", "As4"), ("P1", "As5"), ("P1", "As6")}


def test_beyond_the_most_whoever_has_most_gives_way_and_no_single_driver() -> None:
    roll = Roll(most=10, most_of_asker=6)
    for k in range(4):
        put(roll, f"d{k}", f"home{k}")
    for k in range(6):
        put(roll, f"s{k}", "stranger")
    put(roll, "new", "home9")
    assert names(roll) == ["d0", "d1", "d2", "d3", "s1", "s2", "s3", "s4", "s5", "new"]
    for k in range(20):  # a stranger with many addresses: as many as he may, then his own
        put(roll, f"t{k}", f"t{k % 3}")
    assert {"d0", "d1", "d2", "d3", "new"} <= set(names(roll)) and len(roll) == 10


def test_where_everybody_asked_once_the_oldest_gives_way() -> None:
    roll = Roll(most=3, most_of_asker=3)
    for k in range(3):
        put(roll, f"d{k}", f"home{k}")
    put(roll, "d0", "home0")  # asked again: the youngest now
    put(roll, "d3", "home3")
    assert names(roll) == ["d2", "d0", "d3"]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 11), st.integers(0, 3)),
        st.tuples(st.just("drop"), st.integers(0, 11), st.just(0)),
        st.tuples(st.just("expire"), st.integers(0, 600), st.just(0)),
    ),
    max_size=60,
)


def gave_way(there: list[tuple[str, str, int]], left: set[str]) -> tuple[str, str, int]:
    """Return who was pushed out; it has to be one of those who have most of them, and his oldest."""
    (gone,) = (each for each in there if each[0] not in left)
    has = [sum(each[1] == one[1] for each in there) for one in there]
    assert has[there.index(gone)] == max(has)
    assert gone == next(each for each in there if each[1] == gone[1])
    return gone


@given(STEPS, st.integers(1, 6), st.integers(1, 4))
@settings(max_examples=200)
def test_bounds_hold_whatever_comes(steps: list[tuple[str, int, int]], most: int, most_of_asker: int) -> None:
    """The oracle is a list that is looked through from the front."""
    roll, there = Roll(most, most_of_asker), list[tuple[str, str, int]]()
    for k, (what, number, asker) in enumerate(steps):
        name, who = f"d{number}", f"a{asker}"
        if what == "expire":
            roll.expire(BEGIN_MS + number * 1000)
            there = [each for each in there if each[2] + 300_000 > number * 1000]
            continue
        there = [each for each in there if each[0] != name]
        if what == "drop":
            roll.drop(name)
            continue
        roll.put(known(name, who), hold(name, k * 1000))
        mine = [each for each in there if each[1] == who]
        if len(mine) >= most_of_asker:
            there.remove(mine[0])
        if len(there) >= most:
            there.remove(gave_way(there, set(names(roll))))
        there.append((name, who, k * 1000))
    assert sorted(names(roll)) == sorted(each[0] for each in there)
    assert len(roll.arrivals.holds) == len(roll) == len(roll.spaces) <= most


def test_as_many_as_there_may_be_take_little_memory() -> None:
    """50,000 strangers' requests with ways across the town: no more than the most are kept, in 60 MB at most."""
    roads, ends = tuple(range(1000, 1000 + LONGEST)), tuple(60.5 * k for k in range(LONGEST))
    roll = Roll()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for k in range(50_000):
            way = Trip(4800.0, 300.0, 48_000.0, roads, ends)
            roll.put(known(f"{k:032x}", f"{k % 5_000:016x}", way), hold(f"{k:032x}", k))
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert len(roll) == MOST_GUIDED
    assert taken < 60e6


def test_a_way_is_kept_as_it_was() -> None:
    way = Trip(100.5, 20.0, 800.0, (3, 70_000, 5), (10.5, 60.25, 100.5))
    assert PackedWay(way).trip() == way
