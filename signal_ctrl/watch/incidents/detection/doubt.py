"""Loops that are not believed: silent or covered for long while the other loop of the same lane counts as usual.

A loop that is stuck or dead looks like a blocked lane. The other end of the lane tells them apart: behind a blocked
lane nobody comes out, and before long nobody gets in. A loop that is in doubt stays so until it counts again, or until
the other end shows the blockage itself: a queue stands on the loop at the begin, or nobody passes the one at the end.
"""

from typing import Final

import numpy as np

from signal_ctrl.watch.incidents.detection.bins import Flags, Floats, Ints
from signal_ctrl.watch.incidents.detection.layout import Layout

SILENT: Final = 0.1
FLOWS: Final = 0.4
"""Shares of the usual."""
LEAST_VEH: Final = 2.0
"""Where fewer are usual, silence says nothing. [veh]"""
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

    def look(self, counted: Floats, usual: Floats, stand: Floats, usual_stand: Floats) -> None:
        """Look at all loops. Args: vehicles in two minutes, what is usual, bins that each stands, the most usual."""
        with np.errstate(invalid="ignore"):
            known = usual >= LEAST_VEH
            silent, flows = known & (counted <= SILENT * usual), known & (counted >= FLOWS * usual)
        covered = stand >= np.where(self._entry, STANDS, usual_stand + STANDS)
        flows &= stand < STANDS
        begun = (silent | covered) & self._at_partner(flows)
        shown = np.where(self._entry, self._at_partner(silent), self._at_partner(stand >= STANDS_LONG))
        self.loops = begun | (stand >= STUCK) | (self.loops & ~flows & ~shown)

    def _at_partner(self, flags: Flags) -> Flags:
        return np.asarray(np.where(self._partner == ALONE, False, flags[self._partner]))


def _partners(layout: Layout) -> Ints:
    """Return of each loop the one at the other end of its lane, `ALONE` where there is none."""
    loops = layout.network.loops
    ends = {(loop.road, loop.lane, bool(layout.entry[at])): at for at, loop in enumerate(loops)}
    found = [ends.get((loop.road, loop.lane, not layout.entry[at]), ALONE) for at, loop in enumerate(loops)]
    return np.array(found, dtype=np.int64)
