"""Measures at a signal, worked by hand on one approach."""

import numpy as np
import pytest

from sumo_scenarios.measures.context import Times
from sumo_scenarios.measures.fairness import fairness_figures
from sumo_scenarios.measures.passages import find_passages
from sumo_scenarios.measures.passing import passing_figures
from sumo_scenarios.measures.progression import edges_of, find_arrivals, progression_figures, purdue_table
from sumo_scenarios.measures.queues import queue_figures
from sumo_scenarios.measures.splits import split_figures
from sumo_scenarios.measures.standing import GRIDLOCK_S, standing_figures
from tests.sumo_scenarios.measures.tables import driving, grid, lamps, standing_at, trajectories


def test_a_passage_is_found_with_its_link_and_delay() -> None:
    passages = find_passages(grid(trajectories(driving("a", 0, 5.0) + driving("b", 3, 10.0))))
    assert passages.link.tolist() == [0, 0]
    assert passages.passed.tolist() == [True, True]
    assert passages.delay_s.tolist() == [pytest.approx(20.0), 0.0]  # 40 rows at half the free speed


def test_a_trip_that_ends_on_the_approach_passes_nothing() -> None:
    passages = find_passages(grid(trajectories(driving("a", 0)[:15])))
    assert (passages.link.tolist(), passages.passed.tolist()) == ([-1], [False])


def test_arrivals_are_classed_by_the_lamp_at_the_projected_time() -> None:
    """Both are 100 m before the stop line after 10 s and reach it at 20 s; the second comes 10 s later."""
    table = trajectories(driving("a", 0) + driving("b", 10))
    passages = find_passages(grid(table))
    arrivals = find_arrivals(passages, lamps("r" * 15 + "G" * 14 + "y" * 3 + "r" * 28), Times(0.0, 60.0, 1.0))
    assert arrivals.at_s.tolist() == [20.0, 30.0]
    found = progression_figures(arrivals)
    assert (found["arrivals_on_green_ratio"], found["arrivals_on_amber_ratio"]) == (0.5, 0.5)
    assert found["platoon_ratio"] == pytest.approx(0.5 / (14 / 60), abs=1e-3)


def test_no_arrivals_have_no_ratio() -> None:
    passages = find_passages(grid(trajectories(driving("a", 0)[:5])))
    found = progression_figures(find_arrivals(passages, lamps("G" * 60), Times(0.0, 60.0, 1.0)))
    assert set(found.values()) == {None}


def test_the_purdue_diagram_counts_from_the_end_of_green() -> None:
    table = trajectories(driving("a", 0) + driving("b", 25))
    passages, times = find_passages(grid(table)), Times(0.0, 80.0, 1.0)
    shown = lamps("G" * 12 + "y" * 3 + "r" * 15 + "G" * 10 + "r" * 20 + "G" * 20)
    (diagram,) = purdue_table(passages, find_arrivals(passages, shown, times), shown, times)
    assert diagram["cycles"] == {"from_s": [12.0, 40.0], "green_after_s": [18.0, 20.0]}
    assert diagram["at_s"] == [20.0, 45.0]
    assert diagram["in_cycle_s"] == [8.0, 5.0]
    assert diagram["aspect"] == ["red", "red"]


@pytest.mark.parametrize(
    ("occupied", "failures"),
    [(range(0, 60), 1), (range(0, 29), 0), (range(20, 60), 1), (range(28, 60), 0)],
)
def test_a_split_fails_if_green_and_red_after_it_are_occupied(occupied: range, failures: int) -> None:
    """Green from 20 to 30 s, amber to 33 s, red after: the zone must be covered in 8 s of green and 4 s of red."""
    table = trajectories(standing_at("a", 198.0, occupied) + driving("b", 0)[:3])
    shown = lamps("r" * 20 + "G" * 10 + "y" * 3 + "r" * 27)
    found, tables = split_figures(find_passages(grid(table)), shown, Times(0.0, 60.0, 1.0))
    assert (found["greens"], found["split_failures"]) == (1, failures)
    assert tables["split_failures"]["failures"] == [failures]


def test_greens_that_the_run_cuts_do_not_count() -> None:
    table = trajectories(standing_at("a", 198.0, range(60)))
    found, _ = split_figures(find_passages(grid(table)), lamps("G" * 20 + "r" * 20 + "G" * 20), Times(0.0, 60.0, 1.0))
    assert set(found.values()) == {None}


