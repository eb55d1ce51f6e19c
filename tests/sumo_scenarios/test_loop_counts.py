"""Counts from a run's loops: by hand on a small net, and against the demand of a real network."""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.network import LoopRole
from signal_ctrl.engine.split_values import Period
from sumo_scenarios.loop_counts import RunDetectors, read_run, run_counts
from sumo_scenarios.run import execute
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.volumes import count_periods
from tests.sumo_scenarios.small_nets import world_of, write_town

QUARTER = Period(0.0, 900.0)


@pytest.fixture
def run(tmp_path: Path) -> RunDetectors:
    """Return a run in which 30 vehicles came from the west and 12 from the south, as every loop saw."""
    world = world_of(write_town(tmp_path))
    layout = world.units[0].layout
    seen = {"WC": 30, "SC": 12}
    passed = {
        ("C", loop.channel): tuple(float(10 * k) for k in range(seen[loop.lane_id.split("_")[0]]))
        for loop in layout.loops
    }
    return RunDetectors(world, (0.0, 1800.0), passed, frozenset(), {})


def test_a_lane_of_two_turns_is_shared_evenly_as_long_as_nothing_tells(run: RunDetectors) -> None:
    counts, told = run_counts(run, (QUARTER,))
    assert counts.periods[0].vehicles == {
        ("C", "WC", "CE"): 15.0, ("C", "WC", "CN"): 15.0, ("C", "SC", "CN"): 6.0, ("C", "SC", "CE"): 6.0,
    }  # fmt: skip
    assert (told.alone, told.by_exits, told.evenly) == (0, 0, 4)


def test_vehicles_count_in_the_period_in_which_they_came(run: RunDetectors) -> None:
    counts, _ = run_counts(run, (Period(0.0, 100.0), Period(100.0, 300.0)))
    assert [sum(period.vehicles.values()) for period in counts.periods] == [20.0, 22.0]


def test_loops_that_fail_are_replaced_by_others_of_the_lane(run: RunDetectors) -> None:
    stop = [loop for loop in run.world.units[0].layout.loops if loop.role is LoopRole.STOP]
    failed = frozenset(("C", loop.channel) for loop in stop)
    wrong = {key: () if key in failed else times_s for key, times_s in run.passed.items()}
    counts, _ = run_counts(replace(run, passed=wrong, failed=failed), (QUARTER,))
    assert sum(counts.periods[0].vehicles.values()) == 42.0
    every = frozenset(("C", loop.channel) for loop in run.world.units[0].layout.loops)
    with pytest.raises(InvalidInputError, match="signal C: no loops that work"):
        run_counts(replace(run, failed=every), (QUARTER,))


def test_periods_lie_within_the_run(run: RunDetectors) -> None:
    with pytest.raises(InvalidInputError, match="the run lasts from 0 to 1800 s"):
        run_counts(run, (Period(1200.0, 2100.0),))


def test_a_folder_without_a_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"settings\.json"):
        read_run(tmp_path)


@pytest.mark.sumo
def test_approaches_of_a_real_run_are_counted_well(tmp_path: Path) -> None:
    """cologne1, ten minutes under `greedy`: vehicles of each approach within a tenth and five of those due."""
    settings = RunSettings("cologne1", controller="greedy", begin_s=25_200.0, end_s=25_800.0)
    execute(settings, tmp_path / "run", False, lambda _progress: None)
    found = read_run(tmp_path / "run")
    span = (25_260.0, 25_800.0)
    counts, _ = run_counts(found, (Period(*span),))
    (due,) = count_periods(found.world.config, found.world.net, [span])
    counted: defaultdict[str, float] = defaultdict(float)
    wanted: defaultdict[str, float] = defaultdict(float)
    for turn, vehicles in counts.periods[0].vehicles.items():
        counted[turn[1]] += vehicles
    for turn, flow in due.items():
        wanted[turn[1]] += flow * (span[1] - span[0]) / 3600
    assert set(wanted) <= set(counted)
    for edge, vehicles in wanted.items():
        assert counted[edge] == pytest.approx(vehicles, abs=5 + 0.1 * vehicles), edge


@pytest.mark.sumo
def test_a_run_that_read_no_loops_is_refused(tmp_path: Path) -> None:
    settings = RunSettings("cologne1", controller="net", begin_s=25_200.0, end_s=25_230.0)
    execute(settings, tmp_path / "run", False, lambda _progress: None)
    with pytest.raises(InvalidInputError, match="no loop events"):
        read_run(tmp_path / "run")
    (tmp_path / "run" / "events.parquet").write_bytes(b"no parquet")
    with pytest.raises(InvalidInputError, match="cannot read"):
        read_run(tmp_path / "run")
