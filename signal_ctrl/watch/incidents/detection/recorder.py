"""The record of a day, made while it goes by."""

from typing import Final

import numpy as np

from signal_ctrl.watch.incidents.detection.bins import BIN_MS, Flags, Floats, LoopBins
from signal_ctrl.watch.incidents.detection.evidence import Raw
from signal_ctrl.watch.incidents.detection.layout import Layout
from signal_ctrl.watch.incidents.detection.usual import DAY_MS, SLOT_MS, SLOTS, UsualDay

_ROWS: Final = 4


class DayRecorder:
    """Takes the bins of one day, one after the other."""

    def __init__(self, layout: Layout) -> None:
        n_loops, n_roads = len(layout.road), layout.n_roads
        self._road = layout.road
        self._vehicles, self._bins = np.zeros((SLOTS, n_loops)), np.zeros((SLOTS, n_loops))
        self._stand, self._silence = np.zeros(n_loops), np.zeros(n_loops)
        self._deviance, self._n_deviance = np.zeros((_ROWS, n_roads)), np.zeros((_ROWS, n_roads))
        self._stored, self._stored_sq, self._n_stored = np.zeros(n_roads), np.zeros(n_roads), np.zeros(n_roads)

    def count(self, bins: LoopBins, number: int) -> None:
        """Take the counts of a bin, since 1970; a loop that has not reported it by now is left out."""
        seen = bins.vehicles(np.full(len(self._stand), number, dtype=np.int64), 1)
        slot, told = number * BIN_MS % DAY_MS // SLOT_MS, ~np.isnan(seen)
        self._vehicles[slot, told] += seen[told]
        self._bins[slot, told] += 1

    def compare(self, raw: Raw, beside: Flags) -> None:
        """Take what was seen at the end of a bin. Args: beside, by road, True where an incident lasts: not usual."""
        known = ~np.isnan(raw.deviance) & ~beside
        self._deviance[known] += raw.deviance[known]
        self._n_deviance += known
        told = ~np.isnan(raw.stored) & ~beside
        self._stored[told] += raw.stored[told]
        self._stored_sq[told] += raw.stored[told] ** 2
        self._n_stored += told
        if len(self._road):
            self._stand = np.maximum(self._stand, np.where(beside[self._road], 0.0, raw.stand))
            self._silence = np.maximum(self._silence, np.where(beside[self._road], 0.0, raw.silence))

    def day(self) -> UsualDay:
        """Return the record of what has gone by."""
        stored, stored_sq = (_ratio(each, self._n_stored) for each in (self._stored, self._stored_sq))
        rate, deviance = _ratio(self._vehicles, self._bins), _ratio(self._deviance, self._n_deviance)
        return UsualDay(rate, self._stand, self._silence, deviance, stored, stored_sq)


def _ratio(total: Floats, number: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(number > 0, total / number, np.nan)
