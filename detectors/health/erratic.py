"""More counts than a lane lets through (erratic counts)."""

import numpy as np

from detectors.health.case import Case
from detectors.health.faults import Finding


def erratic(case: Case) -> Finding:
    """Return who counts more than the limit a minute."""
    count = case.latest("count")
    limit = case.rules.erratic_per_min * case.record.slot_s / 60.0
    over = np.nan_to_num(count) > limit
    return Finding(case.there(), over, over, case.since(case.record.slot_s))
