"""The vehicles of one lane between its loops."""

import pytest

from detectors.loops.lane_queue import (
    DOUBT_S,
    EARLY_S,
    FADED_S,
    FREE_ROOM_VEH,
    GONE_S,
    JOIN_S,
    MOVE_UP_S,
    RECENT_S,
    SHORT_M,
    SPACING_M,
    LaneQueue,
    Tracked,
)

NEVER_S = -1e9


def vehicle(key: int, next_s: float, near: bool = False, presence: float = 1.0) -> Tracked:
    return Tracked(key, next_s + (0.0 if near else 3.5), next_s, near, presence)


def announced(key: int, next_s: float, presence: float = 1.0) -> Tracked:
    return Tracked(key, next_s + 3.5, next_s, False, presence, announced=True)


def queue(*vehicles: Tracked) -> LaneQueue:
    return LaneQueue(list(vehicles))


def keys(lane: LaneQueue) -> list[int]:
    return [v.key for v in lane.vehicles]


def gone(lane: LaneQueue, now_s: float, far_busy_s: float = NEVER_S, near_busy_s: float = NEVER_S) -> list[int]:
    return [v.key for v in lane.doubt(now_s, far_busy_s, near_busy_s)]


# Who is seen -------------------------------------------------------------------------------------------------------


def test_the_middle_loop_takes_the_first_it_has_not_seen() -> None:
    lane = queue(vehicle(1, 5.0, near=True), vehicle(2, 10.0), vehicle(3, 10.0))
    found = lane.take_far(10.0)
    assert found is not None
    assert (found.key, keys(lane)) == (2, [1, 3])


@pytest.mark.parametrize(("early_s", "taken"), [(EARLY_S, True), (EARLY_S + 0.1, False)])
def test_nobody_comes_much_too_early(early_s: float, taken: bool) -> None:
    assert (queue(vehicle(1, 20.0)).take_far(20.0 - early_s) is not None) is taken


@pytest.mark.parametrize(
    ("first", "second", "taken"),
    [
        ((0.3, 10.0), (0.9, 10.0), 2),  # the likelier one
        ((0.9, 10.0), (0.3, 10.0), 1),
        ((0.6, 10.0), (0.6, 10.0), 1),  # of equals the first
        ((0.9, 10.0 + EARLY_S), (0.6, 10.0), 2),  # who is early counts half
        ((0.9, 10.0 + EARLY_S / 2), (0.6, 10.0), 1),
        ((0.6, 2.0), (0.6, 9.9), 1),  # who is late is as likely as who is in time
        ((0.1, 10.0), (1.0, 10.1 + EARLY_S), 1),  # who is much too early is out of the question
    ],
)
def test_the_middle_loop_takes_the_likeliest(
    first: tuple[float, float], second: tuple[float, float], taken: int
) -> None:
    lane = queue(*(vehicle(k, next_s, presence=p) for k, (p, next_s) in enumerate((first, second), start=1)))
    found = lane.take_far(10.0)
    assert found is not None
    assert found.key == taken


def test_near_vehicles_stay_before_far_ones() -> None:
    lane = queue(vehicle(1, 5.0, near=True), vehicle(2, 10.0))
    lane.put_near(vehicle(3, 6.0, near=True))
    assert keys(lane) == [1, 3, 2]


def test_near_vehicles_keep_their_order_behind_one_that_is_announced() -> None:
    lane = queue(announced(1, 5.0), vehicle(2, 10.0, near=True))
    for key in (3, 4):
        lane.put_near(vehicle(key, 10.0 + key, near=True))
    assert keys(lane) == [1, 2, 3, 4]


def test_who_joins_from_a_side_is_put_by_time() -> None:
    lane = queue(vehicle(1, 5.0, near=True), vehicle(2, 20.0))
    for key, due_s in ((3, 12.0), (4, 12.0), (5, 30.0), (6, 4.0)):
        lane.put_by_time(vehicle(key, due_s, near=True))
    assert keys(lane) == [6, 1, 3, 4, 2, 5]


def test_the_stop_line_takes_the_first_that_can_be_there() -> None:
    lane = queue(vehicle(1, 30.0), vehicle(2, 31.0, near=True))
    found = lane.take_first(10.0)
    assert found is not None
    assert found.key == 2
    assert lane.take_first(10.0) is None
    assert keys(lane) == [1]


