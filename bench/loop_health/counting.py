"""Counts of a day straight from its edges, for profiles and for the judgement of imputed counts."""

import numpy as np

from bench.loop_health.days import DAY_S, Edges
from detectors.health.faults import Numbers
from detectors.health.profile import SLOT_S, SLOTS, DayCounts, day_type_of


def counts(edges: Edges, slot_s: float) -> Numbers:
    """Return the vehicles of each slot of the day. Shape (n_slots, n_loops)"""
    on = edges.on
    n_slots = round(DAY_S / slot_s)
    found = np.zeros((n_slots, len(edges.detectors)))
    at = np.minimum((edges.time_ds[on] / (10 * slot_s)).astype(np.int64), n_slots - 1)
    np.add.at(found, (at, edges.loop[on]), 1.0)
    return found


def occupied(edges: Edges, slot_s: float) -> Numbers:
    """Return the occupied time of each slot, each pulse counted where it ends. Shape (n_slots, n_loops) [s]"""
    n_slots = round(DAY_S / slot_s)
    found = np.zeros((n_slots, len(edges.detectors)))
    order = np.lexsort((edges.time_ds, edges.loop))
    loop, time_s, on = edges.loop[order], edges.time_ds[order] / 10, edges.on[order]
    off = np.flatnonzero(~on[1:] & on[:-1] & (loop[1:] == loop[:-1])) + 1
    at = np.minimum((time_s[off] / slot_s).astype(np.int64), n_slots - 1)
    np.add.at(found, (at, loop[off]), time_s[off] - time_s[off - 1])
    return found


def day_counts(edges: Edges, weekday: int) -> DayCounts:
    """Return a healthy day by quarters of an hour. Args: weekday, Monday 0."""
    found = DayCounts(day_type_of(weekday), counts(edges, SLOT_S), np.minimum(occupied(edges, SLOT_S), SLOT_S))
    assert found.count.shape[0] == SLOTS
    return found
