from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.parking.facilities import SpaceKind
from signal_ctrl.parking.occupancy import FreeCount, Occupancy, Source, Trust
from signal_ctrl.parking.signs.rules import LineRule
from signal_ctrl.parking.signs.showing import Belief, LineShown, LineState, paced, rounded, shown_line
from tests.signal_ctrl.parking.made import BEGIN_MS

LINE = LineRule("中心", "Centre", ("P1",))
COUNT, FULL, CLOSED, UNKNOWN = LineState.COUNT, LineState.FULL, LineState.CLOSED, LineState.UNKNOWN


def belief(
    low: int, *, trust: Trust = Trust.GOOD, age_s: float = 10, is_open: bool = True, ahead: int | None = None
) -> Belief:
    count = FreeCount(low, low, 100, 100)
    occupancy = Occupancy(
        "P1",
        BEGIN_MS,
        BEGIN_MS - round(age_s * 1000),
        count,
        MappingProxyType({SpaceKind.GENERAL: count}),
        Source.SPACES,
        trust,
    )
    return Belief(occupancy, is_open, ahead)


def state(*beliefs: Belief, before: LineShown | None = None, line: LineRule = LINE) -> tuple[LineState, int]:
    shown = shown_line(line, beliefs, before, BEGIN_MS)
    return shown.state, shown.count


@pytest.mark.parametrize(
    ("beliefs", "expected"),
    [
        ([belief(50)], (COUNT, 50)),
        ([belief(53)], (COUNT, 50)),
        ([belief(13)], (COUNT, 13)),
        ([belief(3)], (COUNT, 3)),
        ([belief(2)], (FULL, 0)),
        ([belief(0)], (FULL, 0)),
        ([belief(50, is_open=False)], (CLOSED, 0)),
        ([], (UNKNOWN, 0)),
        ([belief(50, trust=Trust.DOUBTFUL)], (UNKNOWN, 0)),
        ([belief(50, trust=Trust.STALE)], (UNKNOWN, 0)),
        ([belief(50, age_s=301)], (UNKNOWN, 0)),
        ([belief(50, age_s=-6)], (UNKNOWN, 0)),
        ([belief(50, ahead=1)], (FULL, 0)),
        ([belief(50, ahead=70)], (COUNT, 50)),
        ([belief(8), belief(9)], (COUNT, 17)),
        ([belief(8), belief(90, trust=Trust.STALE)], (COUNT, 8)),
        ([belief(1), belief(90, trust=Trust.STALE)], (UNKNOWN, 0)),
        ([belief(8), belief(90, is_open=False)], (COUNT, 8)),
    ],
)
def test_what_a_line_says(beliefs: list[Belief], expected: tuple[LineState, int]) -> None:
    assert state(*beliefs) == expected


def test_full_ends_only_well_above_where_it_began() -> None:
    full = LineShown(FULL, 0, BEGIN_MS - 60_000)
    assert state(belief(6), before=full) == (FULL, 0)
    assert state(belief(7), before=full) == (COUNT, 7)
    own = LineRule("中心", "Centre", ("P1",), stock=10, step=20)
    assert state(belief(29), before=full, line=own) == (FULL, 0)
    assert state(belief(30), before=full, line=own) == (COUNT, 30)
    assert state(belief(11), before=LineShown(COUNT, 11, 0), line=own) == (COUNT, 11)


@pytest.mark.parametrize(
    ("before", "wanted", "at_once"),
    [
        ((COUNT, 30), (COUNT, 35), False),
        ((COUNT, 30), (COUNT, 25), True),
        ((COUNT, 30), (FULL, 0), True),
        ((COUNT, 30), (UNKNOWN, 0), True),
        ((COUNT, 30), (CLOSED, 0), True),
        ((FULL, 0), (COUNT, 30), False),
        ((FULL, 0), (UNKNOWN, 0), True),
        ((UNKNOWN, 0), (COUNT, 30), False),
        ((UNKNOWN, 0), (FULL, 0), False),
        ((CLOSED, 0), (COUNT, 30), False),
    ],
)
def test_promises_wait_and_are_taken_back_at_once(
    before: tuple[LineState, int], wanted: tuple[LineState, int], at_once: bool
) -> None:
    old, new = LineShown(*before, BEGIN_MS), LineShown(*wanted, BEGIN_MS + 1000)
    assert (paced(old, new, 30, BEGIN_MS + 1000) is new) is at_once
    assert paced(old, new, 30, BEGIN_MS + 30_000) is new
    assert paced(old, new, 30, BEGIN_MS - 1) is new  # the clock went back: nobody knows how long it stood


BELIEFS = st.builds(
    belief,
    st.integers(0, 100),
    trust=st.sampled_from(Trust),
    age_s=st.floats(-20, 400),
    is_open=st.booleans(),
    ahead=st.one_of(st.none(), st.integers(0, 100)),
)


@given(st.lists(st.lists(BELIEFS, min_size=1, max_size=3), min_size=1, max_size=12), st.integers(1, 60))
def test_no_number_is_shown_that_is_not_surely_there(steps: list[list[Belief]], every_s: int) -> None:
    """Whatever comes in whichever order and however fast: the oracle adds up what may be believed, and nothing else."""
    before: LineShown | None = None
    for k, beliefs in enumerate(steps):
        now_ms = BEGIN_MS + k * every_s * 1000
        before = paced(before, shown_line(LINE, beliefs, before, BEGIN_MS), 30, now_ms)
        sure = 0
        for each in beliefs:
            age_ms = BEGIN_MS - each.occupancy.heard_utc_ms
            if each.is_open and each.occupancy.trust is Trust.GOOD and -5000 <= age_ms <= 300_000:
                sure += each.occupancy.total.low if each.ahead is None else min(each.occupancy.total.low, each.ahead)
        if before.state is COUNT:
            assert 2 < before.count <= sure


@given(st.integers(0, 1 << 40))
def test_numbers_are_rounded_down(free: int) -> None:
    assert 0 <= rounded(free) <= min(free, 9999)
    assert free > 9999 or free - rounded(free) < 5
