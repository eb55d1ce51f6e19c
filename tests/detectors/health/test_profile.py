"""The profile of the hour: learned by type of day, without days on which a detector was out of order."""

import numpy as np
import pytest

from detectors.health.profile import SLOTS, DayCounts, by_days, day_type_of, profile_of
from signal_ctrl.domain.errors import InvalidInputError


def day(kind: str, *veh: float) -> DayCounts:
    """Return a day on which each detector counts the same in every slot."""
    count = np.tile(np.array(veh), (SLOTS, 1))
    return DayCounts(kind, count, 0.5 * count)


def test_days_of_one_type_are_averaged() -> None:
    found = profile_of([day("weekday", 10.0), day("weekday", 20.0), day("sunday", 2.0)])
    assert found.expected("weekday", 3600.0, 900.0).tolist() == [15.0]
    assert found.expected("sunday", 3600.0, 60.0).tolist() == [pytest.approx(2 / 15)]


def test_a_span_may_reach_over_slots_and_midnight() -> None:
    assert profile_of([day("weekday", 15.0)]).expected("weekday", 86400.0 - 450.0, 1800.0).tolist() == [30.0]


@pytest.mark.parametrize(
    ("known", "asked", "veh"),
    [("weekday", "saturday", 5.0), ("saturday", "sunday", 5.0), ("any", "weekday", 5.0), ("sunday", "saturday", 5.0)],
)
def test_the_nearest_type_of_day_stands_in(known: str, asked: str, veh: float) -> None:
    assert profile_of([day(known, 5.0)]).expected(asked, 0.0, 900.0).tolist() == [veh]


def test_a_dead_day_teaches_nothing() -> None:
    dead = day("weekday", 0.0, 12.0)
    found = profile_of([day("weekday", 10.0, 12.0), day("weekday", 11.0, 12.0), day("weekday", 12.0, 12.0), dead])
    assert found.expected("weekday", 0.0, 900.0).tolist() == [pytest.approx(11.0), pytest.approx(12.0)]
    assert found.days[0].tolist() == [3, 4]


def test_free_pulses_are_learned_where_enough_were_seen() -> None:
    found = profile_of([day("weekday", 10.0, 0.1)])
    assert found.pulse_s[0] == pytest.approx(0.5) and np.isnan(found.pulse_s[1])


def test_more_days_leave_less_doubt() -> None:
    one, many = profile_of([day("weekday", 10.0)]), profile_of([day("weekday", 10.0)] * 5)
    assert one.dispersion("weekday")[0] > many.dispersion("weekday")[0] > 0


def test_slots_become_days() -> None:
    begins_s = np.arange(0.0, 2 * 86400.0, 60.0)
    count = np.ones((len(begins_s), 1))
    count[30:45] = np.nan
    first, second = by_days(begins_s, 60.0, count, 0.5 * count, 0.0, {0: 4, 1: 5})
    assert (first.day_type, second.day_type) == ("weekday", "saturday")
    assert np.isnan(first.count[2, 0]) and first.count[1, 0] == 15.0 and np.all(second.count == 15.0)


def test_unknown_weekdays_are_any_day() -> None:
    assert [day_type_of(k) for k in (None, 3, 5, 6)] == ["any", "weekday", "saturday", "sunday"]


@pytest.mark.parametrize("days", [[], [day("weekday", 1.0), day("weekday", 1.0, 2.0)]])
def test_a_profile_needs_days_of_the_same_detectors(days: list[DayCounts]) -> None:
    with pytest.raises(InvalidInputError):
        profile_of(days)
