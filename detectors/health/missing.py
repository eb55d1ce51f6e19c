"""No data: slots of which too little is known, or a controller of which no detector says anything.

Missing is not zero: what was not asked or not sent is no silence of the traffic.
"""

from typing import Final

import numpy as np

from detectors.health.case import Case, everybody
from detectors.health.faults import Finding, Flags, Numbers
from detectors.health.slots import KEPT_S

DOUBT: Final = 1 / 3
LEAST_DETECTORS: Final = 4
LOG_CHANCE: Final = -20.0
"""Logarithm of the probability below which the silence of a whole controller is none of its traffic."""
SPREAD: Final = 0.1
SPREAD_OF_HOURS: Final = 0.25
"""Squared coefficients of variation of a controller's traffic about its profile, and about the mean of a day."""
LEAST_QUIET_S: Final = 180.0


def missing(case: Case) -> Finding:
    """Return who sends no data."""
    gone_s = case.record.carried.missing_s
    limit_s = 60.0 * case.rules.blackout_min
    mute, mute_s = mute_controllers(case)
    doubt = (gone_s >= DOUBT * limit_s) | mute
    fault = (gone_s >= limit_s) | (mute & (mute_s >= limit_s))
    return Finding(everybody(len(gone_s)), doubt, fault, case.since(np.where(mute, mute_s, gone_s)))


def mute_controllers(case: Case) -> tuple[Flags, Numbers]:
    """Return whose controller has no detector that says anything, though some should have, and for how long. [s]

    How many should have comes from the profile, else from the last 24 h.
    """
    carried, names = case.record.carried, np.array(case.around.controllers)
    mute, since_s = np.zeros(len(names), dtype=np.bool_), np.zeros(len(names))
    day_s = max(len(case.record), 1) * case.record.slot_s
    usual = carried.total_veh if day_s < KEPT_S else case.record.total("count", KEPT_S)
    for name in set(case.around.controllers):
        own = names == name
        quiet_s = float(np.min(carried.quiet_s[own]))
        if np.count_nonzero(own) < LEAST_DETECTORS or quiet_s < LEAST_QUIET_S:
            continue
        by_profile = carried.quiet_veh * quiet_s / np.maximum(carried.quiet_s, 1.0)
        known = ~np.isnan(case.dispersion)
        mean = float(np.sum(np.where(known, by_profile, usual * quiet_s / day_s)[own]))
        spread = SPREAD if np.all(known[own]) else SPREAD_OF_HOURS
        if -np.log1p(spread * mean) / spread < LOG_CHANCE:
            mute |= own
            since_s = np.where(own, quiet_s, since_s)
    return mute, since_s
