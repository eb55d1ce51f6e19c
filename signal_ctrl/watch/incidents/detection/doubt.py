"""Loops that are not believed: silent or covered for long while the other loop of the same lane counts as usual.

A loop that is stuck or dead looks like a blocked lane. The other end of the lane tells them apart: behind a blocked
lane nobody comes out, and before long nobody gets in. A loop that is in doubt stays so until it counts again, or until
the other end shows the blockage itself: a queue stands on the loop at the begin, or nobody passes the one at the end.
"""

from typing import Final

import numpy as np

from signal_ctrl.watch.incidents.detection.bins import Flags, Floats, Ints
from signal_ctrl.watch.incidents.detection.layout import Layout

LOOKED_AT: Final = 32
SHORT: Final = 6
"""Bins: kept in sight, and of silence."""
SILENT: Final = 0.1
FLOWS: Final = 0.4
"""Shares of the usual."""
LEAST_VEH: Final = 2.0
"""Where fewer are usual, silence says nothing. [veh]"""
NOBODY_VEH: Final = 0.5
COVERED: Final = 0.95
BARE: Final = 0.02
"""Shares of a bin that a loop is covered: all of it, and next to nothing."""
IDLE: Final = 3
STANDS: Final = 2
STANDS_LONG: Final = 3
STUCK: Final = 30
"""Bins of 20 s. Who stands on a loop for ten minutes has been found by now, or it is the loop. [P]"""
ALONE: Final = -1


class Doubt:
    """Keeps which loops are in doubt."""

    def __init__(self, layout: Layout) -> None:
        self._partner = _partners(layout)
        self._entry = layout.entry
        self.loops: Flags = np.zeros(len(layout.road), dtype=bool)

    def look(self, vehicles: Floats, occupied: Floats, rate: Floats, usual_stand: Floats) -> None:
        """Look at all loops. Args: vehicles, occupied, in bins, the youngest first, (n_bins, n_loops); rate, vehicles
        that are usual in a bin; usual_stand, bins for which each loop is covered at most.
        """
        nobody = vehicles <= NOBODY_VEH
        stand = _run(nobody & (occupied >= COVERED))
        empty, idle = _run(nobody), _run(nobody & (occupied < BARE))
        silent = (rate * SHORT >= LEAST_VEH) & (_sum(vehicles, SHORT) <= SILENT * SHORT * rate)
        covered = stand >= np.where(self._entry, STANDS, usual_stand + STANDS)
        since = np.clip(np.where(silent, np.maximum(empty, SHORT), stand), STANDS, SHORT)
        begun = (silent | covered) & self._flows_at_partner(vehicles, rate, since)
        shown = np.where(self._entry, self._at_partner(idle >= IDLE), self._at_partner(stand >= STANDS_LONG))
        counts = (_sum(vehicles, SHORT) >= FLOWS * SHORT * rate) & (rate * SHORT >= LEAST_VEH) & (stand < STANDS)
        self.loops = begun | (stand >= STUCK) | (self.loops & ~counts & ~shown)

    def _flows_at_partner(self, vehicles: Floats, rate: Floats, since: Floats) -> Flags:
        """Tell by loop whether the other end of its lane has let vehicles pass in the last `since` bins, as usual."""
        passed = np.cumsum(np.nan_to_num(vehicles), axis=0)
        at = np.minimum(since.astype(np.int64), len(passed)) - 1
        counted = passed[at, self._partner]
        flows = (counted >= FLOWS * (at + 1) * rate[self._partner]) & (counted >= LEAST_VEH)
        return np.asarray((self._partner != ALONE) & flows)

    def _at_partner(self, flags: Flags) -> Flags:
        return np.asarray(np.where(self._partner == ALONE, False, flags[self._partner]))


def _run(flags: Flags) -> Floats:
    """Return by loop for how many bins, the youngest first, something has been so."""
    return np.where(flags.all(axis=0), len(flags), np.argmin(flags, axis=0)).astype(np.float64)


def _sum(vehicles: Floats, length: int) -> Floats:
    return np.asarray(vehicles[:length].sum(axis=0))


def _partners(layout: Layout) -> Ints:
    """Return of each loop the one at the other end of its lane, `ALONE` where there is none."""
    loops = layout.network.loops
    ends = {(loop.road, loop.lane, bool(layout.entry[at])): at for at, loop in enumerate(loops)}
    found = [ends.get((loop.road, loop.lane, not layout.entry[at]), ALONE) for at, loop in enumerate(loops)]
    return np.array(found, dtype=np.int64)
