"""Who passed the stop line and waits in the junction for those who wait for him: told by the loop that sees nobody."""

from dataclasses import replace

from detectors.loops.departures import LATE_FROM_S, LATE_S
from detectors.loops.occupancy import STANDS_S
from detectors.loops.outlet import CLEARS_S, INSIDE_S
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
