"""Cycle and splits of one signal from its demand: critical movements with overlaps, then the least delay.

A stream may have green in several stages of the cycle. The largest flow ratio per stage, added up, is then wrong; a
linear program finds the critical path. Source: the project's reference on optimisation, sections 1 to 3.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from optimiser.linear_program import minimise
from optimiser.stage_tables import StageTables
from optimiser.webster import HIGHEST_Y, hcm_overflow_delay_s, hcm_uniform_delay_s, webster_cycle_s
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.site import Site
from signal_ctrl.domain.timing import to_s

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
S_PER_H: Final = 3600.0
LOST_S: Final = 2.0
"""Of each green, what starting up loses more than the amber wins back. [s]

Of 0, 1, 2 and 3 s, plans made with 2 s had the least delay in SUMO on most of six networks (training seeds).
"""
_LEAST_GREEN_S: Final = 0.5
_STEPS_S: Final = (8, 4, 2, 1)
_ROUNDS: Final = 40


@dataclass(frozen=True, slots=True, eq=False)
class Streams:
    """The traffic of one signal: what one group lets go from one lane.

    flow_veh_s, saturation_veh_s (n_streams,); group (n_streams,), its index; weight (n_streams, n_stages), share of the
    saturation flow that a stage lets go (0-1; below 1 where the stream has to yield).
    """

    flow_veh_s: FloatArray
    saturation_veh_s: FloatArray
    group: IntArray
    weight: FloatArray

    @property
    def flow_ratio(self) -> FloatArray:
        """Flow over saturation flow. (n_streams,)"""
        return np.asarray(self.flow_veh_s / self.saturation_veh_s)


@dataclass(frozen=True, slots=True, eq=False)
class StageCycle:
    """Stages in an order: what each stream has of the splits. [s]

    stages, indices in order; served (n_streams, n_places), share of a split that counts as green; gained_s
    (n_streams,), to be added for the changes; least_s (n_places,), shortest split that holds change and minimum green.
    """

    stages: tuple[int, ...]
    served: FloatArray
    gained_s: FloatArray
    least_s: FloatArray


def least_split_s(site: Site, tables: StageTables, before: int, stage: int) -> float:
    """Return the shortest split, in whole seconds, that holds the change from one stage and the minimum greens. [s]"""
    needed_s = float(tables.settled_s[before, stage])
    for g, right in enumerate(site.stages[stage].rights):
        if right.is_green and not site.stages[before].rights[g].is_green:
            needed_s = max(needed_s, float(tables.start_s[before, stage, g]) + to_s(site.groups[g].min_green_ds))
    return float(max(math.ceil(needed_s - 1e-9), 1))


def stage_cycle(
    site: Site, tables: StageTables, streams: Streams, stages: tuple[int, ...], lost_s: float = LOST_S
) -> StageCycle:
    """Return what the streams have of the splits of stages in that order.

    Args: lost_s, of each green, what starting up loses more than the amber wins back. [s]
    """
    befores = (stages[-1], *stages[:-1])
    green = np.array([[right.is_green for right in stage.rights] for stage in site.stages])
    gained_s = np.zeros(len(streams.flow_veh_s))
    for before, stage in zip(befores, stages, strict=True):
        if before == stage:
            continue
        old, new = green[before, streams.group], green[stage, streams.group]
        ends_s = tables.end_s[before, stage, streams.group]
        starts_s = tables.start_s[before, stage, streams.group]
        goes_on = streams.weight[:, before] - streams.weight[:, stage]
        gained_s += np.where(old & ~new, streams.weight[:, before] * np.where(np.isfinite(ends_s), ends_s, 0.0), 0.0)
        gained_s -= np.where(~old & new, streams.weight[:, stage] * (starts_s + lost_s), 0.0)
        gained_s += np.where(old & new, goes_on * starts_s, 0.0)
    least_s = np.array(
        [least_split_s(site, tables, a, b) if a != b else 1.0 for a, b in zip(befores, stages, strict=True)]
    )
    return StageCycle(stages, streams.weight[:, stages], gained_s, least_s)


@dataclass(frozen=True, slots=True)
class Critical:
    """The critical path: sum of its flow ratios, its lost time in a cycle [s], and its streams (indices)."""

    y: float
    lost_s: float
    streams: tuple[int, ...] = ()


def critical_path(streams: Streams, cycle: StageCycle) -> Critical:
    """Return the critical path of stages in an order.

    Y is the least sum of shares f of the cycle with served @ f >= y for every stream; the dual values say which streams
    are critical, and so whose lost time counts.
    Raises: InvalidInputError if a stream with demand has no green.
    """
    loaded = streams.flow_veh_s > 0
    served, y = cycle.served[loaded], streams.flow_ratio[loaded]
    n = len(cycle.stages)
    if not len(y):
        return Critical(0.0, 0.0)
    found = minimise(np.ones(n), -served, -y, np.zeros(n))
    if found is None:
        raise InvalidInputError("a stream with demand has no green in any of these stages")
    on_path = np.flatnonzero(loaded)[np.abs(found.prices) > 1e-9]
    return Critical(
        found.cost, max(float(found.prices @ cycle.gained_s[loaded]), 0.0), tuple(int(stream) for stream in on_path)
    )


def reserve_splits_s(streams: Streams, cycle: StageCycle, cycle_s: float) -> FloatArray:
    """Return the splits with the most reserve: the largest factor by which all demand could grow. (n_places,) [s]

    Raises: InvalidInputError if the shortest splits do not fit into the cycle.
    """
    n = len(cycle.stages)
    if cycle.least_s.sum() > cycle_s + 1e-9:
        raise InvalidInputError(f"a cycle of {cycle_s:g} s is too short for splits of {cycle.least_s.sum():g} s")
    loaded = streams.flow_veh_s > 0
    if not loaded.any():
        return np.asarray(cycle.least_s + (cycle_s - cycle.least_s.sum()) / n)
    needed = streams.flow_ratio[loaded] * cycle_s
    rows = np.hstack([-cycle.served[loaded], needed[:, None]])
    alike = np.array([1.0] * n + [0.0])
    least_s = np.array([*cycle.least_s, 0.0])
    found = minimise(alike - 1.0, rows, cycle.gained_s[loaded], least_s, (alike, cycle_s))
    if found is None:
        raise InvalidInputError("a stream with demand has no green in any of these stages")
    return found.values[:n]


def shortest_cycle_s(streams: Streams, cycle: StageCycle, saturation: float) -> float:
    """Return the shortest cycle in which no stream passes a degree of saturation, inf if there is none. [s]

    It is the practical cycle L / (1 - Y / x), but for overlaps and with the minimum greens.
    """
    n = len(cycle.stages)
    loaded = streams.flow_veh_s > 0
    if not loaded.any():
        return float(cycle.least_s.sum())
    needed = streams.flow_ratio[loaded] / saturation
    found = minimise(np.ones(n), needed[:, None] - cycle.served[loaded], cycle.gained_s[loaded], cycle.least_s)
    return math.inf if found is None else found.cost


def mean_delay_s(streams: Streams, cycle: StageCycle, splits_s: FloatArray, period_h: float = 0.25) -> float:
    """Return the mean delay over the vehicles of all streams, d1 + d2 of the HCM with even arrivals. [s/veh]"""
    return float(mean_delays_s(streams, cycle, splits_s[None, :], period_h)[0])


def mean_delays_s(streams: Streams, cycle: StageCycle, splits_s: FloatArray, period_h: float = 0.25) -> FloatArray:
    """Return the mean delay of several sets of splits with one cycle. splits_s (n_sets, n_places); (n_sets,) [s/veh]"""
    cycle_s = float(splits_s[0].sum())
    green_s = np.maximum(splits_s @ cycle.served.T + cycle.gained_s, _LEAST_GREEN_S)
    ratio = np.minimum(green_s / cycle_s, 1.0)
    capacity_veh_s = streams.saturation_veh_s * ratio
    x = streams.flow_veh_s / capacity_veh_s
    delay_s = hcm_uniform_delay_s(cycle_s, ratio, x) + hcm_overflow_delay_s(capacity_veh_s * S_PER_H, x, period_h)
    return np.asarray(delay_s @ streams.flow_veh_s / max(float(streams.flow_veh_s.sum()), 1e-9))


def even_splits_s(streams: Streams, cycle: StageCycle, cycle_s: int) -> FloatArray:
    """Return the splits with the most reserve in whole seconds. (n_places,) [s] Raises: as `reserve_splits_s`."""
    return rounded_s(reserve_splits_s(streams, cycle, cycle_s), cycle.least_s, cycle_s)


def best_splits_s(streams: Streams, cycle: StageCycle, cycle_s: int) -> FloatArray:
    """Return splits in whole seconds: those with the most reserve, then moved as long as the delay falls. [s]"""
    return quickened_s(streams, cycle, even_splits_s(streams, cycle, cycle_s))


def quickened_s(streams: Streams, cycle: StageCycle, splits_s: FloatArray) -> FloatArray:
    """Return splits in whole seconds, moved as long as the delay falls. (n_places,) [s]"""
    least_s = mean_delay_s(streams, cycle, splits_s)
    for step_s in _STEPS_S:
        for _ in range(_ROUNDS):
            trials = splits_s + moves(len(splits_s), step_s)
            trials = trials[np.all(trials >= cycle.least_s, axis=1)]
            costs_s = mean_delays_s(streams, cycle, trials) if len(trials) else np.array([np.inf])
            if not costs_s.min() < least_s - 1e-9:
                break
            least_s = float(costs_s.min())
            splits_s = trials[int(np.argmin(costs_s))]
    return splits_s


def moves(n_places: int, step_s: int) -> FloatArray:
    """Return what moves some seconds from one split to another, for each ordered pair. (n_pairs, n_places) [s]

    >>> moves(2, 3).tolist()
    [[-3.0, 3.0], [3.0, -3.0]]
    """
    rows = [(a, b) for a in range(n_places) for b in range(n_places) if a != b]
    found = np.zeros((len(rows), n_places))
    for row, (a, b) in enumerate(rows):
        found[row, a], found[row, b] = -step_s, step_s
    return found


def rounded_s(splits_s: Sequence[float] | FloatArray, least_s: FloatArray, cycle_s: int) -> FloatArray:
    """Return whole seconds, none below the least, that make up the cycle. [s]

    >>> rounded_s([20.4, 15.3, 9.3], np.array([8.0, 8.0, 10.0]), 45).tolist()
    [20.0, 15.0, 10.0]
    """
    exact = np.maximum(np.asarray(splits_s, dtype=np.float64), least_s)
    whole = np.maximum(np.floor(exact + 1e-9), least_s)
    while whole.sum() < cycle_s:
        whole[int(np.argmax(exact - whole))] += 1.0
    while whole.sum() > cycle_s:
        room = np.where(whole > least_s, whole - exact, -np.inf)
        whole[int(np.argmax(room))] -= 1.0
    return whole


def webster_start_s(streams: Streams, cycle: StageCycle, bounds_s: tuple[float, float]) -> float:
    """Return Webster's cycle of the critical path, within bounds and not too short for the stages. [s]"""
    critical = critical_path(streams, cycle)
    low_s, high_s = max(bounds_s[0], float(cycle.least_s.sum())), bounds_s[1]
    wanted_s = high_s if critical.y >= HIGHEST_Y else webster_cycle_s(critical.lost_s, critical.y)
    return min(max(wanted_s, low_s), max(high_s, low_s))
