"""Logs of hi-res events as CSV, and spans of greens and passages."""

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.estimating.observed import events_of_csv, hour_of
from sumo_scenarios.event_table import failed_of, spans_of


def test_seconds_and_tenths_are_the_same() -> None:
    seconds = events_of_csv("time_s,device,code,parameter\n10.5,J,82,1\n12,J,81,1\n", "log.csv")
    tenths = events_of_csv("device,time_ds,code,parameter\nJ,105,82,1\nJ,120,81,1\n", "log.csv")
    assert seconds == tenths == [(105, "J", 82, 1), (120, "J", 81, 1)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("time_s,device,code,parameter\n", "no event"),
        ("time_s,device,code\n1,J,82\n", "parameter"),
        ("time_s,device,code,parameter\n5,J,82,1\n4,J,81,1\n", "line 3.*earlier"),
        ("time_s,device,code,parameter\n5,J,8.2,1\n", "whole numbers"),
        ("time_s,device,code,parameter\nx,J,82,1\n", "line 2.*time_s"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, says: str) -> None:
    with pytest.raises(InvalidInputError, match=says):
        events_of_csv(text, "log.csv")


def test_spans_go_from_begin_to_end_and_leave_out_what_has_none() -> None:
    rows = [
        (0, "J", 81, 1), (10, "J", 1, 2), (20, "J", 82, 1), (35, "J", 81, 1), (110, "J", 8, 2), (130, "J", 9, 2),
        (130, "J", 12, 2), (200, "J", 1, 2), (210, "J", 12, 2), (220, "J", 82, 1),
    ]  # fmt: skip
    found = spans_of(rows)
    assert found.greens == {("J", 2): [(1.0, 11.0), (20.0, 21.0)]}
    assert found.passages == {("J", 1): [(2.0, 3.5)]}


def test_a_loop_that_was_out_of_order_for_more_than_a_twentieth_has_failed() -> None:
    rows = [(0, "J", 84, 1), (40, "J", 83, 1), (0, "J", 84, 2), (900, "J", 84, 3)]
    assert failed_of(rows, (0.0, 100.0)) == {("J", 2), ("J", 3)}


def test_hours_of_the_day() -> None:
    assert [hour_of(at_s) for at_s in (0.0, 3599.9, 86_400.0, 61_200.0)] == [0, 0, 0, 17]