@pytest.mark.parametrize(("off_s", "found"), [(-4.1, False), (-4.0, True), (0.0, True), (4.0, True), (4.1, False)])
def test_a_stray_is_due_about_now(off_s: float, found: bool) -> None:
    assert (queue(vehicle(1, 20.0)).find_stray(20.0 + off_s, near=False) is not None) is found


def test_a_stray_of_the_other_kind_is_not_taken() -> None:
    lane = queue(vehicle(1, 20.0, near=True))
    assert lane.find_stray(20.0, near=False) is None
    assert keys(lane) == [1]


def test_who_has_come_to_the_stop_line_is_no_stray() -> None:
    waiting = vehicle(1, 10.0, near=True)
    assert queue(waiting).find_stray(10.0, near=True) is waiting
    waiting.arrived(10.0)
    lane = queue(waiting, vehicle(2, 11.0, near=True))
    found = lane.find_stray(10.0, near=True)
    assert found is not None
    assert (found.key, keys(lane)) == (2, [1])


def test_who_is_only_announced_is_not_who_a_loop_sees() -> None:
    lane = queue(announced(1, 10.0))
    assert lane.first() is None
    assert lane.take_far(10.0) is None
    assert lane.take_first(20.0) is None
    assert lane.find_stray(10.0, near=False) is None
    lane.add_far(vehicle(2, 10.0))
    first = lane.first()
    assert first is not None
    assert (first.key, keys(lane)) == (2, [1, 2])


def test_who_stands_at_the_stop_line_is_there_for_certain() -> None:
    seen = Tracked(1, 50.0, 40.0, False, 0.3, joins=True, floor_s=3.0)
    seen.arrived(20.0)
    assert (seen.presence, seen.eta_s(20.0), seen.near, seen.joins) == (1.0, 0.0, True, False)
    seen.arrived(30.0)
    assert seen.due_s == 20.0, "it has been there since"


# Doubt -------------------------------------------------------------------------------------------------------------


def test_doubt_falls_evenly_and_ends_in_dropping() -> None:
    lane = queue(vehicle(1, 10.0, near=True))
    middle_s = (DOUBT_S + GONE_S) / 2
    for late_s, presence in ((DOUBT_S, 1.0), (middle_s, 0.5), (GONE_S, 0.0)):
        assert gone(lane, 10.0 + late_s) == []
        assert lane.vehicles[0].presence == pytest.approx(presence)
    assert gone(lane, 10.0 + GONE_S + 0.1) == [1]
    assert keys(lane) == []


@pytest.mark.parametrize("near", [False, True])
def test_each_is_doubted_by_his_own_next_loop_only(near: bool) -> None:
    """While somebody is on the loop that should see him, nobody is late."""
    lane = queue(vehicle(1, 0.0, near=near))
    busy = {"near_busy_s" if near else "far_busy_s": 100.0}
    assert gone(lane, 100.0, **busy) == []
    assert lane.vehicles[0].presence == 1.0
    assert gone(lane, 100.0, **{"far_busy_s" if near else "near_busy_s": 100.0}) == [1]


@pytest.mark.parametrize("near", [False, True])
def test_a_queue_needs_time_to_move_up_one_by_one(near: bool) -> None:
    """The loop was busy until 100 s; each has as much longer as those before him need."""
    lane = queue(*(vehicle(k, 0.0, near=near) for k in range(3)))
    busy = {"near_busy_s" if near else "far_busy_s": 100.0}
    found = []
    for tenth in range(80):
        now_s = 100.0 + tenth / 10
        found += [(key, now_s) for key in gone(lane, now_s, **busy)]
        if found:
            break
    assert found == [(0, pytest.approx(100.0 + RECENT_S + 0.1))]
    lane = queue(*(vehicle(k, 0.0, near=near) for k in range(3)))
    assert gone(lane, 100.0 + RECENT_S + 1.5 * MOVE_UP_S, **busy) == [0, 1]
    assert gone(lane, 100.0 + RECENT_S, **busy) == []
    assert gone(lane, 100.0 + RECENT_S + 0.1, **busy) == [2], "nobody is before him any more"


