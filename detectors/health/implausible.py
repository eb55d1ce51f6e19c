"""Pairs of count and occupancy that no traffic makes.

Vehicles without occupied time, occupied time without vehicles, vehicles that cover the detector for less than the
shortest one at the highest speed, or with no room between them; and vehicles that cover it for much longer or shorter
than those that drive freely used to, in every minute of the quarter: sensitivity, splashes, crosstalk. Longer is only
doubted.
"""

from typing import Final

import numpy as np

from detectors.health.case import Case
from detectors.health.faults import Finding, Flags, Numbers

SPAN_S: Final = 900.0
LEAST_VEH: Final = 15.0
LEAST_PULSE_S: Final = 0.1
LEAST_GAP_S: Final = 0.15
HALF_ON: Final = (0.35, 0.98)
HALF_ON_SLOTS_S: Final = 180.0
FREE: Final = 0.2
LEAST_SLOTS: Final = 8
LONGER: Final = 1.6
SHORTER: Final = 0.5


def implausible(case: Case) -> Finding:
    """Return whose pairs are implausible over the last quarter of an hour."""
    record = case.record
    count, on_s = record.last("count", SPAN_S), record.last("on_s", SPAN_S)
    known = ~np.isnan(count) & ~np.isnan(on_s)
    judged = np.mean(known, axis=0) >= case.rules.valid
    vehicles = np.sum(np.where(known, count, 0.0), axis=0)
    occupied_s = np.sum(np.where(known, on_s, 0.0), axis=0)
    watched_s = np.sum(known, axis=0) * record.slot_s
    mean_on_s = occupied_s / np.maximum(vehicles, 1.0)
    mean_off_s = (watched_s - occupied_s) / np.maximum(vehicles, 1.0)
    many = vehicles >= LEAST_VEH
    odd = many & ((mean_on_s < LEAST_PULSE_S) | (mean_off_s < LEAST_GAP_S))
    shorter, longer = _of_another_length(count, on_s, case.pulse_s)
    odd |= many & shorter
    odd |= _half_on(case)
    odd &= judged
    doubt = odd | (judged & many & longer & (occupied_s <= FREE * watched_s))
    return Finding(judged, doubt, odd, case.since(SPAN_S))


def _of_another_length(count: Numbers, on_s: Numbers, pulse_s: Numbers) -> tuple[Flags, Flags]:
    """Return whom vehicles cover for shorter, and for longer, than they usually do, minute after minute.

    A vehicle that stops makes one minute long; where all of them stop each minute is, and longer is only a doubt.
    """
    some = np.nan_to_num(count) > 0
    mean_s = on_s / np.where(some, count, 1.0)
    least = np.min(np.where(some, mean_s, np.inf), axis=0)
    most = np.max(np.where(some, mean_s, 0.0), axis=0)
    enough = np.sum(some, axis=0) >= LEAST_SLOTS
    return enough & (most < SHORTER * pulse_s), enough & (least > LONGER * pulse_s)


def _half_on(case: Case) -> Flags:
    """Return who was covered for a part of several slots in which nobody came."""
    slots = max(2, round(HALF_ON_SLOTS_S / case.record.slot_s))
    count = case.record.last("count", slots * case.record.slot_s)
    share = case.record.last("on_s", slots * case.record.slot_s) / case.record.slot_s
    low, high = HALF_ON
    half: Flags = np.all((count == 0) & (share >= low) & (share <= high), axis=0)
    return half & (len(count) == slots)
