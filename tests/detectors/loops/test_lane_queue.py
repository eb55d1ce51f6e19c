"""The vehicles of one lane between its loops."""

import pytest

from detectors.loops.lane_queue import DOUBT_S, EARLY_S, GONE_S, CaptureRatio, LaneQueue, Tracked


def vehicle(key: int, next_s: float, near: bool = False) -> Tracked:
    return Tracked(key, next_s + (0.0 if near else 3.5), next_s, near)


def queue(*vehicles: Tracked) -> LaneQueue:
    return LaneQueue(list(vehicles))


def keys(lane: LaneQueue) -> list[int]:
    return [v.key for v in lane.vehicles]


def test_the_middle_loop_takes_the_first_it_has_not_seen() -> None:
    lane = queue(vehicle(1, 5.0, near=True), vehicle(2, 10.0), vehicle(3, 11.0))
    found = lane.take_far(10.0)
    assert found is not None
    assert (found.key, keys(lane)) == (2, [1, 3])


@pytest.mark.parametrize(("early_s", "taken"), [(EARLY_S, True), (EARLY_S + 0.1, False)])
def test_nobody_comes_much_too_early(early_s: float, taken: bool) -> None:
    assert (queue(vehicle(1, 20.0)).take_far(20.0 - early_s) is not None) is taken


def test_near_vehicles_stay_before_far_ones() -> None:
    lane = queue(vehicle(1, 5.0, near=True), vehicle(2, 10.0))
    lane.put_near(vehicle(3, 6.0, near=True))
    assert keys(lane) == [1, 3, 2]


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


def test_doubt_falls_evenly_and_ends_in_dropping() -> None:
    lane = queue(vehicle(1, 10.0, near=True))
    middle_s = (DOUBT_S + GONE_S) / 2
    for late_s, presence in ((DOUBT_S, 1.0), (middle_s, 0.5), (GONE_S, 0.0)):
        lane.doubt(10.0 + late_s, far_clear=True, near_clear=True)
        assert lane.vehicles[0].presence == pytest.approx(presence)
    lane.doubt(10.0 + GONE_S + 0.1, far_clear=True, near_clear=True)
    assert keys(lane) == []


@pytest.mark.parametrize("near", [False, True])
def test_each_is_doubted_by_his_own_next_loop_only(near: bool) -> None:
    lane = queue(vehicle(1, 0.0, near=near))
    lane.doubt(100.0, far_clear=near, near_clear=not near)
    assert keys(lane) == [1]
    lane.doubt(100.0, far_clear=not near, near_clear=near)
    assert keys(lane) == []


def test_only_those_who_never_reached_the_middle_loop_count_against_it() -> None:
    lane = queue(vehicle(1, 0.0), vehicle(2, 0.0, near=True))
    lane.doubt(100.0, far_clear=True, near_clear=True)
    assert (lane.capture.seen, lane.capture.kept) == (10.0, 8.5)


def test_the_capture_ratio_forgets_and_stays_within_bounds() -> None:
    ratio = CaptureRatio()
    for _ in range(500):
        ratio.note(False)
    assert ratio.value == 0.2
    for _ in range(500):
        ratio.note(True)
    assert ratio.value > 0.99
    assert ratio.seen <= 31.0
