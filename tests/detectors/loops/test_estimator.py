"""The estimate from loop events, by sequences of events made by hand."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.loops.estimator import FREE_ROOM_VEH, SPACING_M, STANDS_S, LoopEstimator
from detectors.loops.events import LoopEvent
from detectors.loops.lane_queue import DOUBT_S, GONE_S
from detectors.turning import REFUSAL_S
from signal_ctrl.domain.network import Exit, Loop, LoopRole
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
    """Nobody can show himself at a loop on which somebody stands."""
    street = Street(junction(), "r")
    street.on(LINE, 0.0)
    street.on(NEAR, 1.0)
    for second in (5.0, 8.0, 11.0):
        street.passes(FAR, second)
    held = street.watch(12, 90)
    assert vehicles(held) == 5
    assert expected(held) == pytest.approx(2 + 3 * CAPTURE)
    street.off(NEAR, 90.0)
    assert vehicles(street.watch(91, 100)) == 2


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


# Exits -------------------------------------------------------------------------------------------------------------


def forked() -> tuple[Street, Street]:
    """Return two junctions: the exit of the first forks into the two lanes of the second after 40 m."""
    paths = ((("out0", 0.0), ("in0", 40.0)), (("out0", 0.0), ("in1", 40.0)))
    second = Street(replace(junction(2), signal_id="K"))
    exits = (Exit("out0", 40.0, SPEED_MPS, "K", 1, 240.0, paths),)
    first = Street(
        junction(exits=exits, loops=[replace(x, lane_id="up", loop_id=f"up{x.channel}") for x in loops_of(0, 1)])
    )
    both = {"J": first.estimator, "K": second.estimator}
    first.estimator.join(both)
    second.estimator.join(both)
    return first, second


def test_room_reaches_to_the_first_loop_on_which_somebody_stands_on_the_freest_branch() -> None:
    first, second = forked()
    assert first.look(0.0).room_veh[0] == FREE_ROOM_VEH
    second.on(FAR, 0.0)
    assert first.look(30.0).room_veh[0] == FREE_ROOM_VEH, "the other branch is free"
    second.on(3 + NEAR, 30.0)
    assert first.look(30.0 + STANDS_S - 1).room_veh[0] == FREE_ROOM_VEH, "it may just be passing"
    far_m, near_m = (40.0 + second.layout.loops[k].position_m for k in (FAR, 3 + NEAR))
    assert first.look(30.0 + STANDS_S).room_veh[0] == pytest.approx(max(far_m, near_m) / SPACING_M)
    second.on(3 + FAR, 40.0)
    assert first.look(50.0).room_veh[0] == pytest.approx(far_m / SPACING_M)
    second.off(FAR, 51.0)
    assert first.look(52.0).room_veh[0] == FREE_ROOM_VEH


def test_a_blocked_exit_is_no_refusal() -> None:
    first, second = forked()
    for street, loop in ((second, FAR), (second, 3 + FAR), (first, LINE)):
        street.on(loop, 0.0)
    street_m = 40.0 + second.layout.loops[FAR].position_m
    room = first.watch(5, 5, "G").room_veh[0]
    assert room == pytest.approx(street_m / SPACING_M)
    assert first.watch(6, 12, "G").stuck[0], "an exit with room for eleven is free"
    full = Loop("entry", "out0", 2.0, 2.0, LoopRole.ADVANCE, (0,), 236.0, 9)
    third = Street(replace(junction(loops=[full]), signal_id="K"))
    paths = ((("out0", 0.0),),)
    held = Street(junction(exits=(Exit("out0", 40.0, SPEED_MPS, "K", 0, 240.0, paths),)))
    held.estimator.join({"J": held.estimator, "K": third.estimator})
    third.on(0, 0.0)
    held.on(LINE, 0.0)
    view = held.watch(5, 60, "G")
    assert view.room_veh[0] == pytest.approx(2.0 / SPACING_M)
    assert not view.stuck[0]


def test_vehicles_behind_the_junction_are_those_of_the_next_signals_lane() -> None:
    first, second = forked()
    second.passes(NEAR, 0.0)
    second.passes(3 + NEAR, 0.0)
    second.passes(3 + NEAR, 2.0)
    assert first.look(3.0).beyond_veh.tolist() == [2.0]
    assert second.look(3.0).beyond_veh.tolist() == [0.0, 0.0]


# One loop before a place where the lane splits -------------------------------------------------------------------


def split() -> Street:
    """Return two lanes with stop-line and middle loops of their own behind one common advance loop."""
    own = [loop for k in (0, 1) for loop in loops_of(k, 1 + 3 * k)[1:]]
    shared = Loop("common", "up", 10.0, 2.0, LoopRole.ADVANCE, (0, 1), ADVANCE_M, 9)
    return Street(junction(2, loops=[shared, *own]), "rr")


def test_a_vehicle_on_a_common_loop_is_half_in_each_lane() -> None:
    street = split()
    street.passes(0, 0.0)
    view = street.look(1.0)
    assert [expected(view, k) for k in (0, 1)] == pytest.approx([CAPTURE / 2] * 2)
    assert view.key[0, 0] == view.key[1, 0]


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
