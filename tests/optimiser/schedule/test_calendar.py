"""Kinds of day from dates and a calendar, names of types, and weekdays that nobody counted."""

import datetime as dt

import numpy as np
import pytest

from optimiser.schedule.calendar import DayGroup, groups_of, kinds_of_days, special_days_of, weekdays_of
from signal_ctrl.domain.counted_days import DayProfiles
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.schedule import WEEKDAYS, SpecialDay

MONDAY = dt.date(2026, 10, 5)
TURNS = (("A", "in", "left"), ("A", "in", "on"), ("B", "in", "on"))


def profiles(*dates: dt.date) -> DayProfiles:
    vehicles = np.zeros((len(dates), 96, 3))
    vehicles[:] = np.arange(1.0, len(dates) + 1)[:, None, None] * np.array([1.0, 2.0, 4.0])
    return DayProfiles(dates, TURNS, vehicles)


def group(name: str, *kinds: str) -> DayGroup:
    return DayGroup(name, kinds, len(kinds), np.zeros((96, 1)))


def test_days_of_a_kind_are_averaged_and_the_calendar_goes_before_the_weekday() -> None:
    days = [MONDAY + dt.timedelta(days=k) for k in (0, 1, 7)]
    special = (SpecialDay(days[1], "holiday", ""), SpecialDay(dt.date(2026, 12, 25), "mon", ""))
    kinds = kinds_of_days(profiles(*days), special)
    assert [(kind.name, kind.days) for kind, _ in kinds] == [("mon", 2), ("holiday", 1)]
    assert kinds[0][1][0].tolist() == [2.0, 4.0, 8.0]
    assert kinds[0][0].hourly_veh_h.shape == (24, 2)
    assert kinds[0][0].hourly_veh_h[0].tolist() == [24.0, 32.0]


def test_a_date_that_runs_as_another_weekday_counts_as_it() -> None:
    saturday = dt.date(2026, 10, 10)
    assert kinds_of_days(profiles(saturday), (SpecialDay(saturday, "mon", ""),))[0][0].name == "mon"


def test_groups_are_weighted_by_their_days_and_named_by_their_weekdays() -> None:
    days = [MONDAY + dt.timedelta(days=k) for k in (0, 1, 7, 5, 6)]
    found = groups_of(kinds_of_days(profiles(*days), ()), ((0, 1), (2, 3)))
    assert [(g.name, g.days) for g in found] == [("mon-tue", 3), ("weekend", 2)]
    assert found[0].vehicles[0, 0] == pytest.approx((1 + 2 + 3) / 3)


def test_weekdays_that_nobody_counted_run_as_the_nearest() -> None:
    own, told = weekdays_of((group("tue", "tue"), group("sun", "sun")))
    assert own == {"tue": WEEKDAYS[:5], "sun": WEEKDAYS[5:]}
    assert told[0] == "no mon was counted; it runs as type tue"
    assert len(told) == 5
    own, told = weekdays_of((group("fri", "fri"),))
    assert own == {"fri": WEEKDAYS}
    own, _ = weekdays_of((group("holiday", "holiday"),))
    assert own == {"holiday": WEEKDAYS}
    assert weekdays_of((group("everyday", *WEEKDAYS),))[1] == ()


def test_labels_become_types_of_the_schedule() -> None:
    groups = (group("workday", *WEEKDAYS[:5]), group("weekend", "sat", "sun", "holiday"))
    days = tuple(SpecialDay(MONDAY, label, "note") for label in ("holiday", "mon", "weekend"))
    own, _ = weekdays_of(groups)
    assert [day.day_type for day in special_days_of(days, groups, own)] == ["weekend", "workday", "weekend"]
    with pytest.raises(InvalidInputError, match=r"2026-10-05 is of type fair, of which no day was counted"):
        special_days_of((SpecialDay(MONDAY, "fair", ""),), groups, own)


def test_a_label_that_can_be_no_name_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="cannot name a type of day"):
        kinds_of_days(profiles(MONDAY), (SpecialDay(MONDAY, "a b", ""),))


def test_a_weekday_that_nobody_counted_may_be_named_by_the_calendar() -> None:
    groups = (group("mon", "mon"),)
    own, _ = weekdays_of(groups)
    assert special_days_of((SpecialDay(MONDAY, "sun", ""),), groups, own)[0].day_type == "mon"
