"""From the figures of a road to one score, and from the score to a suspicion.

The weights of the loops were fitted on training runs by logistic regression (`python -m bench.incidents fit`): the
score is the logarithm of the odds of an incident, up to a constant. Those of the positions were put down by hand, a
little above what was fitted, so that four vehicles that stand are believed without loops. One set for all networks.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from signal_ctrl.watch.incidents.detection.bins import Floats
from signal_ctrl.watch.incidents.detection.evidence import Figure

_CAPS: Final = {
    Figure.ENTRY_STANDS: 6.0,
    Figure.STOP_STANDS: 6.0,
    Figure.OUT_MISSING: 12.0,
    Figure.LANE_MISSING_OUT: 12.0,
    Figure.LANE_MISSING_IN: 12.0,
    Figure.IN_MISSING: 12.0,
    Figure.STORED: 6.0,
    Figure.MISSING_BEHIND: 12.0,
    Figure.LANE_MISSING_BEHIND: 12.0,
    Figure.STANDS_BEFORE: 6.0,
    Figure.STOP_SILENT: 8.0,
    Figure.ENTRY_SILENT: 8.0,
    Figure.SILENT_BEHIND: 8.0,
    Figure.PROBE_STANDS: 10.0,
    Figure.PROBES_STAND: 4.0,
}
"""What is greater adds nothing: no figure decides alone."""
CAPS: Final = np.array([_CAPS[each] for each in Figure])


@dataclass(frozen=True, slots=True)
class Judge:
    """Weights by `Figure`; the least scores that make a road suspected, at two steps in a row, and confirmed.

    `rest` is the least score that has to be left without any single loop or vehicle: what one device says is a fault of
    the device as well.
    """

    weights: tuple[float, ...]
    suspect: float
    confirm: float
    rest: float

    def scores(self, figures: Floats) -> Floats:
        """Return the scores of figures, shape (..., n_figures) to (...)."""
        return np.asarray(np.minimum(figures, CAPS) @ np.array(self.weights))


JUDGE: Final = Judge(
    weights=(5.84, 0.84, 0.0, 0.0, 0.0, 1.03, 0.47, 0.37, 1.97, 1.74, 1.10, 1.09, 0.66, 0.5, 1.2),
    suspect=9.0,
    confirm=15.0,
    rest=3.0,
)
