"""Which loops are still listened to, by events made by hand: each fault of SAFETY K12, and what is no fault."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.loops.estimator import LoopEstimator
from detectors.loops.events import LoopEvent
from detectors.loops.health import (
    CLEAR_S,
    LONG_UNHEARD_S,
    ON_AT_MOST_S,
    PROVEN,
    UNPROVEN,
    UNSEEN,
    LoopHealth,
)
from detectors.loops.kin import BRIDGED, kin_of
from signal_ctrl.domain.detection import DetectorState
from signal_ctrl.domain.network import JunctionLayout
from tests.detectors.layouts import FAR, LINE, NEAR, expected, junction, vehicles

OWN_WAY = ((NEAR,), (LINE,), ())
TWO_WAYS = (*OWN_WAY, (3 + NEAR,), (3 + LINE,), ())
PASS_S = 0.8
SLOT_S = 20.0


def one_lane() -> JunctionLayout:
    return replace(junction(), onward=OWN_WAY)


class Loops:
    """The health of one junction, judged once a second."""

    def __init__(self, layout: JunctionLayout | None = None, lamps: str = "r") -> None:
        self.health = LoopHealth(layout or one_lane())
        self.lamps = lamps
        self.now_s = 0
        self.failed_at: dict[int, int] = {}

    def wait(self, until_s: float) -> None:
        while self.now_s < until_s:
            self.now_s += 1
            self.health.assess(float(self.now_s), self.lamps)
            for loop in self.health.failed - set(self.failed_at):
                self.failed_at[loop] = self.now_s

    def passes(self, loop: int, at_s: float, lasting_s: float = PASS_S) -> None:
        self.wait(at_s)
        self.health.believes(LoopEvent(loop, at_s, True))
        self.health.believes(LoopEvent(loop, at_s + lasting_s, False))

    def vehicles(self, n: int, over: tuple[int, ...] = (FAR, NEAR, LINE)) -> None:
        """Let vehicles drive over some loops, one every 20 s."""
        for _ in range(n):
            at_s = self.now_s + 1.0
            for place, loop in enumerate(over):
                self.passes(loop, at_s + 5.0 * place)
            self.wait(at_s + SLOT_S - 1.0)

    def state(self, loop: int) -> DetectorState:
        return self.health.state(loop)


def test_loops_that_see_the_same_vehicles_are_sound() -> None:
    loops = Loops()
    loops.vehicles(100)
    assert [loops.state(k) for k in (FAR, NEAR, LINE)] == [DetectorState.OK] * 3
    assert loops.health.detection().lost == 0.0


def test_an_empty_street_is_no_fault() -> None:
    loops = Loops()
    loops.wait(3600)
    assert loops.health.failed == frozenset()


# Stuck off ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dead", [FAR, NEAR, LINE])
def test_one_that_never_reported_is_silent_after_five_vehicles(dead: int) -> None:
    loops = Loops()
    loops.vehicles(4, tuple(k for k in (FAR, NEAR, LINE) if k != dead))
    assert dead not in loops.health.failed
    loops.vehicles(3, tuple(k for k in (FAR, NEAR, LINE) if k != dead))
    assert loops.health.failed == {dead}
    assert loops.health.why(dead) == "silent while others see traffic"


def test_one_that_has_reported_gets_more_patience() -> None:
    loops = Loops()
    loops.vehicles(3)
    loops.vehicles(int(PROVEN.unseen_veh) - 2, (FAR, NEAR))
    assert loops.state(LINE) is not DetectorState.FAILED
    loops.vehicles(4, (FAR, NEAR))
    assert loops.health.failed == {LINE}


def test_the_first_vehicles_unseen_make_a_stop_line_loop_suspect() -> None:
    loops = Loops()
    loops.vehicles(3, (FAR, NEAR))
    assert (loops.state(LINE), loops.health.hushed) == (DetectorState.SUSPECT, frozenset({LINE}))
    loops.vehicles(1)
    assert (loops.state(LINE), loops.health.hushed) == (DetectorState.OK, frozenset())


def test_a_queue_on_the_middle_loop_before_an_empty_stop_line_is_a_contradiction() -> None:
    loops = Loops()
    loops.vehicles(1, (NEAR,))
    loops.health.believes(LoopEvent(NEAR, loops.now_s + 1.0, True))
    loops.wait(loops.now_s + UNPROVEN.blocked_s - 2)
    assert LINE not in loops.health.failed
    loops.wait(loops.now_s + 8)
    assert loops.health.why(LINE) == "silent before a queue"


def test_where_the_loop_between_has_failed_too_the_one_behind_it_bears_witness() -> None:
    (_, _, line) = kin_of(one_lane())
    assert (line.witnesses[FAR].counts(()), line.witnesses[FAR].counts({NEAR})) == (0.02, BRIDGED)
    loops = Loops(lamps="G")
    loops.health.believes(LoopEvent(NEAR, 0.5, True))
    loops.vehicles(16, (FAR,))
    assert {NEAR, LINE} <= loops.health.failed


def test_a_stop_line_that_nobody_vouches_for_is_unsure_after_a_while() -> None:
    loops = Loops(replace(junction(loops=[one_lane().loops[LINE]]), onward=((),)))
    loops.wait(LONG_UNHEARD_S - 5)
    assert loops.health.detection().unsure == frozenset()
    loops.wait(LONG_UNHEARD_S + 10)
    assert (loops.state(0), loops.health.detection().unsure) == (DetectorState.SUSPECT, frozenset({0}))
    loops.passes(0, LONG_UNHEARD_S + 20)
    loops.wait(LONG_UNHEARD_S + 30)
    assert loops.health.detection().unsure == frozenset()


# Stuck on ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("stuck", "others"), [(FAR, (NEAR, LINE)), (NEAR, (FAR, LINE)), (LINE, (FAR, NEAR))])
def test_one_that_is_on_while_traffic_moves_is_stuck(stuck: int, others: tuple[int, ...]) -> None:
    loops = Loops()
    loops.health.believes(LoopEvent(stuck, 0.5, True))
    loops.vehicles(3, others)
    assert stuck not in loops.health.failed
    loops.vehicles(7, others)
    assert loops.health.failed == {stuck}
    assert loops.health.why(stuck) == "on while traffic moves"
    assert loops.failed_at[stuck] >= 60


def test_one_that_goes_on_for_the_first_time_and_stays_on_is_not_taken_for_a_queue() -> None:
    loops = Loops()
    loops.health.believes(LoopEvent(NEAR, 0.5, True))
    loops.wait(20)
    assert (loops.state(NEAR), loops.health.hung, loops.health.failed) == (DetectorState.SUSPECT, {NEAR}, frozenset())
    loops.health.believes(LoopEvent(NEAR, 21.0, False))
    loops.wait(30)
    assert (loops.state(NEAR), loops.health.hung) == (DetectorState.OK, frozenset())


def test_one_that_stays_on_through_green_is_stuck() -> None:
    loops = Loops(lamps="G")
    loops.health.believes(LoopEvent(LINE, 0.5, True))
    loops.wait(90)
    assert loops.health.why(LINE) == "on through green"


def test_a_vehicle_that_waits_for_a_long_red_is_no_fault() -> None:
    loops = Loops()
    loops.vehicles(3)
    loops.health.believes(LoopEvent(LINE, loops.now_s + 1.0, True))
    loops.wait(loops.now_s + 300)
    assert loops.health.failed == frozenset()


def test_on_for_a_quarter_of_an_hour_is_a_fault_whatever_it_may_be() -> None:
    loops = Loops()
    loops.vehicles(3)
    begin_s = loops.now_s
    loops.health.believes(LoopEvent(LINE, begin_s + 1.0, True))
    loops.wait(begin_s + ON_AT_MOST_S - 5)
    assert loops.health.failed == frozenset()
    loops.wait(begin_s + ON_AT_MOST_S + 10)
    assert loops.health.why(LINE) == "on for too long"


# Chatter -----------------------------------------------------------------------------------------------------------


def test_pulses_that_no_vehicle_makes() -> None:
    loops = Loops()
    for n in range(12):
        loops.passes(NEAR, 1.0 + n, 0.1)
    loops.wait(20)
    assert loops.health.why(NEAR) == "pulses that no vehicle makes"
    assert loops.failed_at[NEAR] <= 12


def test_more_counts_than_a_lane_lets_through() -> None:
    loops = Loops()
    for n in range(100):
        loops.passes(NEAR, 1.0 + n, 0.7)
    loops.wait(110)
    assert loops.health.why(NEAR) == "more vehicles than a lane lets through"


def test_a_discharging_queue_is_no_chatter() -> None:
    loops = Loops(lamps="G")
    for n in range(40):
        for loop in (FAR, NEAR, LINE):
            loops.passes(loop, 1.0 + 1.8 * n, 0.9)
    loops.wait(100)
    assert loops.health.failed == frozenset()


def test_now_and_then_a_short_pulse_is_a_lane_change_over_the_loop() -> None:
    loops = Loops()
    for n in range(100):
        loops.passes(NEAR, 1.0 + 20.0 * n, 0.05)
        loops.passes(LINE, 6.0 + 20.0 * n)
    assert NEAR not in loops.health.failed


def test_what_a_chattering_loop_says_of_others_counts_for_nothing() -> None:
    loops = Loops()
    for n in range(60):
        loops.passes(NEAR, 1.0 + 1.1 * n, 0.1 if n % 3 else 0.7)
    loops.wait(90)
    assert loops.health.failed == {NEAR}


def test_a_loop_that_has_failed_does_not_tell_that_traffic_moves() -> None:
    """A chattering one goes on counting; whoever waits at the stop line for a long red stays believed."""
    loops = Loops()
    loops.vehicles(3)
    loops.health.believes(LoopEvent(LINE, loops.now_s + 0.5, True))
    from_s = loops.now_s + 1.0
    for n in range(10):
        loops.passes(NEAR, from_s + n, 0.1)
    assert loops.health.failed == {NEAR}
    for n in range(2 * PROVEN.passed_stop_veh):
        loops.passes(NEAR, from_s + 15.0 + 2.0 * n, PASS_S)
    assert loops.health.failed == {NEAR}


def test_who_was_condemned_by_the_word_of_one_that_fails_itself_is_pardoned() -> None:
    loops = Loops()
    loops.vehicles(8, (FAR, NEAR))
    assert loops.health.failed == {LINE}
    assert loops.health.why(LINE) == UNSEEN
    for _ in range(10):
        loops.passes(NEAR, loops.now_s + 1.0, 0.1)
    assert loops.health.failed == {NEAR}
    assert loops.health.why(LINE) == ""


# Clearing ----------------------------------------------------------------------------------------------------------


def test_a_fault_clears_after_ten_minutes_of_plausible_data() -> None:
    loops = Loops()
    loops.vehicles(8, (FAR, NEAR))
    assert loops.health.failed == {LINE}
    begin_s = loops.now_s
    loops.vehicles(int(CLEAR_S / SLOT_S) - 1)
    assert loops.health.failed == {LINE}
    loops.vehicles(4)
    assert (loops.health.failed, loops.health.why(LINE)) == (frozenset(), "")
    assert loops.now_s - begin_s < CLEAR_S + 120


def test_silence_is_no_plausible_data() -> None:
    loops = Loops()
    loops.vehicles(8, (FAR, NEAR))
    loops.wait(loops.now_s + 10 * CLEAR_S)
    assert loops.health.failed == {LINE}


def test_one_that_goes_on_chattering_stays_failed() -> None:
    loops = Loops()
    for n in range(2000):
        loops.passes(NEAR, 1.0 + n, 0.1)
    assert loops.health.failed == {NEAR}


# Events that should not be -----------------------------------------------------------------------------------------


def test_events_of_the_future_and_of_long_ago_are_not_listened_to() -> None:
    health = LoopHealth(one_lane())
    assert health.believes(LoopEvent(LINE, 100.0, True), 100.4)
    assert not health.believes(LoopEvent(LINE, 1e9, False), 101.0)
    assert not health.believes(LoopEvent(LINE, 50.0, False), 101.0)
    assert not health.believes(LoopEvent(LINE, float("nan"), False), 101.0)


def test_a_loop_whose_times_are_wrong_fails() -> None:
    loops = Loops()
    for second in range(1, 20):
        loops.wait(second)
        loops.health.believes(LoopEvent(LINE, second + 500.0, second % 2 == 1), float(second))
    assert loops.health.failed == {LINE}


def test_every_event_twice_changes_no_verdict() -> None:
    loops = Loops()
    for n in range(50):
        for place, loop in enumerate((FAR, NEAR, LINE)):
            loops.passes(loop, 1.0 + 20.0 * n + 4.0 * place)
            loops.passes(loop, 1.0 + 20.0 * n + 4.0 * place)
    assert loops.health.failed == frozenset()


@pytest.mark.parametrize("share", [0.5, 1.5])
def test_counts_that_drift_by_half_are_no_fault(share: float) -> None:
    loops = Loops()
    for n in range(100):
        at_s = 1.0 + 20.0 * n
        loops.passes(FAR, at_s)
        for extra in range(int((n + 1) * share) - int(n * share)):
            loops.passes(NEAR, at_s + 5.0 + 2.0 * extra)
        loops.passes(LINE, at_s + 10.0)
    assert loops.health.failed == frozenset()


def test_swapped_lanes_are_no_fault_where_both_have_traffic() -> None:
    loops = Loops(replace(junction(2), onward=TWO_WAYS), "rr")
    for n in range(60):
        at_s = 1.0 + 20.0 * n
        lane, other = (0, 3) if n % 2 else (3, 0)
        loops.passes(lane + FAR, at_s)
        loops.passes(other + NEAR, at_s + 5.0)
        loops.passes(lane + LINE, at_s + 10.0)
    assert loops.health.failed == frozenset()


events = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.one_of(st.floats(0.0, 3.0), st.floats()),
        st.one_of(st.none(), st.floats(-500.0, 500.0), st.floats()),
        st.booleans(),
    ),
    max_size=120,
)


@given(events)
def test_nothing_crashes_health_or_estimator(rows: list[tuple[int, float, float | None, bool]]) -> None:
    estimator = LoopEstimator(replace(junction(2), onward=TWO_WAYS))
    now_s = 0.0
    for loop, gap_s, shift_s, on in rows:
        now_s += gap_s if 0.0 <= gap_s <= 3.0 else 0.0
        at_s = now_s if shift_s is None else now_s + shift_s
        estimator.take(LoopEvent(loop, at_s, on), now_s)
        view = estimator.view(now_s, "Gr")
        assert all(0 <= vehicles(view, lane) <= 48 and expected(view, lane) >= 0.0 for lane in (0, 1))
