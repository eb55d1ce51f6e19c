"""Counts of days as a series: sums of turns, finer periods, and what is missing."""

import datetime as dt

import numpy as np
import pytest

from detectors.forecast.series import flow_series, turn_shares
from signal_ctrl.domain.counted_days import counted_days_from_csv
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.schedule import SpecialDay

HEAD = "date,begin_s,end_s,signal,from_edge,to_edge,vehicles\n"


def days(*rows: str):
    return counted_days_from_csv(HEAD + "\n".join(rows) + "\n")


def test_turns_of_an_approach_are_added_up_and_finer_periods_too() -> None:
    found = flow_series(
        days(
            "2026-03-02,0,300,A,n,s,1", "2026-03-02,300,600,A,n,s,2", "2026-03-02,600,900,A,n,s,3",
            "2026-03-02,0,300,A,n,e,10", "2026-03-02,300,600,A,n,e,20", "2026-03-02,600,900,A,n,e,30",
        ),
        900,
    )  # fmt: skip
    assert found.approaches == (("A", "n"),)
    assert found.vehicles[0, 0, 0] == 66


def test_what_was_not_counted_is_missing_and_not_zero() -> None:
    found = flow_series(
        days(
            "2026-03-02,0,900,A,n,s,1", "2026-03-02,0,900,A,n,e,1", "2026-03-02,900,1800,A,n,s,5",
            "2026-03-04,0,900,A,n,s,0", "2026-03-04,0,900,A,n,e,0",
        )
    )  # fmt: skip
    assert [str(date) for date in found.dates] == ["2026-03-02", "2026-03-03", "2026-03-04"]
    assert found.vehicles[0, 0, 0] == 2
    assert np.isnan(found.vehicles[0, 1, 0]), "a turn is missing"
    assert np.isnan(found.vehicles[1]).all(), "nobody counted on the day between"
    assert found.vehicles[2, 0, 0] == 0, "counted, and nobody came"


def test_the_calendar_says_what_kind_a_day_is_and_what_comes_after_it() -> None:
    special = (SpecialDay(dt.date(2026, 3, 2), "holiday"), SpecialDay(dt.date(2026, 3, 3), "sun"))
    found = flow_series(days("2026-03-02,0,900,A,n,s,1"), special=special)
    assert (found.kinds, found.next_kinds) == (("holiday",), ("sun", "wed"))


def test_counts_over_the_edge_of_an_interval_are_refused_with_their_place() -> None:
    with pytest.raises(InvalidInputError, match="2026-03-02: a count from 600 to 1500 s is not within one interval"):
        flow_series(days("2026-03-02,600,1500,A,n,s,1"))
    with pytest.raises(InvalidInputError, match="take one of 1, 3, 5, 15, 30 min"):
        flow_series(days("2026-03-02,0,900,A,n,s,1"), 420)


def test_shares_of_turns_add_up_to_one_at_each_approach() -> None:
    found = turn_shares(days("2026-03-02,0,900,A,n,s,3", "2026-03-02,0,900,A,n,e,1", "2026-03-02,0,900,A,w,e,0"))
    assert found == {("A", "n", "s"): 0.75, ("A", "n", "e"): 0.25, ("A", "w", "e"): 1.0}
