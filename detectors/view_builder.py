"""Puts estimated vehicles into the arrays of a view."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.domain.view import UNKNOWN, FloatArray, JunctionView

MAX_VEHICLES = 48


class Expected(NamedTuple):
    """A vehicle on its way to a stop line: time until it could be there [s], movement or UNKNOWN, probability, key, and
    how long it has been kept from where it would be by now. [s]
    """

    eta_s: float
    movement: int
    presence: float
    key: int
    late_s: float = 0.0


def build_view(
    lanes: Sequence[Sequence[Expected]],
    barred: Sequence[int],
    ratio: FloatArray,
    room_veh: FloatArray,
    standing: Sequence[float],
    beyond_veh: Sequence[float],
    headway_s: Sequence[float],
    stuck: Sequence[bool],
) -> JunctionView:
    """Return the view; each lane's vehicles are in passing order, and those beyond the array's end are left out."""
    n = len(lanes)
    eta_s = np.zeros((n, MAX_VEHICLES))
    movement = np.full((n, MAX_VEHICLES), UNKNOWN, dtype=np.int64)
    presence = np.ones((n, MAX_VEHICLES))
    key = np.zeros((n, MAX_VEHICLES), dtype=np.int64)
    late_s = np.zeros((n, MAX_VEHICLES))
    counts = np.zeros(n, dtype=np.int64)
    for i, vehicles in enumerate(lanes):
        counts[i] = taken = min(len(vehicles), MAX_VEHICLES)
        columns = zip(*vehicles[:MAX_VEHICLES], strict=True)
        for values, column in zip((eta_s, movement, presence, key, late_s), columns, strict=False):
            values[i, :taken] = column
    return JunctionView(
        counts, eta_s, movement, presence, key, np.array(barred, dtype=np.int64), ratio.copy(), room_veh.copy(),
        np.array(standing, dtype=np.float64), np.array(beyond_veh, dtype=np.float64),
        np.array(headway_s, dtype=np.float64),
        np.array(stuck, dtype=np.bool_), late_s=late_s,
    )  # fmt: skip


def travel_s(distance_m: float, speed_mps: float, free_mps: float, acceleration_mps2: float = 2.0) -> float:
    """Return the time to drive a distance from a speed up to the free speed. [s]

    >>> travel_s(0.0, 0.0, 13.9)
    0.0
    >>> round(travel_s(139.0, 13.9, 13.9), 3)
    10.0
    """
    if distance_m <= 0:
        return 0.0
    speed_mps = min(speed_mps, free_mps)
    gain_s = (free_mps - speed_mps) / acceleration_mps2
    gain_m = (speed_mps + free_mps) / 2 * gain_s
    if gain_m <= distance_m:
        return gain_s + (distance_m - gain_m) / free_mps
    reached = (speed_mps**2 + 2 * acceleration_mps2 * distance_m) ** 0.5
    return float(reached - speed_mps) / acceleration_mps2


def initial_ratio(layout: JunctionLayout) -> FloatArray:
    """Return turning shares before anything is known: going straight on counts twice a turn. (n_movements,)"""
    weights = np.array([2.0 if m.direction == "s" else 0.1 if m.direction == "t" else 1.0 for m in layout.movements])
    for lane in layout.lanes:
        own = list(lane.movements)
        weights[own] /= max(weights[own].sum(), 1e-9)
    return weights


def empty_view(layout: JunctionLayout) -> JunctionView:
    """Return the view of who sees nothing: no vehicle anywhere, room behind every exit."""
    n, exits = len(layout.lanes), len(layout.exits)
    zero = [0.0] * n
    room_veh = np.full(exits, float(MAX_VEHICLES))
    return build_view([()] * n, [0] * n, initial_ratio(layout), room_veh, zero, [0.0] * exits, zero, [False] * n)
