import numpy as np
import pytest

from bench.road_state.scores import WARM_UP_MIN, best_said_s, cells_of, coverage, errors, table_of
from sumo_scenarios.city_feed.tables import Truth

MINUTES = WARM_UP_MIN + 15
ALL = np.array([True, True])


def _truth(timed: list[int], times_s: list[float]) -> Truth:
    """Two roads; after the warm-up the first is left by so many a minute, in such times; nobody leaves the second."""
    many, spent = np.zeros((MINUTES, 2), dtype=np.int32), np.full((MINUTES, 2), np.nan, dtype=np.float32)
    many[WARM_UP_MIN:, 0] = np.resize(timed, MINUTES - WARM_UP_MIN)
    spent[WARM_UP_MIN:, 0] = np.where(many[WARM_UP_MIN:, 0] > 0, np.resize(times_s, MINUTES - WARM_UP_MIN), np.nan)
    return Truth(many, many, many, spent, spent, spent, spent, spent)


def test_a_cell_is_the_mean_of_those_who_left_and_what_was_said_has_their_weights() -> None:
    truth = _truth([1, 3, 0], [40.0, 20.0, 0.0])
    said = np.zeros((MINUTES, 2))
    said[WARM_UP_MIN:, 0] = np.resize([30.0, 10.0, 999.0], MINUTES - WARM_UP_MIN)
    cells = cells_of(truth, said, 15)
    assert cells.truth_s[0, 0] == pytest.approx((5 * 40 + 5 * 3 * 20) / 20)
    assert cells.said_s[0, 0] == pytest.approx((5 * 30 + 5 * 3 * 10) / 20)
    assert cells.vehicles[0].tolist() == [20, 0]


def test_errors_by_cells_by_vehicles_and_by_time() -> None:
    truth = _truth([1, 3, 0], [40.0, 20.0, 0.0])
    found = errors(cells_of(truth, np.full((MINUTES, 2), 30.0), 1), ALL)
    assert found["cells"] == 10
    assert found["mape"] == pytest.approx((0.25 + 0.5) / 2)
    assert found["mape_by_vehicles"] == pytest.approx((0.25 + 3 * 0.5) / 4)
    assert found["wape"] == pytest.approx((10 + 3 * 10) / (40 + 60))


def test_roads_that_nobody_left_and_minutes_of_warming_up_do_not_count() -> None:
    truth = _truth([1], [40.0])
    said = np.full((MINUTES, 2), 40.0)
    said[:WARM_UP_MIN], said[:, 1] = 1e6, 1e6
    assert table_of(truth, said, {"all": ALL})["all"]["1_min"]["mape"] == 0
    assert errors(cells_of(truth, said, 1), np.array([False, True])) == {"cells": 0}


def test_who_knows_the_mean_is_right_where_nothing_changes() -> None:
    truth = _truth([1], [40.0])
    assert best_said_s(truth)[WARM_UP_MIN:, 0] == pytest.approx(np.full(15, 40.0))


def test_coverage_counts_what_lies_inside() -> None:
    truth = _truth([1], [40.0, 60.0])
    found = coverage(truth, np.full((MINUTES, 2), 40.0), np.full((MINUTES, 2), 11.0), ALL)
    assert found == {"inside_80": pytest.approx(8 / 15), "inside_95": pytest.approx(1.0)}
