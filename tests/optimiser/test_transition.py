"""Transitions: in step within three cycles, no split cut below its shortest, and what each method promises."""

from collections.abc import Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from optimiser.transition import Entering, Method, TransitionSettings, deal, method_named, transition
from signal_ctrl.domain.errors import InvalidInputError

SHORTWAY = TransitionSettings()


def entering(splits_s: Sequence[int], least_s: Sequence[int], late_s: int, first_s: Sequence[int] = ()) -> Entering:
    return Entering(tuple(splits_s), tuple(least_s), tuple(first_s or least_s), late_s)


def test_shortway_by_hand() -> None:
    """Cycle 80 s. 10 s late: 10 s less in one cycle (at most 16), dealt by the room of 28 and 12 s above the least.

    30 s late: 30 less is the smaller way and takes two cycles, 15 each. 60 s late: 20 more in one cycle, 5:3.
    """
    assert transition(entering((50, 30), (22, 18), 10), SHORTWAY).cycles_s == ((43, 27),)
    assert transition(entering((50, 30), (22, 18), 30), SHORTWAY).cycles_s == ((39, 26), (39, 26))
    assert transition(entering((50, 30), (22, 18), 60), SHORTWAY).cycles_s == ((63, 37),)


def test_the_other_way_where_the_smaller_one_has_no_room() -> None:
    """30 s late of 80 s; only 4 s are above the least: 8 cycles shorter, or 50 s more in two cycles."""
    assert [sum(c) for c in transition(entering((50, 30), (48, 28), 30), SHORTWAY).cycles_s] == [105, 105]


def test_in_step_already() -> None:
    assert transition(entering((50, 30), (22, 18), 0), SHORTWAY).cycles_s == ()


def test_add_only_and_dwell_by_hand() -> None:
    """10 s late of 80 s: 70 s more, 35 in each of two cycles."""
    add = transition(entering((50, 30), (22, 18), 10), TransitionSettings(Method.ADD_ONLY))
    assert [sum(cycle) for cycle in add.cycles_s] == [115, 115]
    dwell = transition(entering((50, 30), (22, 18), 10), TransitionSettings(Method.DWELL))
    assert dwell.cycles_s == ((85, 30), (85, 30))
    assert transition(entering((50, 30), (22, 18), 10), TransitionSettings(Method.DWELL), 1).cycles_s == ((50, 65),) * 2


def test_a_first_split_too_short_after_another_stage_is_made_longer() -> None:
    """The first stage needs 40 s after the old plan's last one: 10 s more, which are enough to be in step."""
    assert transition(entering((30, 50), (20, 20), 70, (40, 20)), SHORTWAY).cycles_s == ((40, 50),)
    assert [sum(c) for c in transition(entering((30, 50), (20, 20), 0, (40, 20)), SHORTWAY).cycles_s] == [80]


def test_it_says_when_three_cycles_are_too_few() -> None:
    slow = TransitionSettings(Method.ADD_ONLY, lengthen=0.1)
    found = transition(entering((50, 30), (22, 18), 10), slow)
    assert not found.in_time
    assert [sum(cycle) - 80 for cycle in found.cycles_s] == [8] * 7 + [7] * 2


def test_limits_that_leave_no_second_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="no cycle may be changed"):
        transition(entering((50, 30), (50, 30), 10), TransitionSettings(lengthen=0.001))


@st.composite
def plans(draw: st.DrawFn) -> Entering:
    least = draw(st.lists(st.integers(5, 40), min_size=2, max_size=6))
    more = draw(st.lists(st.integers(0, 60), min_size=len(least), max_size=len(least)))
    splits = [a + b for a, b in zip(least, more, strict=True)]
    assume(30 <= sum(splits) <= 300)
    first = [max(least[0] + draw(st.integers(-5, 10)), 1), *least[1:]]
    return entering(splits, least, draw(st.integers(0, sum(splits) - 1)), first)


SETTINGS = st.builds(
    TransitionSettings, st.sampled_from(Method), st.floats(0.0, 0.4), st.floats(0.4, 0.8), st.sampled_from((2, 3, 5))
)


