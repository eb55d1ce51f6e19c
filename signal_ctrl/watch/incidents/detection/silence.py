"""Loops that nobody passes although vehicles are due: a sequential test (CUSUM) at every loop.

So many are due in a bin of 20 s as came towards a loop: at the end of a road those that came in at its begin, at the
begin those that left the roads before it, times the usual share of this lane; where nobody counts them the usual, times
the share of the usual that the network lets go. What is added up, and never goes below 0, is how much more probable the
counts are if only `LEAK` of them get through. Who came so lately that they may be under way still is left out.

The test speaks only while a loop lies bare: at a stop line somebody would stand on it. A red light, or a queue from
ahead, covers the loop and says nothing.

Source: Page, Continuous inspection schemes, Biometrika 41, 1954; logarithm of the ratio of two Poisson probabilities.
"""

import math
from typing import Final

import numpy as np

from signal_ctrl.watch.incidents.detection.bins import Flags, Floats, Ints, LoopBins
from signal_ctrl.watch.incidents.detection.layout import Layout
from signal_ctrl.watch.incidents.detection.usual import Usual

WINDOW: Final = 24
"""Bins that the test looks back on: 8 min."""
LEAK: Final = 0.2
"""Share of the vehicles that gets through beside an incident."""
COVERED: Final = 0.3
"""A loop that nobody passes, covered for this share of a bin, has somebody waiting on it."""
_NOBODY_VEH: Final = 0.5
_BIN_S: Final = 20.0
_SLOWER: Final = 1.3
"""A drive takes so many times the time at free speed."""
CROSSING: Final = 2
"""Bins in which who left a road may still be on the way to the begin of the next."""
_LEAST_RATE: Final = 0.02


class Silence:
    """The test at the loops of a network. Args: stop, entry, by loop, those that are heard."""

    def __init__(self, layout: Layout, stop: Flags, entry: Flags) -> None:
        self._layout, self._stop, self._entry = layout, stop, entry
        free_s = np.array([road.free_time_s for road in layout.network.roads])
        drive = np.ceil(free_s * _SLOWER / _BIN_S).astype(np.int64)
        self._under_way = np.where(layout.stop, drive[layout.road], CROSSING)

    def look(self, bins: LoopBins, usual: Usual, came: Floats, number: int, at_end: Ints) -> Floats:
        """Return by loop what is overdue at the end of a bin [veh]; NaN for one that reports nothing, or whose usual
        is not known.

        Args: came, by road, share of the usual that came out of the roads before it; at_end, the bin by loop that each
            is judged by.
        """
        vehicles, occupied = bins.recent(at_end, WINDOW)
        known = ~np.isnan(usual.rate_at(number)) & ~np.isnan(vehicles[0])
        rate = np.nan_to_num(usual.rate_at(number))
        due, counted = self._due(np.nan_to_num(vehicles), rate)
        due = np.where(counted, due, rate * np.nan_to_num(came[self._layout.road], nan=1.0))
        bins_ago = np.arange(len(due))[:, None]
        lately = np.where((bins_ago < self._under_way) & counted, due, 0.0).sum(axis=0)
        bare = (vehicles[0] <= _NOBODY_VEH) & (occupied[0] < COVERED)
        overdue = _added_up(vehicles, occupied, due) - (1 - LEAK) * lately
        return np.where(known, np.where(bare, np.maximum(overdue, 0.0), 0.0), np.nan)

    def _due(self, vehicles: Floats, rate: Floats) -> tuple[Floats, Flags]:
        """Return vehicles that came towards each loop, by bin, (WINDOW, n_loops), and whether somebody counts them."""
        layout = self._layout
        entered, usual_in = self._by_road(vehicles, rate, self._entry)
        left, usual_out = self._by_road(vehicles, rate, self._stop)
        road, feeder = layout.feeders
        fed, usual_fed = _summed(left[:, feeder], road, layout.n_roads), np.zeros(layout.n_roads)
        np.add.at(usual_fed, road, usual_out[feeder])
        towards = np.where(layout.stop, entered[:, layout.road], fed[:, layout.road])
        usual_towards = np.where(layout.stop, usual_in[layout.road], usual_fed[layout.road])
        share = np.minimum(rate / np.maximum(usual_towards, _LEAST_RATE), 1.0)
        return towards * share, usual_towards > _LEAST_RATE

    def _by_road(self, vehicles: Floats, rate: Floats, heard: Flags) -> tuple[Floats, Floats]:
        """Return vehicles by bin and road at the loops that are heard, and what is usual in a bin."""
        road, n_roads = self._layout.road[heard], self._layout.n_roads
        usual = np.asarray(np.bincount(road, rate[heard], n_roads), dtype=np.float64)
        return _summed(vehicles[:, heard], road, n_roads), usual


def _summed(values: Floats, road: Ints, n_roads: int) -> Floats:
    """Return the sums by road of values in rows, (n_rows, n) to (n_rows, n_roads)."""
    found = np.zeros((n_roads, len(values)))
    np.add.at(found, road, values.T)
    return found.T


def _added_up(vehicles: Floats, occupied: Floats, due: Floats) -> Floats:
    """Return by loop what the CUSUM of the log ratio has come to."""
    waits = (vehicles <= _NOBODY_VEH) & (occupied >= COVERED)
    gain = np.where(waits, 0.0, due * (1 - LEAK) + vehicles * math.log(LEAK))
    total = np.zeros(vehicles.shape[1])
    for row in range(len(vehicles) - 1, -1, -1):
        total = np.where(np.isnan(vehicles[row]), 0.0, np.maximum(total + np.nan_to_num(gain[row]), 0.0))
    return total
