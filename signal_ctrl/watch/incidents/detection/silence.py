"""Loops that nobody passes although vehicles are due: a sequential test (CUSUM) at every loop.

In each bin of 20 s so many vehicles are due at a loop: at the end of a road those that came in at its begin, a drive
before, times the lane's usual share; elsewhere the usual, times the share of the usual that the roads before let go.
The test adds up how much more probable what was counted is if only `LEAK` of them get through, and never goes below 0.
A loop that is covered while nobody passes says nothing here: a red light, or a queue from ahead. So a red light does
not raise it, and vehicles that are inside a road while its end lies bare do.

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
_LEAST_RATE: Final = 0.02
_MOST_SHARE: Final = 1.0


class Silence:
    """The test at the loops of a network."""

    def __init__(self, layout: Layout, stop: Flags, entry: Flags) -> None:
        """Args: stop, entry, by loop, those that are heard."""
        self._layout, self._stop, self._entry = layout, stop, entry
        free_s = np.array([road.free_time_s for road in layout.network.roads])
        self._drive = np.ceil(free_s * _SLOWER / _BIN_S).astype(np.int64)

    def look(self, bins: LoopBins, usual: Usual, came: Floats, number: int, at_end: Ints) -> Floats:
        """Return by loop how much the test has added up at the end of a bin; 0 for one that reports nothing.

        Args: came, by road, share of the usual that came out of the roads before it; at_end, the bin by loop that each
            is judged by.
        """
        vehicles, occupied = bins.recent(at_end, WINDOW)
        due = self._due(bins, usual, came, number, at_end)
        waits = (vehicles <= _NOBODY_VEH) & (occupied >= COVERED)
        gain = np.where(waits | np.isnan(vehicles), 0.0, due * (1 - LEAK) + vehicles * math.log(LEAK))
        total = np.zeros(vehicles.shape[1])
        for row in range(WINDOW - 1, -1, -1):
            total = np.where(np.isnan(vehicles[row]), 0.0, np.maximum(total + np.nan_to_num(gain[row]), 0.0))
        return total

    def _due(self, bins: LoopBins, usual: Usual, came: Floats, number: int, at_end: Ints) -> Floats:
        """Return vehicles due, by bin, the youngest first, and loop; (WINDOW, n_loops)."""
        layout = self._layout
        rate = np.nan_to_num(usual.rate_at(number))
        due = np.broadcast_to(rate * np.nan_to_num(came[layout.road], nan=1.0), (WINDOW, len(rate))).copy()
        entered, known = self._entered(bins, at_end)
        coming = np.bincount(layout.road[self._entry], rate[self._entry], layout.n_roads)
        share = np.minimum(rate / np.maximum(coming[layout.road], _LEAST_RATE), _MOST_SHARE)
        by_entry = self._stop & known[layout.road]
        return np.where(by_entry, entered[:, layout.road] * share, due)

    def _entered(self, bins: LoopBins, at_end: Ints) -> tuple[Floats, Flags]:
        """Return vehicles that came onto each road, a drive before each bin, (WINDOW, n_roads); whether it is known."""
        layout = self._layout
        at_entry, road = np.flatnonzero(self._entry), layout.road[self._entry]
        ends = at_end - self._drive[layout.road]
        seen, _ = bins.recent(ends, WINDOW)
        entered = np.zeros((WINDOW, layout.n_roads))
        np.add.at(entered, (slice(None), road), np.nan_to_num(seen[:, at_entry]))
        untold = np.bincount(road, np.isnan(seen[0, at_entry]), layout.n_roads)
        there = np.bincount(road, minlength=layout.n_roads)
        return entered, np.asarray((there > 0) & (untold == 0))
