"""The clock of a source: offsets, drift, steps, and what must not be taken for one."""

import random
from itertools import pairwise

import pytest

from detectors.live.clock import SLEW_EVERY_S, ClockLevel, ClockWatch


def watched(ahead_s: float, seconds: int = 60, watch: ClockWatch | None = None, begin_s: float = 1000.0) -> ClockWatch:
    """A watch that heard one message a second, each 20 ms under way."""
    watch = watch or ClockWatch()
    for k in range(seconds):
        watch.take(begin_s + k + 0.02, begin_s + k + ahead_s)
        watch.tick(begin_s + k + 0.2)
    return watch


@pytest.mark.parametrize("ahead_s", [-12.0, -2.0, -0.7, 0.7, 2.0, 25.0])
def test_an_offset_is_found_and_corrected_to_a_tenth(ahead_s: float) -> None:
    watch = watched(ahead_s)
    assert watch.clock_offset_s == pytest.approx(ahead_s - 0.02, abs=1e-6)
    assert watch.correction_s == pytest.approx(-ahead_s)
    assert (watch.steps, watch.doubtful) == (0, False)


@pytest.mark.parametrize("ahead_s", [-0.4, 0.0, 0.45])
def test_a_small_offset_may_be_transport_and_stays(ahead_s: float) -> None:
    assert watched(ahead_s).correction_s == 0.0


@pytest.mark.parametrize(
    ("ahead_s", "level"),
    [(0.4, ClockLevel.OK), (0.6, ClockLevel.WARN), (-2.5, ClockLevel.ISOLATE), (31.0, ClockLevel.REFUSE)],
)
def test_the_level_tells_how_bad_it_is(ahead_s: float, level: ClockLevel) -> None:
    assert watched(ahead_s).level is level


def test_messages_that_are_held_up_do_not_move_it() -> None:
    watch, rng = ClockWatch(), random.Random(4)
    for k in range(300):
        held_s = rng.random() * 20 if rng.random() < 0.4 else 0.0
        watch.take(k + 0.01 + held_s if k % 7 else k + 0.01, k + 2.0)
    assert watch.correction_s == pytest.approx(-2.0)
    assert watch.steps == 0


def test_it_is_not_trusted_before_enough_was_heard() -> None:
    watch = ClockWatch()
    watch.take(10.0, 13.0)
    assert watch.doubtful and watch.correction_s == 0.0
    watch.tick(13.9)
    assert watch.doubtful
    watch.tick(14.1)
    assert not watch.doubtful and watch.correction_s == pytest.approx(-3.0)


@pytest.mark.parametrize(("jump_s", "within_s"), [(3.0, 3), (10.0, 3), (-3.0, 6), (-10.0, 6)])
def test_a_clock_that_is_set_is_found_soon(jump_s: float, within_s: int) -> None:
    watch = watched(0.0)
    watched(jump_s, 1, watch, 1060.0)
    assert watch.doubtful and watch.steps == 0
    watched(jump_s, within_s, watch, 1061.0)
    assert (watch.steps, watch.doubtful) == (1, False)
    assert watch.correction_s == pytest.approx(-jump_s)


def test_messages_of_before_a_step_keep_their_correction() -> None:
    watch = watched(10.0, 5, watched(0.0), 1060.0)
    assert watch.steps == 1
    assert watch.correction_of_s(1062.0, 1072.0) == pytest.approx(-10.0)
    assert watch.correction_of_s(1062.0, 1059.0) == 0.0


def test_a_backlog_is_not_a_step() -> None:
    watch = watched(0.0)
    for k in range(60):  # a minute without a connection, then all at once
        watch.take(1120.0 + k / 1000, 1060.0 + k)
    watched(0.0, 30, watch, 1121.0)
    assert (watch.steps, watch.correction_s, watch.doubtful) == (0, 0.0, False)


def test_of_a_burst_the_message_that_was_not_held_up_counts() -> None:
    watch = watched(0.0)
    for k in range(20):
        at_s = 1060.0 + k
        watch.take(at_s, at_s - 0.01)
        watch.take(at_s + 0.05, at_s - 3.0)
        watch.tick(at_s + 0.5)
        assert not watch.doubtful
    assert watch.steps == 0


def test_a_clock_that_is_put_back_is_found_on_a_restless_link_too() -> None:
    watch, rng = watched(0.0), random.Random(8)
    for arrival_s, sent_s in sorted((1060.0 + k + 2 * rng.random(), 1050.0 + k) for k in range(40)):
        watch.take(arrival_s, sent_s)
    assert watch.steps == 1
    assert 10.0 <= watch.correction_s <= 11.5


def test_a_few_seconds_of_slow_transport_are_not_a_step() -> None:
    watch = watched(0.0)
    watched(-1.5, 4, watch, 1060.0)
    watched(0.0, 5, watch, 1064.0)
    assert (watch.steps, watch.correction_s) == (0, 0.0)


@pytest.mark.parametrize("ppm", [-200.0, 50.0, 200.0])
def test_drift_is_measured_and_followed_by_slewing(ppm: float) -> None:
    watch, corrections = ClockWatch(), []
    for k in range(0, 4 * 3600, 2):
        watch.take(k + 0.02, k * (1 + ppm * 1e-6))
        corrections.append((float(k), watch.correction_s))
    assert watch.drift_ppm == pytest.approx(ppm, rel=0.02)
    assert watch.steps == 0
    moves = [(t, b - a) for (_, a), (t, b) in pairwise(corrections) if abs(b - a) > 1e-9]
    assert all(abs(move) <= 0.1 + 1e-9 for _, move in moves)
    assert all(t - s >= SLEW_EVERY_S for (s, _), (t, _) in pairwise(moves))
    if abs(ppm) == 200.0:
        assert watch.correction_s == pytest.approx(-4 * 3600 * ppm * 1e-6, abs=0.2)