def test_who_waits_to_join_from_a_side_has_longer() -> None:
    joiner = Tracked(1, 10.0, 10.0, True, 0.8, joins=True, floor_s=3.0)
    lane = queue(joiner)
    assert gone(lane, 10.0 + JOIN_S) == []
    assert (joiner.presence, joiner.eta_s(10.0 + JOIN_S)) == (0.8, 3.0)
    assert gone(lane, 10.1 + JOIN_S, near_busy_s=10.1 + JOIN_S) == [1], "even where the loop is busy"


# Announced vehicles ------------------------------------------------------------------------------------------------


def test_who_is_announced_fades_where_no_loop_sees_him_and_is_never_quite_given_up() -> None:
    told = announced(1, 10.0, presence=0.8)
    half_s = (DOUBT_S + FADED_S) / 2
    for late_s, share in ((-5.0, 1.0), (DOUBT_S, 1.0), (half_s, 0.5), (FADED_S, 0.05), (500.0, 0.05)):
        assert told.likely(10.0 + late_s) == pytest.approx(0.8 * share)
    lane = queue(told)
    assert gone(lane, 510.0) == [], "only the signal behind takes him back"
    lane.confirm(1, 510.0)
    assert told.likely(510.0 + DOUBT_S) == 0.8
    lane.remove(1)
    assert keys(lane) == []


def test_who_is_announced_keeps_his_way_from_the_first_loop() -> None:
    told = Tracked(1, 10.0, 6.0, False, announced=True, floor_s=4.0)
    assert [told.eta_s(t) for t in (0.0, 6.0, 9.0, 100.0)] == [10.0, 4.0, 4.0, 4.0]


# Queue and room ----------------------------------------------------------------------------------------------------


def test_the_queue_is_those_who_could_be_at_the_stop_line() -> None:
    lane = queue(vehicle(1, 5.0, near=True), vehicle(2, 5.0, near=True, presence=0.5), vehicle(3, 30.0))
    lane.add_far(Tracked(4, 0.0, 0.0, True, joins=True, floor_s=3.0))
    assert lane.queue_veh(10.0) == 1.5


def test_a_queue_that_covers_both_loops_is_at_least_as_long_as_the_way_between() -> None:
    lane = queue(vehicle(1, 5.0, near=True, presence=0.2), announced(2, 6.0), vehicle(3, 10.0, presence=0.4))
    fresh = iter(range(10, 20))
    lane.raise_to(3, True, lambda: vehicle(next(fresh), 20.0, near=True))
    assert sorted(keys(lane)) == [1, 2, 3, 10, 11]
    assert [v.presence for v in lane.vehicles if v.near] == [1.0] * 3
    assert [v.presence for v in lane.vehicles if v.key in (2, 3)] == [1.0, 0.4], "these are not in it"
    lane.raise_to(2, True, lambda: vehicle(next(fresh), 20.0, near=True))
    assert len(keys(lane)) == 5, "nobody is taken away"


def test_a_whole_lane_counts_those_whom_a_loop_saw() -> None:
    lane = queue(vehicle(1, 5.0, near=True), announced(2, 6.0), vehicle(3, 10.0, presence=0.4))
    lane.raise_to(3, False, lambda: vehicle(10, 20.0, near=True))
    assert sorted(keys(lane)) == [1, 2, 3, 10]
    assert [v.presence for v in lane.vehicles if v.key == 3] == [1.0]


def test_room_is_what_the_vehicles_leave_where_somebody_stands() -> None:
    way_m = 10 * SPACING_M
    assert queue().room_veh(way_m, 0.0) == FREE_ROOM_VEH
    assert queue(vehicle(1, 30.0)).room_veh(way_m, 0.0) == FREE_ROOM_VEH, "nobody stands"
    assert queue(vehicle(1, 0.0, near=True, presence=0.4)).room_veh(way_m, 5.0) == FREE_ROOM_VEH, "hardly anybody"
    lane = queue(vehicle(1, 0.0, near=True), vehicle(2, 30.0))
    assert lane.room_veh(way_m, 5.0) == pytest.approx(8.0)
    assert lane.room_veh(SPACING_M, 5.0) == 0.0


def test_a_short_way_counts_those_who_move_too() -> None:
    assert queue().room_veh(SHORT_M, 0.0) == FREE_ROOM_VEH
    assert queue(vehicle(1, 30.0)).room_veh(SHORT_M, 0.0) == pytest.approx(SHORT_M / SPACING_M - 1.0)
    assert queue(vehicle(1, 30.0)).room_veh(SHORT_M + 0.1, 0.0) == FREE_ROOM_VEH
