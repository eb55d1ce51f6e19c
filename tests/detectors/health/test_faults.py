"""Each fault of SAFETY K12 by slots made by hand: found in its time, and what comes near it is none."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from detectors.health.profile import SLOTS, DayCounts, Profile, profile_of
from detectors.health.reported import CODES
from detectors.health.slots import Slot, counted_slot
from detectors.health.surroundings import Surroundings
from tests.detectors.health.traffic import SLOT_S, slot, states

ALONE = Surroundings(("J",))
BUSY = Surroundings(("J",) * 5)
OTHERS = [6.0, 5.0, 7.0, 6.0]
MANY = np.random.default_rng(7).poisson(OTHERS, (1200, 4)).astype(float)
"""What the others count, minute by minute."""
Make = Callable[[int], Slot]


def first(found: Sequence[list[str]], word: str, detector: int = 0) -> int | None:
    """Return after how many slots a detector first was what a word says. [slots]"""
    return next((k + 1 for k, row in enumerate(found) if row[detector] == word), None)


def usual(*veh_per_min: float) -> Profile:
    count = np.tile(15.0 * np.array(veh_per_min), (SLOTS, 1))
    return profile_of([DayCounts("weekday", count, 0.5 * count)] * 4)


def run(make: Make, slots: int, around: Surroundings = ALONE, known: Profile | None = None) -> list[list[str]]:
    return states(around, [make(k) for k in range(slots)], known)


def test_traffic_as_usual_is_no_fault() -> None:
    dice = np.random.default_rng(1)
    found = run(lambda k: slot(60.0 * k, [float(dice.poisson(6)), *MANY[k]]), 600, BUSY, usual(6.0, *OTHERS))
    assert {row[0] for row in found} == {"ok"}


def test_on_for_fifteen_minutes_has_failed() -> None:
    held = run(lambda k: slot(60.0 * k, [0.0], [60.0], held_s=[60.0 * (k + 1)]), 16)
    assert (first(held, "suspect STUCK_ON"), first(held, "failed STUCK_ON")) == (10, 15)


def test_a_queue_of_nine_minutes_is_none() -> None:
    found = run(lambda k: slot(60.0 * k, [float(k % 9 == 0)], [60.0], held_s=[60.0 * (k % 9 + 1)]), 40)
    assert {row[0] for row in found} == {"ok"}


def test_a_busy_detector_is_not_silent_for_ten_minutes() -> None:
    found = run(lambda k: slot(60.0 * k, [5.0 + k if k < 5 else 0.0, *MANY[k]]), 20, BUSY, usual(6.0, *OTHERS))
    assert first(found, "failed STUCK_OFF") == 5 + 10


def test_a_quiet_detector_is_silent_for_as_long_as_its_hour_makes_likely() -> None:
    """12 veh/h: 10.0 expected are less likely than 1e-4 by chance alone, and days differ: 13.4 by the formula."""
    found = run(lambda k: slot(60.0 * k, [1.0 if k == 0 else 0.0, *MANY[k]]), 200, BUSY, usual(0.2, *OTHERS))
    doubted, failed = first(found, "suspect STUCK_OFF"), first(found, "failed STUCK_OFF")
    assert doubted is not None and 55 <= doubted <= 75
    assert failed is not None and 140 <= failed <= 180


def test_at_night_silence_is_no_fault() -> None:
    found = run(lambda k: slot(60.0 * k, [0.0] + [0.02] * 4), 480, BUSY, usual(0.01, *([0.02] * 4)))
    assert {row[0] for row in found} == {"ok"}


def test_a_quiet_day_is_no_fault_of_the_detector() -> None:
    """A holiday: a fifth of the usual traffic, everywhere."""
    dice = np.random.default_rng(3)
    found = run(lambda k: slot(60.0 * k, dice.poisson(0.2 * np.array([1.0, *OTHERS]))), 600, BUSY, usual(1.0, *OTHERS))
    assert not any("STUCK_OFF" in state for row in found for state in row)


def test_without_a_history_the_neighbours_tell_who_is_silent() -> None:
    found = run(lambda k: slot(60.0 * k, [MANY[k, 2] if k < 60 else 0.0, *MANY[k]]), 240, BUSY)
    doubted = first(found, "suspect STUCK_OFF")
    assert doubted is not None and doubted <= 60 + 45
    assert {row[1] for row in found} == {"ok"}


def test_without_a_history_a_silence_of_eighteen_hours_is_a_fault_of_one_that_has_spoken() -> None:
    found = run(lambda k: slot(60.0 * k, [float(k == 9), *MANY[k]]), 1100, BUSY)
    assert first(found, "failed STUCK_OFF") == 10 + 18 * 60
    never = run(lambda k: slot(60.0 * k, [0.0, *MANY[k]]), 1100, BUSY)
    assert first(never, "suspect STUCK_OFF") == 18 * 60 and first(never, "failed STUCK_OFF") is None


def test_short_pulses_are_chatter_in_the_second_minute() -> None:
    found = run(lambda k: slot(60.0 * k, [26.0], [5.0], short=[20.0]), 5)
    assert (first(found, "suspect CHATTER"), first(found, "failed CHATTER")) == (1, 2)


def test_some_short_pulses_of_lane_changers_are_none() -> None:
    found = run(lambda k: slot(60.0 * k, [12.0 + k % 3], short=[1.0 if k % 2 else 2.0]), 180)
    assert {row[0] for row in found} == {"ok"}


def test_counts_above_thirty_a_minute_are_erratic_in_the_third() -> None:
    found = run(lambda k: slot(60.0 * k, [31.0]), 5)
    assert (first(found, "suspect ERRATIC"), first(found, "failed ERRATIC")) == (1, 3)


def test_a_full_minute_of_a_platoon_is_not() -> None:
    found = run(lambda k: slot(60.0 * k, [31.0 if k % 10 == 0 else 12.0]), 60)
    assert "failed ERRATIC" not in {row[0] for row in found}


@pytest.mark.parametrize(
    ("count", "on_s", "known"),
    [
        (6.0, 0.3, None),  # 0.05 s a vehicle
        (20.0, 58.0, None),  # no room between them
        (6.0, 1.2, usual(6.0)),  # less than half of it
        (0.0, 30.0, None),  # half of the time covered, and nobody came
    ],
)
def test_pairs_that_no_traffic_makes_are_found(count: float, on_s: float, known: Profile | None) -> None:
    more = on_s / max(count, 1.0) if count else 1.0
    found = run(lambda k: slot(60.0 * k, [count + k % 2 * bool(count)], [on_s + k % 2 * more]), 30, ALONE, known)
    at = first(found, "failed IMPLAUSIBLE")
    assert at is not None and at <= 18


def test_longer_pulses_are_doubted() -> None:
    found = run(lambda k: slot(60.0 * k, [6.0 + k % 2], [9.0 + 1.5 * (k % 2)]), 30, ALONE, usual(6.0))
    assert first(found, "suspect IMPLAUSIBLE") is not None and first(found, "failed IMPLAUSIBLE") is None


@pytest.mark.parametrize(("count", "on_s"), [(6.0, 3.0), (20.0, 50.0), (1.0, 55.0), (6.0, 4.5)])
def test_pairs_that_traffic_makes_are_none(count: float, on_s: float) -> None:
    found = run(lambda k: slot(60.0 * k, [count + k % 2], [on_s + k % 3]), 60, ALONE, usual(6.0))
    assert "failed IMPLAUSIBLE" not in {row[0] for row in found}


@pytest.mark.parametrize(("count", "on_s", "slots"), [(12.0, 6.2, 8), (6.0, 3.1, 9), (1.0, 0.5, 13)])
def test_the_same_answer_in_more_slots_than_chance_explains_is_constant(count: float, on_s: float, slots: int) -> None:
    """One vehicle a minute, each as fast as the last: eight alike come about every few days on one of a thousand."""
    found = run(lambda k: slot(60.0 * k, [count], [on_s]), 15)
    assert first(found, "failed CONSTANT") == slots


def bins(counts: Sequence[float]) -> list[Slot]:
    none, valid, code = np.full(1, np.nan), np.ones(1), np.zeros(1, dtype=np.int64)
    return [counted_slot(60.0 * k, SLOT_S, np.array([c]), none, valid, code) for k, c in enumerate(counts)]


def test_counts_alone_need_a_longer_run() -> None:
    found = states(ALONE, bins([7.0] * 40))
    at = first(found, "failed CONSTANT")
    assert at is not None and 12 < at < 35
    ones = states(ALONE, bins([1.0 if k % 15 else 0.0 for k in range(600)]))
    assert {row[0] for row in ones} == {"ok"}


def test_what_comes_twice_is_found_after_ten_vehicles() -> None:
    found = run(lambda k: slot(60.0 * k, [6.0 + k % 2], heard=[24.0], twice=[12.0]), 5)
    assert (first(found, "suspect TWICE"), first(found, "failed TWICE")) == (1, 3)
    some = run(lambda k: slot(60.0 * k, [6.0 + k % 2], heard=[13.0], twice=[1.0]), 60)  # two vehicles in a tenth
    assert "failed TWICE" not in {row[0] for row in some}


@pytest.mark.parametrize(("column", "fault"), [("early", "FUTURE"), ("late", "LATE")])
def test_events_of_another_time_are_found_in_the_second_minute(column: str, fault: str) -> None:
    found = run(lambda k: slot(60.0 * k, [6.0], heard=[12.0], **{column: [6.0]}), 5)
    assert first(found, f"failed {fault}") == 2
    once = run(lambda k: slot(60.0 * k, [6.0], heard=[12.0], **{column: [1.0 if k == 3 else 0.0]}), 30)
    assert f"failed {fault}" not in {row[0] for row in once} and f"suspect {fault}" in {row[0] for row in once}


def test_a_clock_put_back_is_one_of_the_whole_controller() -> None:
    around = Surroundings(("J", "J", "K"))
    back = [[0.0, 9.0, 0.0], [0.0, 0.0, 0.0]]
    found = states(around, [slot(60.0 * k, [3.0, 3.0, 3.0], heard=[4.0] * 3, back=row) for k, row in enumerate(back)])
    assert found[0] == ["failed CLOCK", "failed CLOCK", "ok"]


@pytest.mark.parametrize("code", sorted(CODES))
def test_what_the_controller_reports_is_believed_at_once(code: int) -> None:
    found = run(lambda k: slot(60.0 * k, [3.0], code=np.array([code if k >= 2 else 0])), 4)
    assert [row[0] for row in found] == ["ok", "ok", "failed REPORTED", "failed REPORTED"]


def test_no_data_is_no_silence() -> None:
    found = run(lambda k: slot(60.0 * k, [6.0 + k if k < 5 else 0.0], valid=[1.0 if k < 5 else 0.0]), 25)
    assert (first(found, "suspect NO_DATA"), first(found, "failed NO_DATA")) == (5 + 5, 5 + 15)
    assert not any("STUCK_OFF" in row[0] for row in found)


@pytest.mark.parametrize("known", [None, usual(6.0, *OTHERS)])
def test_a_controller_that_is_mute_as_a_whole_has_no_dead_detectors(known: Profile | None) -> None:
    found = run(
        lambda k: slot(60.0 * k, [0.0] * 5 if 120 <= k < 150 else [MANY[k, 0] + k % 2, *MANY[k]]), 220, BUSY, known
    )
    seen = {state for row in found for state in row}
    assert "failed NO_DATA" in seen and not any("STUCK_OFF" in state for state in seen)
    assert set(found[-1]) == {"ok"}
