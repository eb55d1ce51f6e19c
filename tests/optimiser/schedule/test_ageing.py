"""Ageing: since when a plan has been too dear without a break."""

import datetime as dt

import pytest

from optimiser.schedule.ageing import Aged, AgeRow, aged, week_of
from signal_ctrl.domain.errors import InvalidInputError


def rows(signal: str, *percents: float, plan: str = "am") -> list[AgeRow]:
    return [AgeRow(f"2026-W{k:02d}", plan, signal, 5, 1000.0, 10.0 + p / 10, 10.0) for k, p in enumerate(percents, 1)]


def test_since_the_first_week_of_the_last_unbroken_run() -> None:
    found = aged(rows("A", 0, 9, 3, 6, 7))
    assert found == (Aged("A", "am", "2026-W04", pytest.approx(0.07), pytest.approx(0.7)),)


def test_what_has_recovered_is_not_told() -> None:
    assert aged(rows("A", 20, 20, 4.9)) == ()
    assert aged(rows("A", 0, 4.99)) == ()


def test_the_worst_comes_first_and_plans_are_apart() -> None:
    found = aged(rows("A", 6) + rows("B", 8) + rows("A", 30, plan="pm") + rows("C", -50))
    assert [(one.signal, one.plan) for one in found] == [("A", "pm"), ("B", "am"), ("A", "am")]
    assert aged(rows("A", 6), limit=0.1) == ()


def test_weeks_are_those_of_iso() -> None:
    assert week_of(dt.date(2024, 12, 30)) == "2025-W01"
    assert week_of(dt.date(2026, 2, 28)) == "2026-W09"


def test_a_limit_below_nothing_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="a share of 0 or more"):
        aged([], -0.1)
