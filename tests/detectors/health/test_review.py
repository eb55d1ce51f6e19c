"""A log as a whole: what was good of a day, and events out of their order."""

import numpy as np
import pytest

from detectors.health.feed import Feed
from detectors.health.judge import Judge
from detectors.health.review import Calendar, Edge, review, slots_of
from detectors.health.slots import Slot
from detectors.health.surroundings import Surroundings
from tests.detectors.health.traffic import slot

ALONE = Surroundings(("J",))


def test_a_fault_counts_from_when_it_began() -> None:
    slots = [
        slot(60.0 * k, [4.0 + k % 3] if k < 30 else [0.0], None if k < 30 else [60.0], held_s=[max(k - 29, 0) * 60.0])
        for k in range(60)
    ]
    found = review(slots, Judge(ALONE), Calendar())
    assert found.level[:30, 0].tolist() == [0] * 30 and found.level[30:, 0].tolist() == [2] * 30
    assert found.score(Calendar())[0] == pytest.approx(0.5)


def test_the_worst_day_counts() -> None:
    slots = [slot(86400.0 - 600.0 + 60.0 * k, [4.0 + k % 3], valid=[float(k < 10 or k % 2)]) for k in range(40)]
    assert review(slots, Judge(ALONE), Calendar()).score(Calendar())[0] == pytest.approx(0.5)


def test_gaps_are_slots_of_which_nothing_is_known() -> None:
    found = review([slot(0.0, [4.0]), slot(300.0, [5.0])], Judge(ALONE), Calendar())
    assert len(found.begins_s) == 6 and np.isnan(found.count[1:5, 0]).all()


def test_days_for_a_profile_leave_out_what_failed() -> None:
    slots = [slot(60.0 * k, [0.0], [60.0], held_s=[(k + 1) * 60.0]) for k in range(30)]
    (day,) = review(slots, Judge(ALONE), Calendar(0.0, 5)).days(Calendar(0.0, 5))
    assert day.day_type == "saturday" and np.isnan(day.count).all()


def edges(*times_s: float) -> list[Edge]:
    return [Edge(0, time_s, k % 2 == 0) for k, time_s in enumerate(times_s)]


def closed(said: list[Edge]) -> list[Slot]:
    return list(slots_of(said, Feed(["J"], 60.0), 60.0))


def test_slots_follow_the_clock_of_the_log() -> None:
    assert [s.count[0] for s in closed(edges(5.0, 6.0, 130.0, 131.0))] == [1, 0, 1]


def test_one_event_dated_ahead_moves_no_clock() -> None:
    times_s = [float(t) for t in range(0, 60, 2)]
    said = edges(*times_s[:11], 5000.0, *times_s[11:])
    found = closed([Edge(e.detector, e.time_s, k % 2 == 0) for k, e in enumerate(said)])
    assert len(found) == 1 and found[0].early[0] == 1 and found[0].back[0] == 0


def test_a_clock_put_back_is_told_apart_from_single_late_events() -> None:
    forward = [float(t) for t in range(3000, 3600, 10)]
    again = [t - 600.0 for t in forward[:30]]
    found = closed(edges(*forward, *again))
    assert sum(s.back[0] for s in found) >= 25


def test_arrival_times_rule_where_they_are_known() -> None:
    said = [Edge(0, 10.0 * k, k % 2 == 0, 10.0 * k + (200.0 if k == 20 else 0.1)) for k in range(40)]
    assert sum(s.late[0] for s in closed(said)) == 1