def test_queues_count_vehicles_slow_for_a_second() -> None:
    """Two vehicles stand from 10 to 19 s; the one behind reaches back 12 m from the stop line."""
    rows = standing_at("a", 199.0, range(9, 20)) + standing_at("b", 193.0, range(9, 20)) + driving("c", 30)
    found, tables = queue_figures(grid(trajectories(rows)), 100)
    assert found["queue_mean_veh"] == pytest.approx(2 * 10 / 100)
    assert (found["queue_p95_veh"], found["queue_max_veh"]) == (2.0, 2.0)
    assert (tables["queues"]["max_m"], tables["queues"]["spillback_min"]) == ([12.0], [0.0])
    assert tables["queue_over_time"]["signals"]["J"] == [0, 0, 0, 0]


def test_a_queue_that_fills_its_road_spills_back() -> None:
    rows = standing_at("a", 199.0, range(0, 31)) + standing_at("b", 9.0, range(0, 31))
    found, _ = queue_figures(grid(trajectories(rows)), 60)
    assert found["spillback_min"] == 0.5


def test_fairness_names_the_worst_approach() -> None:
    rows = [row for k in range(12) for row in driving(f"v{k}", 3 * k, 5.0)]
    found, tables = fairness_figures(find_passages(grid(trajectories(rows))))
    assert (found["worst_approach"], found["fairness_ratio"]) == ("J in", 1.0)
    assert found["worst_approach_delay_s"] == pytest.approx(20.0)
    assert tables["approach_delay"]["vehicles"] == [12]
    few, _ = fairness_figures(find_passages(grid(trajectories(driving("a", 0)))))
    assert set(few.values()) == {None}


@pytest.mark.parametrize(("stands_s", "locked"), [(300, False), (301, True)])
def test_gridlock_is_one_standing_of_more_than_300_s(stands_s: int, locked: bool) -> None:
    rows = [*standing_at("a", 150.0, range(stands_s)), ("a", stands_s, "in_0", 152.0, 2.0)]
    rows += standing_at("a", 154.0, range(stands_s + 1, stands_s + 200))
    found = standing_figures(trajectories(rows))
    assert found["longest_standing_s"] == stands_s
    assert (found["gridlock"], found["gridlocked_vehicles"]) == (locked, int(locked))
    assert GRIDLOCK_S == 300.0


def test_creeping_in_one_queue_is_one_stop_event() -> None:
    speeds = [10.0, 0.0, 2.0, 0.0, 2.0, 0.0, 10.0, 0.0]
    rows = [("a", tick, "in_0", 10.0 * tick, speed) for tick, speed in enumerate(speeds)]
    assert standing_figures(trajectories(rows))["stop_events_per_vehicle"] == 2.0


def test_edges_of_a_flag() -> None:
    rises, falls = edges_of(np.array([True, False, False, True, True, False]))
    assert (rises.tolist(), falls.tolist()) == ([3], [1, 5])


def test_the_wait_for_green_is_that_of_arrivals_on_red() -> None:
    """Arrivals at 20 and 30 s; green begins at 26 s: one waits 6 s, the other none."""
    passages = find_passages(grid(trajectories(driving("a", 0) + driving("b", 10))))
    shown = lamps("r" * 26 + "G" * 14 + "r" * 20)
    assert progression_figures(find_arrivals(passages, shown, Times(0.0, 60.0, 1.0)))["wait_for_green_s"] == 3.0


@pytest.mark.parametrize(
    ("shown", "amber", "red"),
    [("G" * 60, 0.0, 0), ("G" * 17 + "y" * 4 + "r" * 39, 1.0, 0), ("G" * 20 + "r" * 40, 0.0, 0), ("r" * 60, 0.0, 1)],
)
def test_who_passes_on_amber_and_on_red(shown: str, amber: float, red: int) -> None:
    """It is before the stop line after step 19 and behind it after step 20; red that has just begun is forgiven."""
    passages = find_passages(grid(trajectories(driving("a", 0))))
    found = passing_figures(passages, lamps(shown), Times(0.0, 60.0, 1.0))
    assert found == {"passed_on_amber_ratio": amber, "passed_on_red": red}


def test_greens_are_told_by_how_long_they_lasted() -> None:
    table = trajectories(driving("a", 0))
    shown = lamps("G" * 5 + "r" * 10 + "G" * 8 + "r" * 5 + "G" * 12 + "r" * 10 + "G" * 10)
    found, tables = split_figures(find_passages(grid(table)), shown, Times(0.0, 60.0, 1.0))
    assert (found["green_p50_s"], found["green_p85_s"]) == (8.0, 12.0)
    assert tables["split_failures"]["green_p85_s"] == [12.0]
