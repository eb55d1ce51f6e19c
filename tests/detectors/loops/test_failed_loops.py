"""The estimate where loops have failed: it lives on those that are left, starves nobody and serves nobody for ever."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.loops.blind import BACKLOG_S, DEFAULT_VEH_S, MARGIN, START_UP_S, Discharge, Profile, unseen_share
from detectors.loops.estimator import LoopEstimator
from detectors.loops.events import LoopEvent
from detectors.loops.headways import DEFAULT_HEADWAY_S
from detectors.loops.lane_queue import SPACING_M
from signal_ctrl.domain.detection import WHOLE, Detection
from signal_ctrl.domain.network import NONE, Exit
from tests.detectors.layouts import FAR, LINE, MIDDLE_M, NEAR, Street, expected, junction, loops_of, vehicles
from tests.detectors.loops.test_health import OWN_WAY

LAYOUT = replace(junction(), onward=OWN_WAY)
SLOT_S = 25


def street_without(*dead: int, lamps: str = "r") -> Street:
    """Return a street whose dead loops have been found, its queue empty."""
    street = Street(LAYOUT, lamps, proven=False)
    second = 0
    while not set(dead) <= street.estimator.failed:
        for place, loop in enumerate(k for k in (FAR, NEAR, LINE) if k not in dead):
            street.on(loop, second + 4.0 * place)
            street.off(loop, second + 4.0 * place + 0.8)
        street.watch(second + 9, second + SLOT_S, "G")
        second += SLOT_S
        assert second < 2000
    street.watch(second, 2000, "G")
    return street


# Healthy loops -----------------------------------------------------------------------------------------------------


class Trusting:
    """A health that knows of no fault."""

    failed = silent = hushed = hung = frozenset[int]()

    def believes(self, event: LoopEvent, now_s: float | None = None) -> bool:
        return True

    def assess(self, now_s: float, lamps: str) -> bool:
        return False


@given(st.lists(st.tuples(st.floats(2.0, 30.0), st.floats(2.0, 20.0)), min_size=1, max_size=25), st.booleans())
def test_with_healthy_loops_every_view_is_the_one_without_health(rows: list[tuple[float, float]], green: bool) -> None:
    watched, trusting = (LoopEstimator(LAYOUT) for _ in range(2))
    trusting.health = Trusting()  # type: ignore[assignment]
    events, at_s, free_s = [], 0.0, 0.0
    for gap_s, wait_s in rows:
        at_s += gap_s
        leave_s = max(at_s + 15.0, free_s) + wait_s
        line_s = max(at_s + 14.0, free_s + 0.5)
        events += [(FAR, at_s, 0.8), (NEAR, at_s + 11.5, 0.8), (LINE, line_s, leave_s - line_s)]
        free_s = leave_s
    edges = sorted(
        (LoopEvent(k, t, on) for k, from_s, for_s in events for t, on in ((from_s, True), (from_s + for_s, False))),
        key=lambda event: event.time_s,
    )
    for second in range(int(free_s) + 20):
        while edges and edges[0].time_s <= second:
            for estimator in (watched, trusting):
                estimator.take(edges[0], float(second))
            del edges[0]
        lamps = "G" if green and second % 60 < 30 else "r"
        assert watched.view(float(second), lamps).digest() == trusting.view(float(second), lamps).digest()
    assert watched.detection is WHOLE


# A dead stop-line loop -----------------------------------------------------------------------------------------------


def test_who_waits_before_a_dead_stop_line_waits_until_green() -> None:
    street = street_without(LINE)
    for second in (2001.0, 2004.0, 2007.0):
        street.passes(NEAR, second)
    assert expected(street.watch(2008, 2100, "r")) == pytest.approx(3.0)
    assert street.look(2101.0, "r").standing[0] == 3.0
    left = [expected(street.look(2101.0 + n, "G")) for n in range(1, 14)]
    assert left[int(START_UP_S) - 1] == 3.0
    assert left[-1] == 0.0
    assert sum(n > 0 for n in left) <= START_UP_S + 3 * MARGIN * DEFAULT_HEADWAY_S + 1


def test_its_lane_calls_all_the_time() -> None:
    street = street_without(LINE)
    assert street.estimator.detection == Detection(frozenset({LINE}), frozenset({0}), pytest.approx(2 / 4.5))


def test_a_queue_on_the_middle_loop_fills_the_lane_before_a_dead_stop_line() -> None:
    street = street_without(LINE)
    street.on(NEAR, 2001.0)
    assert vehicles(street.watch(2002, 2010, "r")) >= int(MIDDLE_M / SPACING_M)


def test_who_passes_the_middle_loop_of_a_full_lane_shows_that_somebody_has_left() -> None:
    street = street_without(LINE)
    for n in range(20):
        street.passes(NEAR, 2001.0 + 3.0 * n)
        street.look(2002.0 + 3.0 * n, "r")
    assert vehicles(street.look(2070.0, "r")) <= MIDDLE_M / SPACING_M + 2


# A stop-line loop alone ----------------------------------------------------------------------------------------------


def alone() -> Street:
    """Return a street of which the stop-line loop alone is left."""
    street = street_without(NEAR)
    street.on(FAR, 2000.5)
    street.watch(2001, 3000, "G")
    assert street.estimator.failed == {FAR, NEAR}
    return street


def test_a_stop_line_loop_alone_believes_in_those_who_come_unseen() -> None:
    street = alone()
    street.on(LINE, 3001.0)
    assert 2 <= vehicles(street.watch(3001, 3400, "r")) <= 10


def test_while_a_queue_flows_there_are_more_behind() -> None:
    street = alone()
    for n in range(20):
        street.on(LINE, 3001.0 + 2.0 * n)
        street.off(LINE, 3002.2 + 2.0 * n)
        view = street.look(3002.5 + 2.0 * n, "G")
        assert n < 2 or vehicles(view) >= 2
    assert vehicles(street.watch(3045, 3075, "G")) <= 1, "and nobody once it has run empty"


def test_the_advance_loop_alone_keeps_those_whom_neither_loop_ahead_sees() -> None:
    street = Street(LAYOUT, "r", proven=False)
    for n in range(5):
        street.on(FAR, 1.0 + 20.0 * n)
        street.off(FAR, 1.8 + 20.0 * n)
        street.watch(20 * n + 2, 20 * n + 20, "r")
    assert street.estimator.health.hushed == {NEAR, LINE}
    street.passes(FAR, 101.0)
    assert expected(street.watch(102, 200, "r")) >= 0.9, "he waits, and is not forgotten"


# A dead middle loop --------------------------------------------------------------------------------------------------


def test_without_the_middle_loop_the_advance_loop_tells_who_is_due_at_the_stop_line() -> None:
    street = street_without(NEAR)
    street.passes(FAR, 2001.0)
    view = street.look(2002.0, "r")
    assert (vehicles(view), view.eta_s[0, 0]) == (1, pytest.approx(14.0))
    street.on(LINE, 2016.0)
    assert expected(street.watch(2016, 2100, "r")) == 1.0


# No loop left --------------------------------------------------------------------------------------------------------


def dark() -> Street:
    street = Street(LAYOUT, "G", proven=False)
    for loop in (FAR, NEAR, LINE):
        street.on(loop, 0.5)
    street.watch(1, 200, "G")
    assert street.estimator.failed == {FAR, NEAR, LINE}
    return street


def test_a_lane_without_loops_fills_by_its_profile_and_empties_in_green() -> None:
    street = dark()
    seen = [vehicles(street.look(200.0 + n, "r")) for n in range(1, 3000)]
    assert seen == sorted(seen), "nobody leaves in red"
    assert 0 < seen[300] <= MARGIN * (BACKLOG_S + 500) * DEFAULT_VEH_S + 1
    assert seen[-1] == int(200.0 / SPACING_M), "no more than the lane holds"
    left = [vehicles(street.look(3200.0 + n, "G")) for n in range(120)]
    assert left[-1] <= 1, "and nobody is served for ever"


def test_the_profile_is_the_rate_of_before() -> None:
    profile = Profile(1)
    assert profile.rate_veh_s(0) == pytest.approx(MARGIN * DEFAULT_VEH_S)
    for _ in range(600):
        profile.left(0)
        profile.watched(0, 10.0)
    assert profile.rate_veh_s(0) == pytest.approx(MARGIN * 0.1, rel=0.05)
    assert sum(profile.comes(0, 1.0, 1.0) for _ in range(1000)) == pytest.approx(1000 * profile.rate_veh_s(0), abs=1)


def test_what_came_days_ago_fades_from_the_profile() -> None:
    """After a quiet week an hour of rush counts as what it is, not as a hundredth."""
    profile = Profile(1)
    for _ in range(7 * 24 * 60):
        profile.watched(0, 60.0)
    for _ in range(4 * 600):
        profile.left(0)
        profile.watched(0, 6.0)
    assert profile.rate_veh_s(0) > 0.5 * MARGIN / 6.0


def test_only_open_time_is_saved() -> None:
    layout = junction(turns=2)
    discharge = Discharge(layout)
    room, ratio = [5.0, 5.0], [0.5, 0.5]
    for _ in range(10):
        discharge.open(0, "Gr", room, ratio, 1.0)  # type: ignore[arg-type]
    assert [discharge.lets_go(0, 2.0 / MARGIN, 1.0) for _ in range(3)] == [True, True, False]
    discharge.open(0, "rr", room, ratio, 1.0)  # type: ignore[arg-type]
    discharge.open(0, "GG", [0.0, 0.0], ratio, 1.0)  # type: ignore[arg-type]
    assert not discharge.lets_go(0, 2.0, 1.0), "closed lamps or a full exit let nobody go"


def test_a_lane_with_a_middle_loop_needs_no_profile_and_one_without_needs_it_for_the_ways_that_nobody_sees() -> None:
    far, near, line = loops_of(0, 1)
    layout = junction(loops=[far, near, line, replace(far, loop_id="other")])
    assert unseen_share(layout, 0, {2}) == 0.0
    assert unseen_share(layout, 0, {1, 2}) == 0.0
    assert unseen_share(layout, 0, {0, 1, 2}) == 0.5
    assert unseen_share(layout, 0, {0, 1, 2, 3}) == 1.0


def test_whom_the_lane_with_loops_has_not_seen_is_in_the_one_without() -> None:
    far = replace(loops_of(0, 1)[0], serves=(0, 1))
    loops = [far, *loops_of(0, 2)[1:], loops_of(1, 4)[2]]
    street = Street(replace(junction(2, loops=loops), onward=((1, 3), (2,), (), ())), "rr", proven=False)
    street.on(3, 0.5)
    street.watch(1, 20, "GG")
    for loop in (0, 1, 2):
        street.on(loop, 20.0 + 5.0 * loop)
        street.off(loop, 20.8 + 5.0 * loop)
    street.watch(35, 100, "GG")
    assert street.estimator.failed == {3}
    street.on(0, 101.0)
    street.off(0, 101.8)
    view = street.watch(102, 130, "rr")
    assert [expected(view, lane) for lane in (0, 1)] == [0.0, 1.0]


# Behind the junction -------------------------------------------------------------------------------------------------


def test_the_next_loop_tells_where_vehicles_went_when_the_first_has_failed() -> None:
    near, far = loops_of(0, 1)[1], loops_of(0, 1)[0]
    behind = replace(LAYOUT, signal_id="B")
    exits = (Exit("in0", 200.0, 10.0, "B", 0, 200.0, ((("in0", 0.0),),), "in"),)
    before = replace(junction(exits=exits, loops=[]), signal_id="A", onward=())
    estimators = {"A": LoopEstimator(before), "B": LoopEstimator(behind)}
    for estimator in estimators.values():
        estimator.join(estimators)
    assert estimators["A"]._outlet._first_loop_m == {0: far.position_m}
    for second in range(1, 200):
        if second % 15 == 0:
            for k in (NEAR, LINE):
                estimators["B"].take(LoopEvent(k, float(second), True))
                estimators["B"].take(LoopEvent(k, second + 0.8, False))
        for estimator in estimators.values():
            estimator.view(float(second), "G")
    assert estimators["B"].failed == {FAR}
    assert estimators["A"]._outlet._first_loop_m == {0: near.position_m}
    assert exits[0].next_lane != NONE
