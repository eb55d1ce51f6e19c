"""What loops counted, in bins of 20 s: the youngest quarter of an hour, whatever intervals the loops report in."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.watch.observations import LoopCount

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

BIN_MS: Final = 20_000
KEPT: Final = 45
"""Bins that are kept: 15 min."""
_LEAST_COVER: Final = 0.8
"""A bin of which less was reported is not looked at. Source: docs of counts, as elsewhere in this project."""
_MOST_MS: Final = 300_000
_AHEAD_MS: Final = 5_000
_MOST_VEH_S: Final = 1.0
_NEVER: Final = -(1 << 60)


class LoopBins:
    """Counts of many loops; each array has the shape (KEPT, n_loops), row `bin % KEPT`."""

    def __init__(self, detectors: Sequence[str]) -> None:
        self.index = {name: at for at, name in enumerate(detectors)}
        n_loops = len(self.index)
        self._vehicles = np.zeros((KEPT, n_loops))
        self._occupied_ms = np.zeros((KEPT, n_loops))
        self._told_ms = np.zeros((KEPT, n_loops))
        self._number = np.full((KEPT, n_loops), _NEVER, dtype=np.int64)
        self._told_until_ms = np.zeros(n_loops, dtype=np.int64)
        self.last = np.full(n_loops, _NEVER, dtype=np.int64)
        """The youngest whole bin that each loop has reported."""

    def take(self, count: LoopCount, now_utc_ms: int) -> bool:
        """Take a count, spread evenly over its interval; tell whether it was taken.

        Left out is what was told already, comes in the wrong order, from the future, over 5 min, or is impossible.
        """
        at = self.index.get(count.detector)
        if at is None or not self._is_sound(count, at, now_utc_ms):
            return False
        self._told_until_ms[at] = count.to_utc_ms
        lasts_ms = count.to_utc_ms - count.from_utc_ms
        for number in range(count.from_utc_ms // BIN_MS, (count.to_utc_ms - 1) // BIN_MS + 1):
            overlap_ms = min(count.to_utc_ms, (number + 1) * BIN_MS) - max(count.from_utc_ms, number * BIN_MS)
            self._add(number, at, count.vehicles * overlap_ms / lasts_ms, count.occupied * overlap_ms, overlap_ms)
        return True

    def vehicles(self, end: Ints, length: int) -> Floats:
        """Return vehicles in the `length` bins up to bin `end[loop]`; NaN where a bin of them was not reported."""
        return self._sum(self._vehicles, end, length)

    def occupied(self, end: Ints, length: int) -> Floats:
        """Return the share of the time covered in the `length` bins up to bin `end[loop]`; NaN as for vehicles."""
        return self._sum(self._occupied_ms, end, length) / (length * BIN_MS)

    def recent(self, end: Ints, length: int) -> tuple[Floats, Floats]:
        """Return vehicles, and the share of the time covered, in each of the `length` bins up to bin `end[loop]`.

        Shape (length, n_loops), the youngest first; NaN where a bin was not reported.
        """
        rows, loops = self._rows(end, length)
        told = (self._number[rows, loops] == self._numbers(end, length)) & (
            self._told_ms[rows, loops] >= _LEAST_COVER * BIN_MS
        )
        shares = self._occupied_ms[rows, loops] / np.maximum(self._told_ms[rows, loops], 1.0)
        return np.where(told, self._vehicles[rows, loops], np.nan), np.where(told, shares, np.nan)

    def standing(self, end: Ints, least: float, most_veh: float) -> Ints:
        """Return for how many bins up to `end[loop]` a loop was covered all the time and next to nobody passed it.

        Args: least, share of the bin that counts as all of it; most_veh, vehicles that may pass in a bin.
        """
        rows, loops = self._rows(end, KEPT)
        stands = (self._number[rows, loops] == self._numbers(end, KEPT)) & (self._told_ms[rows, loops] > 0)
        stands &= (self._occupied_ms[rows, loops] >= least * BIN_MS) & (self._vehicles[rows, loops] <= most_veh)
        return np.asarray(np.where(stands.all(axis=0), KEPT, np.argmin(stands, axis=0)), dtype=np.int64)

    def _add(self, number: int, at: int, vehicles: float, occupied_ms: float, told_ms: float) -> None:
        row = number % KEPT
        if self._number[row, at] != number:
            self._number[row, at] = number
            self._vehicles[row, at] = self._occupied_ms[row, at] = self._told_ms[row, at] = 0.0
        self._vehicles[row, at] += vehicles
        self._occupied_ms[row, at] += occupied_ms
        self._told_ms[row, at] += told_ms
        if self._told_ms[row, at] >= _LEAST_COVER * BIN_MS:
            self.last[at] = max(self.last[at], number)

    def _is_sound(self, count: LoopCount, at: int, now_utc_ms: int) -> bool:
        lasts_ms = count.to_utc_ms - count.from_utc_ms
        in_time = self._told_until_ms[at] <= count.from_utc_ms and count.to_utc_ms <= now_utc_ms + _AHEAD_MS
        possible = count.vehicles <= 1 + lasts_ms / 1000 * _MOST_VEH_S and not (
            count.vehicles > 1 and not count.occupied
        )
        return in_time and lasts_ms <= _MOST_MS and possible

    def _numbers(self, end: Ints, length: int) -> Ints:
        return np.asarray(end[None, :] - np.arange(length)[:, None], dtype=np.int64)

    def _rows(self, end: Ints, length: int) -> tuple[Ints, Ints]:
        rows = np.asarray(self._numbers(end, length) % KEPT, dtype=np.int64)
        return rows, np.broadcast_to(np.arange(len(end))[None, :], rows.shape)

    def _sum(self, values: Floats, end: Ints, length: int) -> Floats:
        rows, loops = self._rows(end, length)
        told = (self._number[rows, loops] == self._numbers(end, length)) & (
            self._told_ms[rows, loops] >= _LEAST_COVER * BIN_MS
        )
        total = values[rows, loops].sum(axis=0)
        return np.where(told.all(axis=0), total, np.nan)
