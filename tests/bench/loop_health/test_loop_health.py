"""The campaign's parts, shortened: healthy lanes without alarms, each fault found, imputed counts, a ledger that resumes."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from bench.ledger import append_lines, every_line
from bench.loop_health.counting import counts, occupied
from bench.loop_health.days import Day, Edges, make_day, read_edges, write_edges
from bench.loop_health.finding import find_faults
from bench.loop_health.imputing import figures, impute_day, taken_away
from bench.loop_health.inject import Injection, Kind, with_faults
from bench.loop_health.judging import Network, failures, judge_day, network_of, only_until
from bench.loop_health.summary import summary
from detectors.health.profile import Profile
from signal_ctrl.domain.errors import BackendError
from tests.detectors.health.traffic import Street, profile

STREET = Street((520.0, 300.0))
END_S = 11 * 3600 + 1800
FROM_S = 8 * 3600.0


@cache
def network() -> Network:
    return network_of([(f"loop {k}", place) for k, place in enumerate(STREET.places)])


@cache
def known_profile() -> Profile:
    return profile(STREET)


@cache
def day(seed: int) -> Edges:
    rows = STREET.edges(seed, 0.0, END_S)
    return Edges(
        network().names,
        np.array([row[0] for row in rows], dtype=np.int32),
        np.array([round(row[1] * 10) for row in rows], dtype=np.int64),
        np.array([row[2] for row in rows], dtype=np.bool_),
    )


def test_healthy_lanes_raise_no_alarm() -> None:
    assert failures(judge_day(day(1), network(), 0, known_profile(), END_S)) == ()


LIMITS_MIN = {
    Kind.STUCK_ON: 16, Kind.STUCK_OFF: 16, Kind.CHATTER: 3, Kind.FEWER: 180, Kind.MORE: 180, Kind.SWAPPED: 120,
    Kind.SHORTER: 25, Kind.LONGER: 25, Kind.LATE: 6, Kind.TWICE: 10, Kind.AHEAD: 6,
}  # fmt: skip
"""SAFETY K12 where it has a time; drift has grown to its half after two hours."""


@pytest.mark.parametrize("kind", list(Kind))
def test_each_fault_is_found_in_its_time_and_nobody_else_accused(kind: Kind) -> None:
    injection = Injection(kind, 1, FROM_S, 4 if kind is Kind.SWAPPED else -1)
    end_s = round(FROM_S + 60 * LIMITS_MIN[kind] + 600)
    until = only_until(day(2), end_s)
    (found,), review = find_faults(until, network(), (0, known_profile()), [injection], end_s)
    row = found.row(network().names)
    found_min = row["suspect_min" if kind is Kind.LONGER else "failed_min"]  # longer pulses are only doubted
    assert found_min is not None and found_min <= LIMITS_MIN[kind], row
    guilty = {1, 4} if kind is Kind.SWAPPED else {1}
    assert {change.detector for change in failures(review)} <= guilty


def test_a_fault_changes_its_own_loop_alone() -> None:
    broken = with_faults(day(3), [Injection(Kind.STUCK_OFF, 1, FROM_S)], 1)
    for loop in range(6):
        own, before = (np.sort(e.time_ds[e.loop == loop]) for e in (broken, day(3)))
        expected = before[before < FROM_S * 10] if loop == 1 else before
        assert np.array_equal(own, expected)


def test_counts_come_straight_from_edges() -> None:
    on = day(3).on
    assert counts(day(3), 900.0).sum() == on.sum()
    assert occupied(day(3), 900.0).sum() == pytest.approx(0.55 * on.sum(), rel=0.03)


def test_imputed_counts_are_told_beside_the_best_that_chance_allows() -> None:
    days = [counts(day(k), 300.0) for k in (3, 4, 5)]
    gone = taken_away(6, 1)
    assert len(gone) == 1
    rows = figures(impute_day(network().around, days[:2], days[2], gone))
    assert all(row["unknown"] == 0 for row in rows if row["values"])
    best = next(row for row in rows if row["floor_veh_h"] == 240.0)
    assert 0 < best["mape"] < 0.15 and best["within"] > 0.85


def test_the_ledger_is_read_again(tmp_path: Path) -> None:
    ledger = tmp_path / "a" / "ledger.jsonl"
    assert every_line(ledger) == []
    append_lines(ledger, [{"key": "x/0/healthy", "code": "c", "day": 0, "level": 0.5, "history_days": 0, "detector_days": 9, "false_alarms": 0, "suspect_loops": 1, "suspect_share": 0.01, "quiet_loops": 2}])  # fmt: skip
    assert "healthy detector-days: 9 of 3000, false alarms: 0" in summary(every_line(ledger))


def test_days_are_kept_whole(tmp_path: Path) -> None:
    path = tmp_path / "day.npz"
    write_edges(path, day(3))
    assert np.array_equal(read_edges(path).time_ds, day(3).time_ds) and read_edges(path).detectors == network().names
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(BackendError, match="made again"):
        read_edges(path)


def test_a_week_has_quiet_days() -> None:
    levels = [Day("corridor", k).level for k in range(7)]
    assert max(levels[5:]) < min(levels[:5]) and levels == [Day("corridor", k).level for k in range(7)]


@pytest.mark.sumo
def test_a_day_is_simulated_once(tmp_path: Path) -> None:
    told: list[float] = []
    path = make_day(Day("corridor", 6), tmp_path, told.append, end_s=900)
    edges = read_edges(path)
    assert len(edges.detectors) > 700 and len(edges.loop) > 200 and told[-1] >= 0
    assert np.all(np.diff(edges.time_ds) >= 0)
    written = path.stat().st_mtime_ns
    assert make_day(Day("corridor", 6), tmp_path, told.append).stat().st_mtime_ns == written
