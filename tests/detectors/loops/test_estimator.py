"""The estimate from loop events, by sequences of events made by hand."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.loops.estimator import JOINING_S, LoopEstimator
from detectors.loops.events import LoopEvent
from detectors.loops.lane_queue import DOUBT_S, GONE_S, JOIN_S, SPACING_M
from detectors.loops.occupancy import STANDS_S
from detectors.turning import REFUSAL_S
from signal_ctrl.domain.network import JunctionLayout, Loop, LoopRole
from tests.detectors.layouts import (
    ADVANCE_M,
    FAR,
    LINE,
    MIDDLE_M,
    NEAR,
    SPEED_MPS,
    Street,
    expected,
    junction,
    loops_of,
    vehicles,
)

DRIVE_S = ADVANCE_M / SPEED_MPS
TO_MIDDLE_S = (ADVANCE_M - MIDDLE_M) / SPEED_MPS
FROM_MIDDLE_S = MIDDLE_M / SPEED_MPS
FULL_VEH = int(MIDDLE_M / SPACING_M)
CAPTURE = 8.5 / 9.0


def test_one_vehicle_through_all_three_loops() -> None:
    street = Street(junction(), "G")
    assert vehicles(street.look(0.0)) == 0
    street.passes(FAR, 1.0)
    view = street.look(2.0)
    assert (vehicles(view), expected(view)) == (1, pytest.approx(CAPTURE))
    assert view.eta_s[0, 0] == pytest.approx(DRIVE_S - 1.0)
    key = view.key[0, 0]
    street.passes(NEAR, 1.0 + TO_MIDDLE_S)
    view = street.look(13.0)
    assert (vehicles(view), expected(view), view.key[0, 0]) == (1, 1.0, key)
    assert view.eta_s[0, 0] == pytest.approx(1.0 + TO_MIDDLE_S + FROM_MIDDLE_S - 13.0)
    street.on(LINE, 16.0)
    view = street.look(16.2)
    assert (vehicles(view), view.eta_s[0, 0], view.key[0, 0], view.standing[0]) == (1, 0.0, key, 1.0)
    street.off(LINE, 16.8)
    view = street.look(17.0)
    assert (vehicles(view), view.standing[0]) == (0, 0.0)


def test_who_is_kept_waiting_grows_late_from_loop_to_loop() -> None:
    street = Street(junction())
    street.passes(FAR, 0.0)
    free_s = ADVANCE_M / SPEED_MPS
    street.on(NEAR, 18.0)  # he could be at the stop line by now
    assert street.look(18.0).late_s[0, 0] == pytest.approx(18.0 - free_s)
    street.off(NEAR, 20.0)
    street.on(LINE, 25.0)
    assert street.look(40.0).late_s[0, 0] == pytest.approx(40.0 - free_s)
    street.off(LINE, 41.0)
    assert street.look(41.0).late_s.sum() == 0.0


def test_who_is_only_believed_in_has_waited_as_long_as_the_last_one_that_was_seen() -> None:
    street = Street(junction())
    street.on(LINE, 0.0)
    street.on(NEAR, 20.0)
    view = street.watch(20, 30)
    seen_s = 30.0 - (20.0 + MIDDLE_M / SPEED_MPS)
    assert vehicles(view) > 2
    assert view.late_s[0, : vehicles(view)].tolist() == pytest.approx([30.0] + [seen_s] * (vehicles(view) - 1))


def test_two_vehicles_keep_their_order() -> None:
    street = Street(junction(), "r")
    street.passes(FAR, 0.0)
    first = street.look(1.0).key[0, 0]
    street.passes(FAR, 5.0)
    street.passes(NEAR, TO_MIDDLE_S)
    view = street.look(12.0)
    assert vehicles(view) == 2
    assert view.key[0, 0] == first
    assert view.presence[0, :2].tolist() == pytest.approx([1.0, CAPTURE], abs=0.02)


def test_a_lane_change_between_the_loops_moves_the_vehicle() -> None:
    street = Street(junction(2), "rr")
    street.passes(FAR, 0.0)
    key = street.look(1.0).key[0, 0]
    street.passes(3 + NEAR, TO_MIDDLE_S)
    view = street.look(12.0)
    assert [vehicles(view, k) for k in (0, 1)] == [0, 1]
    assert view.key[1, 0] == key


def test_a_lane_change_before_the_stop_line_moves_the_vehicle() -> None:
    street = Street(junction(2), "rr")
    street.passes(NEAR, 10.0)
    key = street.look(11.0).key[0, 0]
    street.on(3 + LINE, 10.0 + FROM_MIDDLE_S)
    view = street.look(14.0)
    assert [vehicles(view, k) for k in (0, 1)] == [0, 1]
    assert view.key[1, 0] == key


@pytest.mark.parametrize("seen", [True, False])
def test_who_stands_at_the_stop_line_has_not_changed_lanes_when_somebody_comes_beside_him(seen: bool) -> None:
    street = Street(junction(2), "rr")
    if seen:
        street.passes(NEAR, 10.0)
    street.on(LINE, 10.0 + FROM_MIDDLE_S)
    key = street.look(14.0).key[0, 0]
    street.on(3 + LINE, 15.0)
    view = street.look(15.2)
    assert [vehicles(view, k) for k in (0, 1)] == [1, 1]
    assert view.key[0, 0] == key
    assert view.key[1, 0] != key
    street.off(3 + LINE, 15.8)
    street.off(LINE, 30.0)
    assert [vehicles(street.look(30.2), k) for k in (0, 1)] == [0, 0]


def test_a_neighbour_that_is_not_due_has_not_changed_lanes() -> None:
    street = Street(junction(2), "rr")
    street.passes(FAR, 0.0)
    street.passes(3 + NEAR, 3.0)
    view = street.look(4.0)
    assert [vehicles(view, k) for k in (0, 1)] == [1, 1]


def test_who_turns_off_before_the_middle_loop_is_doubted_then_dropped() -> None:
    street = Street(junction(), "r")
    street.passes(FAR, 0.0)
    seen = [expected(street.look(float(t))) for t in range(25)]
    due_s = TO_MIDDLE_S
    assert all(seen[t] == pytest.approx(CAPTURE) for t in range(1, int(due_s + DOUBT_S) + 1))
    half_s = int(due_s + (DOUBT_S + GONE_S) / 2)
    assert seen[half_s] == pytest.approx(1 - (half_s - due_s - DOUBT_S) / (GONE_S - DOUBT_S))
    assert seen[int(due_s + GONE_S) + 1] == 0.0
    street.passes(FAR, 30.0)
    assert expected(street.look(31.0)) == pytest.approx(8.5 / 10.0), "one more of those who never arrived"


def test_who_turns_off_before_the_stop_line_is_doubted_then_dropped() -> None:
    street = Street(junction(), "r")
    street.passes(NEAR, 0.0)
    due_s = FROM_MIDDLE_S
    assert expected(street.look(due_s + DOUBT_S)) == 1.0
    assert 0.0 < expected(street.look(due_s + GONE_S - 1.0)) < 0.5
    assert vehicles(street.look(due_s + GONE_S + 0.1)) == 0


def test_a_queue_that_stands_on_the_stop_line_keeps_those_behind() -> None:
    street = Street(junction(), "r")
    for second in (0.0, 2.0, 4.0):
        street.passes(NEAR, second)
    street.on(LINE, FROM_MIDDLE_S)
    view = street.watch(4, 120)
    assert (vehicles(view), expected(view), view.standing[0]) == (3, 3.0, 3.0)


def test_a_queue_that_stands_on_the_middle_loop_keeps_those_before_it() -> None:
    """Nobody can show himself at a loop on which somebody stands; from there to the stop line the lane is full."""
    street = Street(junction(), "r")
    street.on(LINE, 0.0)
    street.on(NEAR, 1.0)
    for second in (5.0, 8.0, 11.0):
        street.passes(FAR, second)
    held = street.watch(12, 90)
    assert vehicles(held) == FULL_VEH + 3
    assert expected(held) == pytest.approx(FULL_VEH + 3 * CAPTURE)
    street.off(NEAR, 90.0)
    assert vehicles(street.watch(91, 100)) == FULL_VEH


def test_a_queue_that_moves_off_is_given_time_to_move_up() -> None:
    """Three wait behind the one on the stop line; each has a second longer than the one before him."""
    street = Street(junction(), "r")
    for second in (0.0, 2.0, 4.0, 6.0):
        street.passes(NEAR, second)
    street.on(LINE, 4.0)
    street.watch(5, 60)
    street.off(LINE, 60.0)
    seen = {t: vehicles(street.look(60.0 + t)) for t in (2.0, 2.4, 2.6, 3.0)}
    assert seen == {2.0: 3, 2.4: 3, 2.6: 2, 3.0: 1}, "the next one counts from when he is first"


def test_an_arrival_that_nobody_announced_is_added() -> None:
    street = Street(junction(), "r")
    street.on(LINE, 50.0)
    view = street.look(51.0)
    assert (vehicles(view), expected(view), view.eta_s[0, 0]) == (1, 1.0, 0.0)
    street.off(LINE, 52.0)
    assert vehicles(street.look(53.0)) == 0


def test_who_is_expected_much_later_is_not_who_arrives_now() -> None:
    street = Street(junction(), "r")
    street.passes(FAR, 48.0)
    street.on(LINE, 50.0)
    assert vehicles(street.look(51.0)) == 2


def test_a_head_that_stands_before_protected_green_does_not_want_it() -> None:
    street = Street(junction(turns=2), "rr")
    street.on(LINE, 0.0)
    assert street.watch(0, 20).barred[0] == 0
    assert street.watch(21, 20 + int(REFUSAL_S) - 1, "Gr").barred[0] == 0
    view = street.watch(20 + int(REFUSAL_S), 20 + int(REFUSAL_S), "Gr")
    assert (view.barred[0], bool(view.stuck[0])) == (0b01, False)
    assert street.watch(26, 40, "rg").barred[0] == 0b01, "a permissive green is no proof"
    street.off(LINE, 40.5)
    assert street.look(41.0, "rg").barred[0] == 0


def test_a_head_that_refuses_everything_is_stuck_until_a_new_green() -> None:
    street = Street(junction(turns=2), "rr")
    street.on(LINE, 0.0)
    street.look(0.0, "GG")
    assert not street.watch(1, int(REFUSAL_S) - 1, "GG").stuck[0]
    view = street.watch(int(REFUSAL_S), int(REFUSAL_S), "GG")
    assert (bool(view.stuck[0]), view.barred[0]) == (True, 0)
    assert street.watch(6, 60, "GG").stuck[0]
    assert not street.look(61.0, "rr").stuck[0]
    assert street.watch(62, 62 + int(REFUSAL_S), "GG").stuck[0]
    street.off(LINE, 70.0)
    assert not street.look(71.0, "GG").stuck[0]


def test_nobody_on_the_stop_line_refuses_nothing() -> None:
    street = Street(junction(turns=2), "Gr")
    street.passes(NEAR, 0.0)
    view = street.watch(0, 12)
    assert (view.barred[0], bool(view.stuck[0])) == (0, False)


def test_turning_shares_follow_the_greens_at_departure() -> None:
    street = Street(junction(turns=2), "rr")
    before = street.look(0.0, "rG").ratio.copy()
    for k in range(40):
        street.passes(LINE, 1.0 + 2 * k)
    after = street.look(90.0, "rG").ratio
    assert before.tolist() == pytest.approx([2 / 3, 1 / 3])
    assert after.tolist() == pytest.approx([4 / 46, 42 / 46])


def test_the_saturation_headway_is_learned_behind_the_fourth_vehicle() -> None:
    street = Street(junction(), "G")
    for k in range(20):
        street.passes(NEAR, 0.1 * k)
    start = float(street.look(3.0).headway_s[0])
    for k in range(4):
        street.passes(LINE, 4.0 + 2.5 * k)
        assert street.look(4.5 + 2.5 * k).headway_s[0] == start
    street.passes(LINE, 4.0 + 2.5 * 4)
    assert street.look(14.9).headway_s[0] == pytest.approx(start + 0.05 * (2.5 - start))


# One loop before a place where the lane splits -------------------------------------------------------------------


def split_layout() -> JunctionLayout:
    """Return two lanes with stop-line and middle loops of their own behind one common advance loop."""
    own = [loop for k in (0, 1) for loop in loops_of(k, 1 + 3 * k)[1:]]
    shared = Loop("common", "up", 10.0, 2.0, LoopRole.ADVANCE, (0, 1), ADVANCE_M, 9)
    return junction(2, loops=[shared, *own])


def split() -> Street:
    return Street(split_layout(), "rr")


def test_a_vehicle_on_a_common_loop_is_half_in_each_lane() -> None:
    street = split()
    street.passes(0, 0.0)
    view = street.look(1.0)
    assert [expected(view, k) for k in (0, 1)] == pytest.approx([CAPTURE / 2] * 2)
    keys = view.key[:, 0].tolist()
    assert keys[0] != keys[1], "each lane has a number of its own for him"
    assert street.look(5.0).key[:, 0].tolist() == keys


@pytest.mark.parametrize("lane", [0, 1])
def test_who_is_seen_in_one_lane_leaves_the_other(lane: int) -> None:
    street = split()
    street.passes(0, 0.0)
    street.passes(1 + 2 * lane, TO_MIDDLE_S)
    view = street.look(12.0)
    assert [expected(view, k) for k in (0, 1)] == [float(k == lane) for k in (0, 1)]


@pytest.mark.parametrize("lane", [0, 1])
def test_who_is_first_seen_at_a_stop_line_leaves_the_other_lane(lane: int) -> None:
    street = split()
    street.passes(0, 0.0)
    street.on(2 + 2 * lane, DRIVE_S)
    view = street.look(DRIVE_S + 0.5)
    assert [expected(view, k) for k in (0, 1)] == [float(k == lane) for k in (0, 1)]


def test_two_on_a_common_loop_part() -> None:
    street = split()
    street.passes(0, 0.0)
    street.passes(0, 2.0)
    street.passes(3, TO_MIDDLE_S)
    street.passes(1, TO_MIDDLE_S + 2.0)
    view = street.look(14.0)
    assert [vehicles(view, k) for k in (0, 1)] == [1, 1]
    assert view.key[0, 0] != view.key[1, 0]


def test_who_is_doubted_in_one_lane_is_still_expected_in_the_other() -> None:
    """Somebody stands on the middle loop of the second lane, so that he cannot show himself there."""
    street = split()
    street.passes(0, 0.0)
    street.on(3, 1.0)
    street.on(4, 2.0)
    view = street.watch(2, int(TO_MIDDLE_S + GONE_S) - 1)
    assert 0.0 < expected(view, 0) < CAPTURE / 2, "doubted, where nobody stands on the loop"
    assert expected(view, 1) == pytest.approx(FULL_VEH + CAPTURE / 2)


def test_who_is_dropped_from_one_lane_teaches_nothing_before_the_other_has_shown_him() -> None:
    """The second lane has a stop-line loop alone, and a queue on it."""
    shared, middle, stop, _, other_stop = split_layout().loops
    street = Street(junction(2, loops=[shared, middle, stop, other_stop]), "rr")
    street.on(3, 0.0)
    street.passes(0, 1.0)
    view = street.watch(1, 60)
    assert [expected(view, k) for k in (0, 1)] == pytest.approx([0.0, 1.0 + CAPTURE / 2])
    street.off(3, 60.0)
    street.passes(3, 62.0)
    street.passes(0, 63.0)
    view = street.look(64.0)
    assert [expected(view, k) for k in (0, 1)] == pytest.approx([4.25 / 10, 5.25 / 10]), "one vehicle was learned from"


def test_who_joins_the_queue_of_a_lane_he_is_expected_in_is_one_vehicle() -> None:
    street = split()
    street.passes(0, 0.0)
    street.on(3, 1.0)
    street.on(4, 2.0)
    view = street.watch(2, int(TO_MIDDLE_S + GONE_S) + 2)
    assert [vehicles(view, k) for k in (0, 1)] == [0, FULL_VEH + 1]


def test_an_advance_loop_whose_vehicles_never_came_is_believed_again_when_they_come() -> None:
    street = Street(junction(), "r")
    for n in range(200):
        street.passes(FAR, 40.0 * n)
        street.look(40.0 * n + 1.0)
        if n >= 100:
            street.passes(NEAR, 40.0 * n + TO_MIDDLE_S)
            street.passes(LINE, 40.0 * n + DRIVE_S)
        street.look(40.0 * n + 35.0)
    street.passes(FAR, 8000.0)
    assert expected(street.look(8001.0)) > 0.5


# Lanes side by side ------------------------------------------------------------------------------------------------


OWN_WAY = ((NEAR,), (LINE,), (), (3 + NEAR,), (3 + LINE,), ())


@pytest.mark.parametrize("onward", [(), OWN_WAY])
def test_the_share_of_a_neighbouring_lane_is_learned(onward: tuple[tuple[int, ...], ...]) -> None:
    street = Street(replace(junction(2), onward=onward), "rr")
    for n in range(20):
        street.passes(FAR, 40.0 * n)
        street.passes(3 + NEAR, 40.0 * n + TO_MIDDLE_S)
        street.watch(40 * n + 12, 40 * n + 15)
        street.passes(3 + LINE, 40.0 * n + DRIVE_S)
        street.watch(40 * n + 16, 40 * n + 39)
    street.passes(FAR, 800.0)
    view = street.look(801.0)
    assert [expected(view, k) for k in (0, 1)] == pytest.approx([8.5 / 29, 20.2 / 29])
    assert view.eta_s[:, 0].tolist() == pytest.approx([DRIVE_S - 1.0] * 2)
    street.passes(NEAR, 800.0 + TO_MIDDLE_S)
    view = street.look(812.0)
    assert [expected(view, k) for k in (0, 1)] == [1.0, 0.0], "where he is seen he is, and nowhere else"


def test_the_loops_of_the_other_lane_learn_nothing_from_it() -> None:
    street = Street(junction(2), "rr")
    street.passes(FAR, 0.0)
    street.passes(3 + NEAR, TO_MIDDLE_S)
    street.watch(12, 60)
    street.passes(3 + FAR, 60.0)
    view = street.look(61.0)
    assert [expected(view, k) for k in (0, 1)] == pytest.approx([0.0, CAPTURE])


@pytest.mark.parametrize("covered", [True, False])
def test_who_does_not_come_to_his_middle_loop_has_joined_the_queue_that_covers_the_neighbours(covered: bool) -> None:
    street = Street(junction(2), "rr")
    street.on(3 + LINE, 0.0)
    if covered:
        street.on(3 + NEAR, 0.0)
    street.passes(FAR, 5.0)
    last_s = int(5.0 + TO_MIDDLE_S + GONE_S)
    before = street.watch(5, last_s)
    after = street.watch(last_s + 1, last_s + 2)
    queue_veh = FULL_VEH if covered else 1
    assert [vehicles(before, k) for k in (0, 1)] == [1, queue_veh]
    assert [vehicles(after, k) for k in (0, 1)] == [0, queue_veh + covered]
    assert expected(after, 1) == queue_veh + covered, "for certain"


def test_a_queue_on_the_middle_loop_alone_is_not_raised() -> None:
    """Nobody is at the stop line: those before the middle loop are moving off."""
    street = Street(junction(), "r")
    street.on(NEAR, 0.0)
    assert vehicles(street.watch(0, 10)) == 1
    street.on(LINE, 10.0)
    assert vehicles(street.look(10.0 + STANDS_S - 1.0)) == 1, "he may be passing"
    view = street.look(10.0 + STANDS_S)
    assert (vehicles(view), expected(view), view.standing[0]) == (FULL_VEH, FULL_VEH, FULL_VEH)
    assert len(set(view.key[0, :FULL_VEH].tolist())) == FULL_VEH
    assert vehicles(street.watch(15, 30)) == FULL_VEH, "once"


def test_a_middle_loop_of_two_lanes_raises_neither() -> None:
    stops = [loops_of(k, 1 + 3 * k)[LINE] for k in (0, 1)]
    common = Loop("common", "up", 100.0, 2.0, LoopRole.MIDDLE, (0, 1), MIDDLE_M, 9)
    street = Street(junction(2, loops=[*stops, common]), "rr")
    for loop in range(3):
        street.on(loop, 10.0 * loop)
    view = street.watch(20, 40)
    assert [expected(view, k) for k in (0, 1)] == [1.5, 1.5]


# From a side -------------------------------------------------------------------------------------------------------


def side() -> Street:
    """Return a lane whose second advance loop lies in a side street that joins beyond the middle loop."""
    street = Loop("side", "side", 10.0, 2.0, LoopRole.ADVANCE, (0,), 60.0, 9)
    layout = junction(loops=[*loops_of(0, 1), street])
    return Street(replace(layout, onward=((NEAR,), (LINE,), (), (LINE,))), "r")


SIDE = 3


def test_who_joins_from_a_side_needs_no_middle_loop_and_may_have_to_wait() -> None:
    street = side()
    street.passes(SIDE, 0.0)
    assert street.look(1.0).eta_s[0, 0] == pytest.approx(5.0)
    view = street.watch(2, 6 + int(JOIN_S))
    assert (expected(view), view.eta_s[0, 0], view.standing[0]) == (pytest.approx(CAPTURE), JOINING_S, 0.0)
    assert vehicles(street.look(6.5 + JOIN_S)) == 0
    street.passes(SIDE, 60.0)
    assert expected(street.look(61.0)) == pytest.approx(8.5 / 10.0), "one of those who never came"


def test_who_joins_from_a_side_is_known_at_the_stop_line() -> None:
    street = side()
    street.passes(SIDE, 0.0)
    key = street.look(1.0).key[0, 0]
    street.on(LINE, 20.0)
    view = street.look(20.5)
    assert (vehicles(view), expected(view), view.eta_s[0, 0], view.key[0, 0]) == (1, 1.0, 0.0, key)


def test_who_joins_from_a_side_takes_his_place_by_time() -> None:
    street = side()
    street.passes(FAR, 0.0)
    street.passes(SIDE, 1.0)
    view = street.look(2.0)
    assert view.eta_s[0, :2].tolist() == pytest.approx([5.0, 13.0])
    street.passes(NEAR, TO_MIDDLE_S)
    assert vehicles(street.look(12.0)) == 2, "the middle loop saw the other one"


def test_without_a_middle_loop_nobody_joins_from_a_side() -> None:
    far, _, line = loops_of(0, 1)
    street = Street(junction(loops=[far, line]), "r")
    street.passes(0, 0.0)
    assert street.look(DRIVE_S - 1.0).eta_s[0, 0] == pytest.approx(1.0)
    assert street.look(DRIVE_S).standing[0] == pytest.approx(CAPTURE)
    assert vehicles(street.watch(16, 25)) == 0


def test_where_nothing_is_known_of_the_way_the_middle_loop_comes_next() -> None:
    street = Street(replace(side().layout, onward=()), "r")
    street.passes(SIDE, 0.0)
    assert street.look(6.0).eta_s[0, 0] == 0.0, "he may stand at the stop line at once"
    assert vehicles(street.watch(7, 6 + int(GONE_S))) == 0


# Conservation ----------------------------------------------------------------------------------------------------


@st.composite
def traffic(draw: st.DrawFn) -> list[tuple[float, float]]:
    """Return (entry, departure) of vehicles in order: a headway apart, none faster than free flow, some queueing."""
    rows: list[tuple[float, float]] = []
    entry_s = leave_s = 0.0
    for _ in range(draw(st.integers(1, 12))):
        entry_s += draw(st.floats(2.0, 30.0))
        leave_s = max(entry_s + DRIVE_S, leave_s + draw(st.floats(2.0, 40.0)))
        rows.append((entry_s, leave_s))
    return rows


def events_of(rows: list[tuple[float, float]]) -> list[LoopEvent]:
    """Return what perfect loops report of a vertical queue: everybody drives freely, the next stands on the line."""
    found, free_s = [], 0.0
    for entry_s, leave_s in rows:
        found += [LoopEvent(FAR, entry_s, True), LoopEvent(FAR, entry_s + 0.4, False)]
        middle_s = entry_s + TO_MIDDLE_S
        found += [LoopEvent(NEAR, middle_s, True), LoopEvent(NEAR, middle_s + 0.4, False)]
        at_line_s = max(entry_s + DRIVE_S - 0.5, free_s)
        found += [LoopEvent(LINE, at_line_s, True), LoopEvent(LINE, leave_s, False)]
        free_s = leave_s + 0.5
    return sorted(found, key=lambda event: event.time_s)


@given(traffic())
def test_nobody_is_lost_or_invented_on_one_lane(rows: list[tuple[float, float]]) -> None:
    estimator = LoopEstimator(junction())
    pending = events_of(rows)
    for second in range(int(rows[-1][1]) + 3):
        now_s = float(second)
        while pending and pending[0].time_s <= now_s:
            estimator.take(pending.pop(0))
        true = sum(entry_s <= now_s < leave_s for entry_s, leave_s in rows)
        assert vehicles(estimator.view(now_s, "r")) == true, f"at {now_s} s"
