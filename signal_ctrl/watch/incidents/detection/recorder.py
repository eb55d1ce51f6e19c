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
        self._stand, self._silence = np.full(n_loops, np.nan), np.full(n_loops, np.nan)
        self._deviance, self._n_deviance = np.zeros((_ROWS, n_roads)), np.zeros((_ROWS, n_roads))
        self._stored, self._stored_sq, self._n_stored = np.zeros(n_roads), np.zeros(n_roads), np.zeros(n_roads)

    def count(self, bins: LoopBins, number: int, beside: Flags) -> None:
        """Take the counts of a bin, since 1970; a loop that has not reported it by now is left out. Args: beside, by
        road, True where an incident lasts: not usual."""
        seen = bins.vehicles(np.full(len(self._stand), number, dtype=np.int64), 1)
        slot, told = number * BIN_MS % DAY_MS // SLOT_MS, ~np.isnan(seen) & ~beside[self._road]
        self._vehicles[slot, told] += seen[told]
        self._bins[slot, told] += 1

    def compare(self, raw: Raw, beside: Flags) -> None:
        """Take what was seen at the end of a bin. Args: beside, as of `count`."""
        known = ~np.isnan(raw.deviance) & ~beside
        self._deviance[known] += raw.deviance[known]
        self._n_deviance += known
        told = ~np.isnan(raw.stored) & ~beside
        self._stored[told] += raw.stored[told]
        self._stored_sq[told] += raw.stored[told] ** 2
        self._n_stored += told
        if len(self._road):
            self._stand = np.fmax(self._stand, np.where(beside[self._road], np.nan, raw.stand))
            self._silence = np.fmax(self._silence, np.where(beside[self._road], np.nan, raw.silence))

    def day(self, least_slots: int = 1) -> UsualDay:
        """Return the record of what has gone by.

        Args: least_slots, so many quarters of an hour a loop has to have told of before it counts how long it stood or
        was silent at most: the highest of a short time is not the highest of a day.
        """
        stored, stored_sq = (_ratio(each, self._n_stored) for each in (self._stored, self._stored_sq))
        rate, deviance = _ratio(self._vehicles, self._bins), _ratio(self._deviance, self._n_deviance)
        whole = (self._bins > 0).sum(axis=0) >= least_slots
        stand, silence = (np.where(whole, each, np.nan) for each in (self._stand, self._silence))
        return UsualDay(rate, stand, silence, deviance, stored, stored_sq)


def _ratio(total: Floats, number: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(number > 0, total / number, np.nan)
