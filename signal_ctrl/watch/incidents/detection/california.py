"""The California comparison of occupancies, adapted to roads with signals: the classic rival of the other figures.

Three tests on the occupancy up and down the road, in the order of algorithm #7: the difference, the difference relative
to the upstream occupancy, and a low downstream occupancy. With signals both are meant over two minutes, so that a red
light is in them once or twice; a road without loops takes those at the end of the roads before it and at the begin of
the roads behind it.

Source: Payne and Tignor, Freeway incident-detection algorithms based on decision trees with states, Transportation
Research Record 682, 1978; the thresholds here are learnt, not theirs.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from signal_ctrl.watch.incidents.detection.bins import Flags, Floats, Ints, LoopBins
from signal_ctrl.watch.incidents.detection.layout import Layout

WINDOW: Final = 6
"""Bins of 20 s."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Occupancies, 0 to 1: least difference, least relative difference, greatest occupancy downstream."""

    difference: float = 0.8
    relative: float = 0.95
    downstream: float = 0.3


def california(up: Floats, down: Floats, thresholds: Thresholds) -> Flags:
    """Return by road whether all three tests hold. Args: occupancies of `stations`; NaN is never an incident."""
    with np.errstate(invalid="ignore", divide="ignore"):
        difference = up - down
        large = (difference >= thresholds.difference) & (difference / up >= thresholds.relative)
        return np.asarray(large & (down <= thresholds.downstream))


def stations(layout: Layout, bins: LoopBins, number: int) -> tuple[Floats, Floats]:
    """Return the occupancy upstream and downstream of each road, 0 to 1; NaN where nobody tells."""
    at_end = np.full(len(layout.road), number, dtype=np.int64)
    occupied = bins.occupied(at_end, WINDOW)
    entry, stop = (_mean(layout.road[mask], occupied[mask], layout.n_roads) for mask in (layout.entry, layout.stop))
    start, end = layout.turns
    before, behind = _mean(end, stop[start], layout.n_roads), _mean(start, entry[end], layout.n_roads)
    return np.where(np.isnan(entry), before, entry), np.where(np.isnan(stop), behind, stop)


def _mean(road: Ints, values: Floats, n_roads: int) -> Floats:
    known = ~np.isnan(values)
    number = np.bincount(road[known], minlength=n_roads)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(number > 0, np.bincount(road[known], values[known], n_roads) / number, np.nan)
