"""Behind the junction: room in the exits, what the next signals are told, and what the loops there teach."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.loops.departures import EARLY_S, LATE_S, START_MPS
from detectors.loops.events import LoopEvent
from detectors.loops.lane_queue import DOUBT_S, FADED_S
from detectors.loops.lane_shares import PRIOR_KEPT_VEH, PRIOR_VEH
from detectors.loops.occupancy import STANDS_S
from detectors.loops.outlet import FREE_ROOM_VEH, SPACING_M, STILL_COVERED_S
from detectors.view_builder import MAX_VEHICLES, travel_s
from signal_ctrl.domain.network import NONE, Exit, JunctionLayout, Loop, LoopRole
from tests.detectors.layouts import (
    ADVANCE_M,
    FAR,
    LINE,
    NEAR,
    ON_S,
    SPEED_MPS,
    Street,
    expected,
    junction,
    loops_of,
    vehicles,
)

CAPTURE = PRIOR_KEPT_VEH / PRIOR_VEH
FIRST_LOOP_M = 88.0
WAY_M = 240.0
INSIDE_M = 15.0
LINE_1 = 3 + LINE
SEEN_S = travel_s(INSIDE_M + FIRST_LOOP_M - 5.0, START_MPS, SPEED_MPS)
DUE_S = travel_s(INSIDE_M + WAY_M, START_MPS, SPEED_MPS)
FLOOR_S = (WAY_M - FIRST_LOOP_M) / SPEED_MPS

# Room --------------------------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize(("way_m", "free", "full"), [(0.2, 1.0, 0.0), (SPACING_M, FREE_ROOM_VEH, 0.0)])
def test_a_lane_of_the_junction_too_short_to_stand_on_has_room_unless_somebody_stands_there(
    way_m: float, free: float, full: float
) -> None:
    layout = junction(2)
    exits = (Exit("in1", way_m, SPEED_MPS, "J", 1, way_m), *layout.exits[1:])
    street = Street(replace(layout, exits=exits))
    street.estimator.join({"J": street.estimator})
    assert street.look(0.0).room_veh[0] == free
    street.on(LINE_1, 1.0)
    assert street.watch(1, 10).room_veh[0] == full


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
    behind_veh = 1.0 + CAPTURE
    assert first.look(52.0).room_veh[0] == pytest.approx(240.0 / SPACING_M - behind_veh), "its queue is known, too"
    second.off(3 + NEAR, 53.0)
    second.off(3 + FAR, 53.0)
    second.watch(53, 80)
    assert first.look(81.0).room_veh[0] == FREE_ROOM_VEH


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


def test_those_on_their_way_to_the_first_loop_take_room() -> None:
    first, second = chain()
    second.on(FAR, 0.0)
    first.look(0.0, "Gr")
    free_veh = FIRST_LOOP_M / SPACING_M
    assert first.look(5.0, "Gr").room_veh[0] == pytest.approx(free_veh)
    first.passes(LINE, 5.0)
    assert first.look(6.0, "Gr").room_veh[0] == pytest.approx(free_veh - 1.0)
    left_s = 5.0 + ON_S
    assert first.look(left_s + SEEN_S + EARLY_S - 0.1, "Gr").room_veh[0] == pytest.approx(free_veh - 1.0)
    assert first.look(left_s + SEEN_S + EARLY_S + 0.1, "Gr").room_veh[0] == pytest.approx(free_veh), "he has come"


def test_the_queue_that_the_next_signal_estimates_takes_room() -> None:
    first, second = chain()
    assert first.look(0.0).room_veh[0] == FREE_ROOM_VEH
    for second_s in (0.0, 2.0, 4.0):
        second.passes(NEAR, second_s)
    second.on(LINE, 4.0)
    second.watch(4, 20)
    assert first.look(20.0).room_veh[0] == pytest.approx(WAY_M / SPACING_M - 3.0)
    assert first.look(20.0).room_veh[1] == FREE_ROOM_VEH, "nothing is known of the other exit"


# Announcements -----------------------------------------------------------------------------------------------------


def joined(first: Street, second: Street) -> tuple[Street, Street]:
    both = {"J": first.estimator, "K": second.estimator}
    first.estimator.join(both)
    second.estimator.join(both)
    return first, second


def upstream(*exits: Exit) -> Street:
    """Return a junction of one lane with a movement to each exit; no way leads back to its loops."""
    loops = [replace(x, lane_id="up", loop_id=f"up{x.channel}") for x in loops_of(0, 1)]
    return Street(junction(turns=len(exits), exits=exits, loops=loops))


def onto(lane: int, edge_id: str = "") -> Exit:
    """Return an exit of 40 m that leads to a lane of the next signal K."""
    path = ((f"out{lane}", 0.0), (f"in{lane}", 40.0))
    return Exit(f"out{lane}", 40.0, SPEED_MPS, "K", lane, WAY_M, (path,), edge_id)


AWAY = Exit("away", 100.0, SPEED_MPS, "", NONE, 100.0, ((("away", 0.0),),))


def chain(n_lanes: int = 1) -> tuple[Street, Street]:
    """Return two signals: the first exit of J leads to lane 0 of K, the second to where no loop lies."""
    return joined(upstream(onto(0), AWAY), Street(replace(junction(n_lanes), signal_id="K")))


def test_who_left_is_announced_to_the_next_signal() -> None:
    first, second = chain()
    first.look(0.0, "Gr")
    first.passes(LINE, 1.0)
    view = second.look(2.0)
    assert (vehicles(view), expected(view)) == (1, pytest.approx(1.0))
    assert view.eta_s[0, 0] == pytest.approx(1.0 + ON_S + DUE_S - 2.0)
    first.passes(LINE, 3.0)
    view = second.look(4.0)
    assert vehicles(view) == 2
    assert view.eta_s[0, 0] < view.eta_s[0, 1]
    assert view.key[0, 0] != view.key[0, 1]
    assert first.look(4.0, "Gr").beyond_veh.tolist() == [2.0, 0.0]


def test_who_left_by_one_of_two_ways_is_announced_with_its_share() -> None:
    first, second = chain()
    ratio = first.look(0.0, "Gg").ratio
    first.passes(LINE, 1.0)
    assert ratio.tolist() == pytest.approx([2 / 3, 1 / 3])
    assert expected(second.look(2.0)) == pytest.approx((2 / 3 + 0.02) / 1.04)


@pytest.mark.parametrize("lamps", ["rr", "rG", ""])
def test_who_cannot_have_gone_there_is_not_announced(lamps: str) -> None:
    first, second = chain()
    if lamps:
        first.look(0.0, lamps)
    first.passes(LINE, 1.0)
    assert vehicles(second.look(2.0)) == 0


def test_who_is_seen_behind_the_junction_is_announced_no_longer() -> None:
    first, second = chain()
    first.look(0.0, "Gr")
    first.passes(LINE, 1.0)
    key = second.look(2.0).key[0, 0]
    second.passes(FAR, 1.0 + ON_S + SEEN_S)
    view = second.look(13.0)
    assert (vehicles(view), expected(view)) == (1, pytest.approx(CAPTURE))
    assert view.key[0, 0] != key
    second.passes(FAR, 14.0)
    assert vehicles(second.look(15.0)) == 2, "who comes from elsewhere is one more"


def test_who_is_seen_at_the_stop_line_first_is_one_vehicle() -> None:
    """The only loop of a lane 12 m long: without the announcement nobody would be known of before he stands there."""
    first, second = twelve_metres()
    first.look(0.0, "G")
    first.passes(LINE, 1.0)
    assert vehicles(second.look(1.5)) == 1
    second.on(0, 4.0)
    view = second.look(4.5)
    assert (vehicles(view), expected(view), view.standing[0]) == (1, 1.0, 1.0)


def twelve_metres() -> tuple[Street, Street]:
    stop = Loop("stop", "short", 5.5, 6.0, LoopRole.STOP, (0,), 0.5, 1)
    way = Exit("short", 12.0, SPEED_MPS, "K", 0, 12.0, ((("short", 0.0),),))
    return joined(upstream(way), Street(replace(junction(loops=[stop]), signal_id="K")))


def test_a_short_way_is_full_with_one_who_is_coming() -> None:
    first, _second = twelve_metres()
    assert first.look(0.0, "G").room_veh[0] == FREE_ROOM_VEH
    first.passes(LINE, 1.0)
    assert first.look(2.0, "G").room_veh[0] < 1.0


def test_whom_no_loop_saw_fades_keeps_his_way_and_is_taken_back() -> None:
    first, second = chain()
    first.look(0.0, "Gr")
    first.passes(LINE, 1.0)
    seen_s = 1.0 + ON_S + SEEN_S
    assert expected(second.look(seen_s + DOUBT_S)) == pytest.approx(1.0)
    view = second.look(seen_s + (DOUBT_S + FADED_S) / 2)
    assert (expected(view), vehicles(view)) == (pytest.approx(0.5), 1)
    assert second.look(seen_s + LATE_S).eta_s[0, 0] == pytest.approx(FLOOR_S), "he cannot be past the first loop"
    first.look(seen_s + LATE_S, "Gr")
    assert vehicles(second.look(seen_s + LATE_S)) == 1
    first.look(seen_s + LATE_S + 0.1, "Gr")
    assert vehicles(second.look(seen_s + LATE_S + 0.1)) == 0


def test_of_exits_side_by_side_the_nearest_loop_counts() -> None:
    """The lane beside has no advance loop; who changes to the first one is seen there."""
    loops = [*loops_of(0, 1), *loops_of(1, 4)[1:]]
    second = Street(replace(junction(2, loops=loops), signal_id="K"))
    first, second = joined(upstream(onto(0, "out"), onto(1, "out")), second)
    first.look(0.0, "Gr")
    first.passes(LINE, 1.0)
    view = second.look(1.0 + ON_S + SEEN_S + LATE_S)
    assert (vehicles(view), view.eta_s[0, 0]) == (1, pytest.approx(FLOOR_S))


def test_who_may_stand_before_a_covered_loop_is_not_taken_back() -> None:
    first, second = chain()
    first.look(0.0, "Gr")
    first.passes(LINE, 1.0)
    first.passes(LINE, 3.0)
    second.on(LINE, 2.0)
    second.on(NEAR, 2.0)
    second.on(FAR, 1.0 + ON_S + SEEN_S)
    view = second.look(12.0)
    for t in range(13, 90):
        first.look(float(t), "Gr")
        view = second.look(float(t))
    queue_veh = int(ADVANCE_M / SPACING_M)  # the queue covers the advance loop, so the whole lane is full
    assert vehicles(view) == queue_veh + 1, "and one who was announced"
    assert expected(view) == pytest.approx(queue_veh + 1.0), "who is no less likely than at first"
    second.off(FAR, 90.0)
    first.look(90.0 + STILL_COVERED_S, "Gr")
    assert vehicles(second.look(95.0)) == queue_veh, "he did not come on"


# Turning shares from the loops behind ------------------------------------------------------------------------------


def test_the_loops_behind_teach_who_turned_where() -> None:
    """Both movements are always green together: only the loops behind can tell them apart."""
    first, second = joined(upstream(onto(0), onto(1)), Street(replace(junction(2), signal_id="K")))
    before = first.look(0.0, "GG").ratio
    for n in range(40):
        start_s = 30.0 * n
        first.look(start_s, "GG")
        first.passes(LINE, start_s)
        second.passes(3 + FAR, start_s + ON_S + SEEN_S)
        second.passes(3 + NEAR, start_s + ON_S + SEEN_S + 11.5)
    after = first.look(1200.0, "GG").ratio
    assert before.tolist() == pytest.approx([2 / 3, 1 / 3])
    assert after.tolist() == pytest.approx([4 / 46, 42 / 46])
    assert vehicles(second.look(1200.0), 0) == 0, "what lane 0 was told was taken back"


def test_whom_no_loop_saw_took_the_way_without_one() -> None:
    first, _second = chain()
    for n in range(40):
        first.look(60.0 * n, "GG")
        first.passes(LINE, 60.0 * n)
        first.look(60.0 * n + 30.0, "GG")
    assert first.look(2400.0, "GG").ratio.tolist() == pytest.approx([4 / 46, 42 / 46])


def test_where_every_way_has_a_loop_nothing_is_learned_from_who_is_not_seen() -> None:
    first, _second = joined(upstream(onto(0), onto(1)), Street(replace(junction(2), signal_id="K")))
    for n in range(10):
        first.look(60.0 * n, "GG")
        first.passes(LINE, 60.0 * n)
    assert first.look(700.0, "GG").ratio.tolist() == pytest.approx([2 / 3, 1 / 3])


@pytest.mark.parametrize(("edge_id", "learned"), [("out", [44 / 46, 2 / 46]), ("", [2 / 3, 1 / 3])])
def test_exits_side_by_side_are_one_way(edge_id: str, learned: list[float]) -> None:
    """Who is seen on the other lane of the edge that he left for has changed lanes behind the junction."""
    exits = onto(0, edge_id), onto(1, edge_id)
    first, second = joined(upstream(*exits), Street(replace(junction(2), signal_id="K")))
    for n in range(40):
        first.look(60.0 * n, "Gr")
        first.passes(LINE, 60.0 * n)
        second.passes(3 + FAR, 60.0 * n + ON_S + SEEN_S)
    assert first.look(2400.0, "Gr").ratio.tolist() == pytest.approx(learned)


# Any order of events -----------------------------------------------------------------------------------------------


def fork() -> tuple[Street, Street]:
    """Return two signals that lead to each other; J turns to both lanes of K, whose lanes share an advance loop."""
    own = [loop for k in (0, 1) for loop in loops_of(k, 1 + 3 * k)[1:]]
    shared = Loop("common", "out0", 10.0, 2.0, LoopRole.ADVANCE, (0, 1), 200.0, 9)
    side = Loop("side", "side", 10.0, 2.0, LoopRole.ADVANCE, (1,), 40.0, 10)
    back = Exit("up", 200.0, SPEED_MPS, "J", 0, 200.0, ((("up", 0.0),),))
    onward = ((1, 3), (2,), (), (4,), (), (4,))
    layout = replace(junction(2, loops=[shared, *own, side], exits=[back, AWAY]), signal_id="K", onward=onward)
    return joined(upstream(onto(0, "out"), onto(1, "out"), AWAY), Street(layout))


@st.composite
def happenings(draw: st.DrawFn) -> list[tuple[str, float, int, bool]]:
    """Return edges of the loops of either signal, and looks, in the order of their time; loops may be out of order."""
    rows, now_s = [], 0.0
    for _ in range(draw(st.integers(1, 60))):
        now_s += draw(st.sampled_from([0.0, 0.1, 0.5, 1.0, 3.0, 10.0, 25.0]))
        kind = draw(st.sampled_from(["J", "J", "K", "K", "look"]))
        rows.append((kind, now_s, draw(st.integers(0, 2 if kind == "J" else 5)), draw(st.booleans())))
    return rows


LAMPS = (("GGG", "GG"), ("rrr", "rr"), ("Ggr", "rG"))


def seen_of(rows: list[tuple[str, float, int, bool]]) -> list[str]:
    """Return the digests of all views; every one is looked through."""
    streets = dict(zip("JK", fork(), strict=True))
    found = []
    for kind, now_s, number, on in rows:
        if kind != "look":
            streets[kind].estimator.take(LoopEvent(number, now_s, on))
            continue
        for street, lamps in zip(streets.values(), LAMPS[number % 3], strict=True):
            found.append(checked(street.layout, street, now_s, lamps))
    return found


def checked(layout: JunctionLayout, street: Street, now_s: float, lamps: str) -> str:
    view = street.look(now_s, lamps)
    assert ((view.n_vehicles >= 0) & (view.n_vehicles <= MAX_VEHICLES)).all()
    assert ((view.presence >= 0.0) & (view.presence <= 1.0)).all()
    assert ((view.eta_s >= 0.0) & (view.eta_s < 1e4)).all()
    assert ((view.room_veh >= 0.0) & (view.room_veh <= FREE_ROOM_VEH)).all()
    known = [sum(v.likely(now_s) for v in queue.vehicles) for queue in street.estimator.queues]
    assert ((view.standing >= 0.0) & (view.standing <= [n + 1e-9 for n in known])).all()
    assert (view.beyond_veh >= 0.0).all()
    for lane in layout.lanes:
        assert view.ratio[list(lane.movements)].sum() == pytest.approx(1.0)
    return view.digest()


@given(happenings())
def test_any_order_of_events_gives_valid_views_and_the_same_ones_again(
    rows: list[tuple[str, float, int, bool]],
) -> None:
    last_s = rows[-1][1]
    rows = [*rows, ("look", last_s + 0.5, 0, True), ("look", last_s + 40.0, 2, True)]
    assert seen_of(rows) == seen_of(rows)