@given(plans(), SETTINGS)
def test_in_step_in_time_and_nothing_cut(plan: Entering, settings: TransitionSettings) -> None:
    found = transition(plan, settings)
    assert (plan.late_s + sum(map(sum, found.cycles_s))) % plan.cycle_s == 0, "in step at the end"
    assert found.in_time == (len(found.cycles_s) <= settings.most_cycles)
    for k, cycle_s in enumerate(found.cycles_s):
        least = plan.first_least_s if k == 0 else plan.least_s
        assert all(split_s >= least_s for split_s, least_s in zip(cycle_s, least, strict=True))
        extra = sum(map(max, plan.splits_s, plan.first_least_s)) - plan.cycle_s if k == 0 else 0
        low, high = (1 - settings.shorten) * plan.cycle_s, (1 + settings.lengthen) * plan.cycle_s
        assert low - 1e-6 <= sum(cycle_s) <= max(high, plan.cycle_s + extra) + 1e-6


@given(plans(), SETTINGS)
def test_three_cycles_are_enough_with_the_usual_limits(plan: Entering, settings: TransitionSettings) -> None:
    """Half a cycle more in each of two cycles reaches everything; a first split made longer may cost the third."""
    usual = TransitionSettings(settings.method)
    assert transition(plan, usual).in_time


@given(plans(), SETTINGS)
def test_what_the_methods_promise(plan: Entering, settings: TransitionSettings) -> None:
    base = tuple(map(max, plan.splits_s, plan.first_least_s))
    for k, cycle_s in enumerate(transition(plan, settings).cycles_s):
        own = base if k == 0 else plan.splits_s
        if settings.method is Method.ADD_ONLY:
            assert all(a >= b for a, b in zip(cycle_s, own, strict=True))
        if settings.method is Method.DWELL:
            held = plan.splits_s.index(max(plan.splits_s))
            assert all(a == b for place, (a, b) in enumerate(zip(cycle_s, own, strict=True)) if place != held)
            assert cycle_s[held] >= own[held]


@given(plans(), SETTINGS)
def test_shortway_never_takes_the_longer_way_where_the_other_is_in_time(
    plan: Entering, settings: TransitionSettings
) -> None:
    if settings.method is not Method.SHORTWAY or plan.first_least_s[0] > plan.splits_s[0]:
        return
    found = transition(plan, settings)
    changed = abs(sum(map(sum, found.cycles_s)) - len(found.cycles_s) * plan.cycle_s)
    room = min(int(settings.shorten * plan.cycle_s + 1e-9), sum(plan.splits_s) - sum(plan.least_s))
    first = min(int(settings.shorten * plan.cycle_s + 1e-9), sum(plan.splits_s) - sum(plan.first_least_s))
    if first + (settings.most_cycles - 1) * room >= plan.late_s:
        assert changed <= plan.late_s


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=8), st.integers(0, 100))
def test_seconds_are_dealt_whole(rows: list[tuple[int, int]], total: int) -> None:
    weights, room = [w for w, _ in rows], [r for _, r in rows]
    if total > sum(r for w, r in rows if w > 0):
        with pytest.raises(InvalidInputError, match="no room"):
            deal(total, weights, room)
    else:
        dealt = deal(total, weights, room)
        assert sum(dealt) == total
        assert all(0 <= d <= r for d, r in zip(dealt, room, strict=True))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: TransitionSettings(shorten=0.6), "up to 0.5 shorter"),
        (lambda: TransitionSettings(lengthen=0.0), "up to 0.5 shorter"),
        (lambda: TransitionSettings(most_cycles=0), "1 to 10 cycles"),
        (lambda: method_named("longway"), "choose one of shortway, dwell, add-only"),
        (lambda: entering((50, 30), (60, 20), 1), "do not hold the shortest"),
        (lambda: entering((50, 30), (20, 20), 80), "need 0 <= late_s < 80"),
        (lambda: Entering((50, 30), (20,), (20,), 0), "a shortest split for each"),
    ],
)
def test_bad_input_is_refused(make, says: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InvalidInputError, match=says):
        make()
