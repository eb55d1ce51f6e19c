"""Errors of travel times against the truth of a run, by kind of road and length of interval.

A cell is a road and an interval in which at least one vehicle left the road, having driven it from its begin. The truth
of a cell is the mean travel time of these vehicles; what was said of it is the mean of the minutes of the interval,
each with the weight of those who left in it.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.domain.roads import RoadNetwork
from sumo_scenarios.city_feed.tables import Truth

Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

INTERVALS_MIN: Final = (1, 5, 15)
WARM_UP_MIN: Final = 10
"""These first minutes of a run are not judged: the network fills, and nothing has been said yet. [min]"""
LEAST_M: Final = 30.0
"""Shorter pieces (a quarter of ingolstadt21's are under 29 m, down to 0.1 m) are no road of anybody's map; they are in
the groups `all_...`. [m]"""
_INSIDE_80: Final = 1.2816
_INSIDE_95: Final = 1.96


@dataclass(frozen=True, slots=True)
class Cells:
    """Truth, what was said, and vehicles, by interval and road; NaN and 0 where nobody left."""

    truth_s: Doubles
    said_s: Doubles
    vehicles: Doubles


def cells_of(truth: Truth, said_s: Doubles, interval_min: int) -> Cells:
    """Return the cells of intervals after the warm-up; shape (n_intervals, n_roads)."""
    n_minutes = (len(said_s) - WARM_UP_MIN) // interval_min * interval_min
    part = slice(WARM_UP_MIN, WARM_UP_MIN + n_minutes)
    shape = (-1, interval_min, said_s.shape[1])
    vehicles = truth.timed[part].reshape(shape).astype(np.float64)
    total = np.where(vehicles.sum(axis=1) > 0, vehicles.sum(axis=1), np.nan)
    true_s = (np.nan_to_num(truth.travel_time_s[part]).reshape(shape) * vehicles).sum(axis=1) / total
    own_s = (said_s[part].reshape(shape) * vehicles).sum(axis=1) / total
    return Cells(true_s, own_s, np.nan_to_num(total))


def errors(cells: Cells, roads: Bools) -> dict[str, float]:
    """Return errors over some roads, as shares: MAPE over cells and over vehicles, and WAPE over vehicle-seconds."""
    there = (cells.vehicles > 0) & roads
    wrong_s = np.abs(cells.said_s - cells.truth_s)[there]
    true_s, vehicles = cells.truth_s[there], cells.vehicles[there]
    if not len(true_s):
        return {"cells": 0}
    return {
        "cells": len(true_s),
        "mape": float(np.mean(wrong_s / true_s)),
        "mape_by_vehicles": float((wrong_s / true_s * vehicles).sum() / vehicles.sum()),
        "wape": float((wrong_s * vehicles).sum() / (true_s * vehicles).sum()),
    }


def groups_of(network: RoadNetwork) -> dict[str, Bools]:
    """Return the kinds of roads that are judged: with and without loops, from LEAST_M on, and all of them."""
    place = {network.index[loop.road] for loop in network.loops}
    sensed = np.array([at in place for at in range(len(network.roads))])
    long = np.array([road.length_m >= LEAST_M for road in network.roads])
    signal = np.array([bool(road.signal) for road in network.roads])
    return {
        "loops": sensed & long,
        "no_loops": ~sensed & long,
        "loops_at_signals": sensed & long & signal,
        "no_loops_at_signals": ~sensed & long & signal,
        "all_loops": sensed,
        "all_no_loops": ~sensed,
    }


def table_of(truth: Truth, said_s: Doubles, groups: dict[str, Bools]) -> dict[str, Any]:
    """Return the errors by group and interval."""
    cells = {interval_min: cells_of(truth, said_s, interval_min) for interval_min in INTERVALS_MIN}
    return {
        name: {f"{interval_min}_min": errors(each, roads) for interval_min, each in cells.items()}
        for name, roads in groups.items()
    }


def best_said_s(truth: Truth, around_min: int = 7) -> Doubles:
    """Return what somebody would say who knew the true mean of the minutes around each, those to come as well. [s]"""
    weights = np.ones(2 * around_min + 1)
    total = _smoothed(np.nan_to_num(truth.travel_time_s).astype(np.float64) * truth.timed, weights)
    return np.asarray(total / np.maximum(_smoothed(truth.timed.astype(np.float64), weights), 1e-9))


def coverage(truth: Truth, said_s: Doubles, sd_s: Doubles, roads: Bools) -> dict[str, float]:
    """Return the share of cells of a minute that lie in the intervals of 80 and 95 % around what was said."""
    there = (truth.timed[WARM_UP_MIN:] > 0) & roads
    times = np.abs((truth.travel_time_s - said_s) / sd_s)[WARM_UP_MIN:][there]
    return {"inside_80": float(np.mean(times < _INSIDE_80)), "inside_95": float(np.mean(times < _INSIDE_95))}


def _smoothed(values: Doubles, weights: Doubles) -> Doubles:
    return np.apply_along_axis(lambda column: np.convolve(column, weights, "same"), 0, values)
