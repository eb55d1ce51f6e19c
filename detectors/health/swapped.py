"""Two lanes side by side whose detectors were exchanged: each says what is the other's.

By the profile: what the two counted fits much better if they change places. By the lane: the detectors behind or before
them on their lanes go up and down, minute by minute, with the other one. The first needs lanes that differ, the second
neighbours on both lanes.
"""

from typing import Final

import numpy as np

from detectors.health.case import Case
from detectors.health.faults import Finding, Numbers
from detectors.health.surroundings import lane_mates

SPANS_S: Final = (3600.0, 10800.0)
"""Lanes that differ much are told apart by the first, others by the second."""
LOOK_S: Final = 300.0
LEAST_VEH: Final = 60.0
LOG_LIKELIER: Final = 60.0
"""Logarithm of how much likelier the exchange has to be; three times what chance alone would ask for: days differ."""
FITS: Final = 0.35
MISFITS: Final = 0.3
FLOOR_VEH: Final = 0.02
LONGEST_SLOT_S: Final = 60.0
SURE: Final = 4.0
WORSE: Final = 0.3


def swapped(case: Case) -> Finding:
    """Return whose lanes were exchanged; it is looked at every five minutes."""
    judged, doubt, fault = (np.zeros(case.record.n, dtype=np.bool_) for _ in range(3))
    if not case.looks_every(LOOK_S):
        return Finding(judged, doubt, fault, case.since(SPANS_S[-1]))
    for span_s in SPANS_S:
        count, usual = case.record.last("count", span_s), case.record.last("usual", span_s)
        for pair in case.around.pairs_beside:
            rows = list(pair)
            if not (np.all(case.whole[rows]) and np.all(np.nansum(count[:, rows], axis=0) >= LEAST_VEH)):
                continue
            judged[rows] = True
            by_profile = _fits_better(count[:, rows], usual[:, rows])
            by_lane = _by_lane(case, pair, count)
            doubt[rows] |= by_profile or by_lane > 0
            fault[rows] |= by_profile or by_lane > 1
    return Finding(judged, doubt, fault, case.since(SPANS_S[-1]))


def _fits_better(count: Numbers, usual: Numbers) -> bool:
    """Tell whether counts fit what is usual for the other one far better. Shapes (n_slots, 2)"""
    known = ~np.any(np.isnan(count) | np.isnan(usual), axis=1)
    if not np.any(known):
        return False
    own, awaited_veh = count[known], np.maximum(usual[known], FLOOR_VEH)
    likelier = float(np.sum((own[:, 0] - own[:, 1]) * np.log(awaited_veh[:, 1] / awaited_veh[:, 0])))
    total, awaited = np.sum(own, axis=0), np.sum(awaited_veh, axis=0)
    awaited *= np.sum(total) / np.sum(awaited)  # at the level of today
    crosswise = np.abs(np.log(np.maximum(total, 0.5) / awaited[::-1]))
    straight = np.abs(np.log(np.maximum(total, 0.5) / awaited))
    return bool(likelier > LOG_LIKELIER and np.all(crosswise < FITS) and np.all(straight > MISFITS))


def _by_lane(case: Case, pair: tuple[int, int], count: Numbers) -> int:
    """Return how many sections of the two lanes say that the pair is exchanged; 0 as soon as one denies it."""
    if case.record.slot_s > LONGEST_SLOT_S:
        return 0
    found = 0
    first, second = (lane_mates(case.around)[k] for k in pair)
    for a in first:
        for b in second:
            if b in (case.around.beside[a] if case.around.beside else ()) and case.trusted[a] and case.trusted[b]:
                verdict = _crosswise(count[:, [*pair, a, b]])
                if not verdict:
                    return 0
                found += 1
    return found


def _crosswise(count: Numbers) -> bool:
    """Tell whether a pair goes with the other lane's pair crosswise. Shape (n_slots, 4): the pair, its lanes' others"""
    known = count[~np.any(np.isnan(count), axis=1)]
    if len(known) < 30 or np.any(np.std(known, axis=0) == 0):
        return False
    together: Numbers = np.atleast_2d(np.corrcoef(_smoothed(known).T))
    straight, crossed = together[0, 2] + together[1, 3], together[0, 3] + together[1, 2]
    return bool(crossed - straight > max(WORSE, SURE * 2.0 / np.sqrt(len(known) - 3)))


def _smoothed(count: Numbers) -> Numbers:
    """Return sums of two slots each, as the way between two sections may span the change of a slot."""
    found: Numbers = count[1:] + count[:-1]
    return found
