"""Who passed the stop line and waits in the junction for those who wait for him: told by the loop that sees nobody."""

from dataclasses import replace

import pytest

from detectors.loops.departures import LATE_FROM_S, LATE_S
from detectors.loops.occupancy import STANDS_S
from detectors.loops.turners_inside import CLEARS_S, INSIDE_S
from signal_ctrl.domain.network import NONE, Exit, JunctionLayout
from tests.detectors.layouts import FAR, LINE, NEAR, ON_S, SPEED_MPS, Street, junction, loops_of
from tests.detectors.loops.test_outlet import SEEN_S, onto

LEFT_S = 10.0 + ON_S
LATE_AT_S = LEFT_S + SEEN_S + LATE_FROM_S


def turning(length_m: float = 15.0, direction: str = "l", mutual: bool = True) -> JunctionLayout:
    """Return a turn (movement 0, to the next signal's loops) that waits for movement 1, and movement 1 for it."""
    far = Exit("far", 100.0, SPEED_MPS, "", NONE, 100.0, ((("far", 0.0),),))
    loops = [
        replace(x, lane_id=f"up{x.serves[0]}", loop_id=f"up{x.channel}") for k in (0, 1) for x in loops_of(k, 3 * k)
    ]
    layout = junction(n_lanes=2, loops=loops, exits=(onto(0), far))
    turn, straight = layout.movements
    turn = replace(turn, length_m=length_m, direction=direction, yields_to=(1,))
    return replace(layout, movements=(turn, replace(straight, yields_to=(0,) if mutual else ())))


def street(layout: JunctionLayout | None = None) -> tuple[Street, Street]:
    first, second = Street(layout or turning()), Street(replace(junction(), signal_id="K"))
    both = {"J": first.estimator, "K": second.estimator}
    for each in (first, second):
        each.estimator.join(both)
    first.look(0.0, "gG")
    first.passes(LINE, 10.0)
    return first, second


def inside(first: Street, now_s: float, lamps: str = "rG") -> list[bool]:
    return [bool(flag) for flag in first.look(now_s, lamps).inside]


def test_who_is_not_seen_behind_in_time_waits_inside() -> None:
    first, _ = street()
    assert inside(first, LATE_AT_S - 0.1) == [False, False]
    assert inside(first, LATE_AT_S + 0.1) == [True, False]


def test_who_is_seen_behind_has_gone() -> None:
    first, second = street()
    second.passes(FAR, LEFT_S + SEEN_S)
    assert inside(first, LATE_AT_S + 1.0) == [False, False]


def test_he_is_remembered_after_the_loops_stop_waiting_for_him_until_one_sees_somebody() -> None:
    first, second = street()
    over_s = LEFT_S + SEEN_S + LATE_S + 1.0
    assert inside(first, over_s) == [True, False]
    assert inside(first, over_s + INSIDE_S - 1.0) == [True, False]
    second.passes(FAR, over_s + INSIDE_S - 0.9)
    assert inside(first, over_s + INSIDE_S - 0.5) == [False, False]


def test_he_is_not_believed_in_for_ever() -> None:
    first, _ = street()
    over_s = LEFT_S + SEEN_S + LATE_S + 1.0
    assert inside(first, over_s) == [True, False]
    assert inside(first, over_s + INSIDE_S + 0.1) == [False, False]


def test_protected_green_lets_him_out() -> None:
    first, _ = street()
    begin_s = LEFT_S + SEEN_S + LATE_S + 1.0
    assert inside(first, begin_s, "Gr") == [True, False]
    assert inside(first, begin_s + CLEARS_S - 0.1, "Gr") == [True, False]
    assert inside(first, begin_s + CLEARS_S, "Gr") == [False, False]
    assert inside(first, begin_s + CLEARS_S + 1.0) == [False, False]


def test_who_cannot_come_to_the_loop_because_of_a_queue_is_not_inside() -> None:
    first, second = street()
    second.on(FAR, 9.0)
    second.on(NEAR, 9.0)
    assert 9.0 + STANDS_S < LATE_AT_S
    assert inside(first, LATE_AT_S + 1.0) == [False, False]


def test_only_turns_that_are_held_up_by_whom_they_hold_up_can_wait_so() -> None:
    for layout in (turning(length_m=11.0), turning(direction="s"), turning(mutual=False)):
        first, _ = street(layout)
        assert inside(first, LATE_AT_S + 1.0) == [False, False]


def test_who_leaves_by_the_way_that_he_would_hold_up_shows_that_he_has_gone() -> None:
    first, _ = street()
    first.look(LEFT_S + 3.0, "rG")
    first.passes(3 + LINE, LEFT_S + 3.0)
    assert inside(first, LATE_AT_S + 0.1) == [True, False], "that was before he was due"
    first.passes(3 + LINE, LATE_AT_S + 0.2)
    assert inside(first, LATE_AT_S + 1.0) == [False, False]
    assert inside(first, LEFT_S + SEEN_S + LATE_S + 1.0) == [False, False]


