"""Queues before signals: vehicles slower than 5 km/h for a second or more, counted once a second."""

from typing import Final

import numpy as np

from sumo_scenarios.measures.approaches import Approach
from sumo_scenarios.measures.figures import Bools, Document, Floats, Ints, largest, mean, quantile, rounded
from sumo_scenarios.measures.passages import Grid

HALTING_MPS: Final = 5.0 / 3.6
START_M: Final = 10.0
"""A queue whose last rear is this near to the start of its road has filled it. [m]"""
FILLABLE_M: Final = 50.0
"""Shorter roads are filled by a few vehicles at every red: their spillback is not told. [m]"""
TABLE_EVERY_S: Final = 30


def queue_figures(grid: Grid, ticks: int) -> tuple[Document, Document]:
    """Return the figures of all approaches together, and the table of approaches and of signals over time.

    Args: ticks, number of samples of the run.
    """
    rows = np.flatnonzero(_halting(grid))
    approach, tick = grid.approach[rows], grid.table.tick[rows]
    inside = (tick >= 0) & (tick < ticks)
    rows, cell = rows[inside], approach[inside].astype(np.int64) * ticks + tick[inside]
    shape = (len(grid.approaches), ticks)
    count = np.bincount(cell, minlength=shape[0] * ticks).reshape(shape)
    reach_m = np.zeros(shape[0] * ticks)
    np.maximum.at(reach_m, cell, grid.to_stop_m[rows] + grid.length_m[rows])
    per_approach = _by_approach(grid.approaches, count, reach_m.reshape(shape), grid.table.sample_s)
    tables = {"queues": per_approach, "queue_over_time": _over_time(grid, count)}
    spilled = [minutes for minutes in per_approach["spillback_min"] if minutes is not None]
    return {
        "queue_mean_veh": mean(count.ravel()) if count.size else None,
        "queue_p95_veh": quantile(count.ravel(), 0.95),
        "queue_max_veh": largest(count.max(axis=1)) if count.size else None,
        "queue_total_mean_veh": mean(count.sum(axis=0)) if count.size else None,
        "spillback_min": rounded(sum(spilled)) if spilled else None,
    }, tables


def _halting(grid: Grid) -> Bools:
    """Return which rows are of vehicles in a queue."""
    table = grid.table
    slow = (table.speed_mps < HALTING_MPS) & ~table.scheduled & (grid.approach >= 0)
    halting = np.zeros(len(slow), dtype=np.bool_)
    halting[1:] = slow[1:] & slow[:-1] & table.joined[1:]
    return halting


def _by_approach(approaches: tuple[Approach, ...], count: Ints, reach_m: Floats, sample_s: float) -> Document:
    """Return the queues of every approach, in columns: mean, 95 %, max [veh], 95 % reach [m], spillback [min]."""
    lengths_m = np.array([approach.length_m for approach in approaches])
    full = reach_m >= lengths_m[:, np.newaxis] - START_M if len(approaches) else reach_m > 0
    minutes = full.sum(axis=1) * sample_s / 60.0
    return {
        "signal": [approach.signal for approach in approaches],
        "edge": [approach.edge_id for approach in approaches],
        "length_m": [rounded(approach.length_m) for approach in approaches],
        "mean_veh": [mean(row) for row in count],
        "p95_veh": [quantile(row, 0.95) for row in count],
        "max_veh": [largest(row) for row in count],
        "p95_m": [quantile(row, 0.95) for row in reach_m],
        "max_m": [largest(row) for row in reach_m],
        "spillback_min": [
            rounded(float(spilled)) if length_m >= FILLABLE_M else None
            for spilled, length_m in zip(minutes, lengths_m, strict=True)
        ],
    }


def _over_time(grid: Grid, count: Ints) -> Document:
    """Return the vehicles queued before each signal, every 30 s, in columns by signal. [veh]"""
    every = round(TABLE_EVERY_S / grid.table.sample_s)
    ticks = np.arange(0, count.shape[1], every)
    of_signal: dict[str, Ints] = {}
    for approach, row in zip(grid.approaches, count, strict=True):
        of_signal[approach.signal] = of_signal.get(approach.signal, np.zeros(len(ticks), dtype=np.int64)) + row[ticks]
    return {
        "time_s": grid.table.time_s(ticks).tolist(),
        "signals": {signal: row.tolist() for signal, row in of_signal.items()},
    }
