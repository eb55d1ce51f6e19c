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


def exactly(free: int) -> FreeCount:
    return FreeCount(free, free, free, 100)


def belief(
    free: int | FreeCount,
    *,
    trust: Trust = Trust.GOOD,
    age_s: float = 10,
    is_open: bool = True,
    ahead: int | FreeCount | None = None,
) -> Belief:
    count = free if isinstance(free, FreeCount) else exactly(free)
    occupancy = Occupancy(
        "P1",
        BEGIN_MS,
        BEGIN_MS - round(age_s * 1000),
        count,
        MappingProxyType({SpaceKind.GENERAL: count}),
        Source.SPACES,
        trust,
    )
    return Belief(occupancy, is_open, exactly(ahead) if isinstance(ahead, int) else ahead)


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


@pytest.mark.parametrize(
    ("beliefs", "expected"),
    [
        # (free, low, high, capacity): by the guess nobody knows of a free space, and there are not many more
        ([belief(FreeCount(0, 0, 10, 100))], (FULL, 0)),
        ([belief(FreeCount(2, 0, 12, 100))], (FULL, 0)),
        # surely free is none, but by the guess some are: it is not known to be full
        ([belief(FreeCount(3, 0, 12, 100))], (UNKNOWN, 0)),
        ([belief(FreeCount(10, 0, 25, 100))], (UNKNOWN, 0)),
        ([belief(FreeCount(10, 2, 25, 100))], (UNKNOWN, 0)),
        # by the guess none are, but a fifth of it is not seen at all
        ([belief(FreeCount(0, 0, 20, 100))], (UNKNOWN, 0)),
        ([belief(FreeCount(0, 0, 11, 100))], (UNKNOWN, 0)),
        # several facilities are one count: two that are nearly full, one that may not be
        ([belief(FreeCount(0, 0, 5, 100)), belief(FreeCount(4, 0, 9, 100))], (FULL, 0)),
        ([belief(FreeCount(0, 0, 5, 100)), belief(FreeCount(5, 0, 9, 100))], (UNKNOWN, 0)),
        # what is surely free in one of them is told, whatever is not known of the other
        ([belief(FreeCount(0, 0, 40, 100)), belief(FreeCount(7, 7, 7, 100))], (COUNT, 7)),
        # ahead: full when one gets there, or nobody knows
        ([belief(30, ahead=FreeCount(1, 0, 6, 100))], (FULL, 0)),
        ([belief(30, ahead=FreeCount(9, 0, 30, 100))], (UNKNOWN, 0)),
        ([belief(30, ahead=FreeCount(1, 0, 30, 100))], (UNKNOWN, 0)),
        ([belief(30, ahead=FreeCount(40, 12, 60, 100))], (COUNT, 12)),
        ([belief(0, ahead=FreeCount(40, 12, 60, 100))], (FULL, 0)),
        ([belief(FreeCount(9, 0, 20, 100), ahead=FreeCount(40, 12, 60, 100))], (UNKNOWN, 0)),
        # closed ones are no reason to doubt the others
        ([belief(FreeCount(0, 0, 3, 100)), belief(FreeCount(9, 0, 90, 100), is_open=False)], (FULL, 0)),
    ],
)
def test_full_is_said_of_what_is_known_to_be_full(beliefs: list[Belief], expected: tuple[LineState, int]) -> None:
    assert state(*beliefs) == expected


def test_a_full_line_goes_to_dashes_where_it_is_no_longer_known_to_be_full() -> None:
    full = LineShown(FULL, 0, BEGIN_MS - 60_000)
    assert state(belief(FreeCount(6, 0, 10, 100)), before=full) == (FULL, 0)
    assert state(belief(FreeCount(7, 0, 10, 100)), before=full) == (UNKNOWN, 0)
    unknown = LineShown(UNKNOWN, 0, BEGIN_MS - 60_000)
    assert state(belief(FreeCount(3, 0, 10, 100)), before=unknown) == (UNKNOWN, 0)  # FULL again at the stock alone
    assert state(belief(FreeCount(2, 0, 10, 100)), before=unknown) == (FULL, 0)


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


COUNTS = st.lists(st.integers(0, 100), min_size=3, max_size=3).map(
    lambda three: FreeCount(sorted(three)[1], sorted(three)[0], sorted(three)[2], 100)
)
BELIEFS = st.builds(
    belief,
    COUNTS,
    trust=st.sampled_from(Trust),
    age_s=st.floats(-20, 400),
    is_open=st.booleans(),
    ahead=st.one_of(st.none(), COUNTS),
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
            if _counts(each):
                now, then = each.occupancy.total, each.ahead
                sure += now.low if then is None else min(now.low, then.low)
        if before.state is COUNT:
            assert 2 < before.count <= sure


@given(st.lists(BELIEFS, min_size=1, max_size=3), st.sampled_from([None, FULL, UNKNOWN, COUNT]))
def test_full_is_never_said_of_what_may_be_half_empty(beliefs: list[Belief], was: LineState | None) -> None:
    """Stock and step are 2 to 6 and 5 to 6 spaces of 100 to 300; a tenth of them may be free besides."""
    before = None if was is None else LineShown(was, 50 if was is COUNT else 0, 0)
    if shown_line(LINE, beliefs, before, BEGIN_MS).state is not FULL:
        return
    open_ = [each for each in beliefs if each.is_open]
    assert open_ and all(_counts(each) for each in open_)
    guesses = [min(each.occupancy.total.free, 100 if each.ahead is None else each.ahead.free) for each in open_]
    most = sum(
        each.occupancy.total.high if each.ahead is None else min(each.occupancy.total.high, each.ahead.high)
        for each in open_
    )
    assert sum(guesses) <= 6 + 5 and most <= sum(guesses) + 10 * len(open_)


def _counts(each: Belief) -> bool:
    age_ms = BEGIN_MS - each.occupancy.heard_utc_ms
    return each.is_open and each.occupancy.trust is Trust.GOOD and -5000 <= age_ms <= 300_000


@given(st.integers(0, 1 << 40))
def test_numbers_are_rounded_down(free: int) -> None:
    assert 0 <= rounded(free) <= min(free, 9999)
    assert free > 9999 or free - rounded(free) < 5
