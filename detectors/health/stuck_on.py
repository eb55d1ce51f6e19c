"""On without a break for longer than anybody stands (maximum presence)."""

from typing import Final

import numpy as np

from detectors.health.case import Case
from detectors.health.faults import Finding

DOUBT: Final = 2 / 3
"""Share of the limit after which it is doubted."""


def stuck_on(case: Case) -> Finding:
    """Return who is on for too long."""
    held_s = case.record.carried.held_s
    limit_s = 60.0 * case.rules.stuck_on_min
    judged = case.there() & ~np.isnan(case.latest("on_s"))
    return Finding(judged, held_s >= DOUBT * limit_s, held_s >= limit_s, case.since(held_s))