def unseen(turns: int = 1) -> JunctionLayout:
    """Return a turn (movement 0) behind which no loop lies; movement 1 waits for it, too, and 2 goes first.

    With two turns a lane, the first lane leads straight on as well, and these are movements 0, 2 and 4.
    """
    layout = junction(n_lanes=3, turns=turns)
    mutual, first = turns, 2 * turns
    moves = list(layout.movements)
    moves[0] = replace(moves[0], direction="l", yields_to=(mutual, first))
    moves[mutual] = replace(moves[mutual], yields_to=(0,))
    return replace(layout, movements=tuple(moves))


def left(lamps: str = "grG", layout: JunctionLayout | None = None, way_m: float = 24.0) -> Street:
    """Return a street so long from another signal, on which somebody left for where no loop lies, under these lamps."""
    found = Street(layout or unseen())
    onto = Exit("in0", way_m, SPEED_MPS, "J", 0, way_m)
    before = Street(replace(junction(exits=(onto,), loops=()), signal_id="K"))
    found.estimator.join({"J": found.estimator, "K": before.estimator})
    found.look(0.0, lamps)
    found.passes(LINE, 10.0)
    return found


def test_where_no_loop_lies_behind_he_waits_inside_at_once_and_until_there_was_a_gap() -> None:
    street = left()
    assert inside(street, LEFT_S + 0.1, "grG") == [True, False, False]
    assert inside(street, LEFT_S + CLEARS_S - 0.1, "rrr") == [True, False, False]
    assert inside(street, LEFT_S + CLEARS_S + 0.1, "rrr") == [False, False, False]
    assert inside(street, LEFT_S + CLEARS_S + 1.0, "rrr") == [False, False, False]


def test_so_it_is_between_close_signals_alone() -> None:
    assert inside(left(way_m=26.0), LEFT_S + 0.1, "grG") == [False, False, False]


def test_each_who_goes_first_makes_him_wait_longer_but_not_for_ever() -> None:
    street = left()
    for passes_s in range(15, 65, 5):
        street.passes(6 + LINE, float(passes_s))
        assert inside(street, passes_s + 1.0, "grG") == [True, False, False]
    street.passes(6 + LINE, LEFT_S + INSIDE_S)
    assert inside(street, LEFT_S + INSIDE_S + 1.0, "grG") == [False, False, False]


def test_who_left_with_priority_or_long_before_the_others_came_does_not_wait() -> None:
    street = left("Grr")
    assert inside(street, LEFT_S + 0.1, "rrG") == [False, False, False]
    street = left()
    assert inside(street, LEFT_S + CLEARS_S + 1.0, "grG") == [False, False, False]
    street.passes(6 + LINE, LEFT_S + CLEARS_S + 2.0)
    assert inside(street, LEFT_S + CLEARS_S + 3.0, "grG") == [False, False, False]


def test_protected_green_or_one_whom_he_would_hold_up_shows_that_he_left_where_no_loop_lies() -> None:
    street = left()
    for second in range(5):
        street.passes(6 + LINE, LEFT_S + second)
        assert inside(street, LEFT_S + second + 0.6, "Grr") == [True, False, False]
    assert inside(street, LEFT_S + CLEARS_S + 0.7, "Grr") == [False, False, False]
    street = left()
    assert inside(street, LEFT_S + 0.5, "rGr") == [True, False, False]
    street.passes(3 + LINE, LEFT_S + 1.0)
    assert inside(street, LEFT_S + 2.0, "rGr") == [False, False, False]


def test_who_may_have_gone_straight_on_is_not_taken_to_wait_inside() -> None:
    street = left("ggrrGG", unseen(turns=2))
    assert not any(inside(street, LEFT_S + 0.1, "ggrrGG"))


def full_behind(layout: JunctionLayout) -> JunctionLayout:
    """Return a layout where those who go first (movement 2) come to a street of 15 m before a third signal."""
    onto = Exit("in0", 15.0, SPEED_MPS, "L", 0, 15.0)
    moves = (*layout.movements[:2], replace(layout.movements[2], exit=len(layout.exits)))
    return replace(layout, movements=moves, exits=(*layout.exits, onto))


@pytest.mark.parametrize(("standing", "waits"), [(2, True), (0, False)])
def test_while_the_tail_of_those_who_go_first_stands_in_his_way_he_waits(standing: int, waits: bool) -> None:
    found = Street(full_behind(unseen()))
    onto = Exit("in0", 24.0, SPEED_MPS, "J", 0, 24.0)
    before = Street(replace(junction(exits=(onto,), loops=()), signal_id="K"))
    third = Street(replace(junction(), signal_id="L"))
    found.estimator.join({"J": found.estimator, "K": before.estimator, "L": third.estimator})
    for k in range(standing):
        third.passes(NEAR, 1.0 + k)
    found.look(0.0, "grG")
    found.passes(LINE, 10.0)
    for second in range(12, 12 + 2 * int(CLEARS_S)):
        found.look(float(second), "grG")
    assert inside(found, 12.0 + 2 * CLEARS_S, "grG") == [waits, False, False]
