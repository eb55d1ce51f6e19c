"""Counts by date: whole days in quarters of an hour, and what is no whole day."""

import datetime as dt

import numpy as np
import pytest

from signal_ctrl.domain.counted_days import (
    counted_days_from_csv,
    counted_days_to_csv,
    day_profiles,
    slot_flows_veh_h,
)
from signal_ctrl.domain.errors import InvalidInputError

HEAD = "begin_s,end_s,signal,from_edge,to_edge,vehicles"
DAY = dt.date(2026, 3, 2)


def text(*rows: str, head: str = HEAD) -> str:
    return "\n".join((head, *rows)) + "\n"


def hours(vehicles: float = 4.0, first: int = 0, last: int = 24) -> list[str]:
    return [f"{3600 * h},{3600 * (h + 1)},A,in,out,{vehicles * (h + 1):g}" for h in range(first, last)]


def test_hours_are_spread_over_their_quarters() -> None:
    found = day_profiles(counted_days_from_csv(text(*hours()), "c.csv", DAY))
    assert found.dates == (DAY,)
    assert found.turns == (("A", "in", "out"),)
    assert found.vehicles.shape == (1, 96, 1)
    assert found.vehicles[0, :8, 0].tolist() == [1, 1, 1, 1, 2, 2, 2, 2]
    assert slot_flows_veh_h(found.turns, found.vehicles[0, 5]) == {("A", "in", "out"): 8.0}


def test_five_minutes_add_up_to_quarters() -> None:
    rows = [f"{300 * k},{300 * (k + 1)},A,in,out,{k % 3}" for k in range(288)]
    found = day_profiles(counted_days_from_csv(text(*rows), "c.csv", DAY))
    assert np.all(found.vehicles == 3.0)


def test_dates_come_from_the_column_the_option_or_the_name() -> None:
    dated = text(*(f"2026-03-0{d},{row}" for d in (3, 2) for row in hours(float(d))), head=f"date,{HEAD}")
    days = counted_days_from_csv(dated, "c.csv")
    assert [day.date.day for day in days] == [2, 3]
    assert day_profiles(days).vehicles[:, 0, 0].tolist() == [0.5, 0.75]
    assert counted_days_from_csv(text(*hours()), "/x/2025-01-01/counts-2026-03-02.csv")[0].date == DAY


def test_documents_round_trip() -> None:
    found = day_profiles(counted_days_from_csv(text(*hours()), "c.csv", DAY))
    again = day_profiles(counted_days_from_csv(counted_days_to_csv(found), "again.csv"))
    assert (again.dates, again.turns) == (found.dates, found.turns)
    assert np.array_equal(again.vehicles, found.vehicles)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (hours(last=23), "2026-03-02: counts end at 23:00, and a day needs 00:00 to 24:00"),
        (hours(first=1), "no counts from 00:00 to 01:00"),
        (hours(last=6) + hours(first=7), "no counts from 06:00 to 07:00"),
        (hours(last=25), "counts end at 25:00"),
        ([*hours(), "0,3600,B,in,out,1"], "signal B, in to out has no count from 01:00 to 02:00; write 0"),
        ([*hours(last=23), "82800,86400,A,in,out,-1"], "line 25: -1 vehicles at signal A"),
        ([], "holds no counts"),
    ],
)
def test_what_is_no_whole_day_is_refused(rows: list[str], says: str) -> None:
    with pytest.raises(InvalidInputError, match=says):
        day_profiles(counted_days_from_csv(text(*rows), "c.csv", DAY))


def test_dates_that_are_unclear_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="of which date"):
        counted_days_from_csv(text(*hours()), "counts.csv")
    with pytest.raises(InvalidInputError, match="of which date"):
        counted_days_from_csv(text(*hours()), "2026-03-02-to-2026-03-04.csv")
    with pytest.raises(InvalidInputError, match="leave the option --date out"):
        counted_days_from_csv(text(*(f"2026-03-02,{row}" for row in hours()), head=f"date,{HEAD}"), "c.csv", DAY)
    with pytest.raises(InvalidInputError, match=r"line 2: '2\.3\.2026' is no date"):
        counted_days_from_csv(text(f"2.3.2026,{hours()[0]}", head=f"date,{HEAD}"), "c.csv")
    one = counted_days_from_csv(text(*hours()), "c.csv", DAY)
    with pytest.raises(InvalidInputError, match="2026-03-02 is counted twice"):
        day_profiles([*one, *one])
    with pytest.raises(InvalidInputError, match="no counted day"):
        day_profiles([])
