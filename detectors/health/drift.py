"""Counts that have drifted away from those of the neighbours (conservation of vehicles, level of the street).

A detector's level is what it counted over what it usually counts meanwhile. Who has drifted disagrees, to the same
side, with every witness: with those on its lane, who see the same vehicles, and with the middle of its controller's
others. Two witnesses at least: of two that disagree nobody knows which is wrong. What is usual comes from the profile;
without one from what was counted up to the beginning of the span that is looked at. Lanes are used otherwise at other
times and on other days: unless three days of the same type are known, a detector is only doubted.
"""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.health.case import Case
from detectors.health.faults import Finding, Flags, Numbers
from detectors.health.surroundings import Surroundings, colleagues, controller_index, lane_mates

SPANS_S: Final = (3600.0, 10800.0, 28800.0)
"""The shortest span in which enough was counted is looked at."""
ENOUGH_VEH: Final = 150.0
LEAST_VEH: Final = 80.0
LEARNED_VEH: Final = 300.0
SURE: Final = 3.0
"""Standard deviations."""
SPREAD: Final = 0.002
"""Squared coefficient of variation of the ratio of two levels beside the chance of counts."""
LOOK_S: Final = 300.0
LEAST_WITNESSES: Final = 2
LEAST_OTHERS: Final = 3


def drifts(case: Case) -> Finding:
    """Return whose counts are off by more than the share that the rules allow; it is looked at every five minutes."""
    n = case.record.n
    judged, off = np.zeros(n, dtype=np.bool_), np.zeros(n)
    span_s = np.full(n, SPANS_S[-1])
    if not case.looks_every(LOOK_S):
        return Finding(judged, judged.copy(), judged.copy(), case.since(span_s))
    for length_s in reversed(SPANS_S):
        counted, usual = _sums(case, length_s)
        least = ENOUGH_VEH if length_s < SPANS_S[-1] else LEAST_VEH
        enough = (usual >= least) & (counted + usual > 0)
        levels = np.log((counted + 0.5) / np.where(usual > 0, usual + 0.5, 1.0))
        usable = enough & case.trusted
        can_tell = enough & case.there() & _has_witnesses(case, usable)
        judged |= can_tell
        off = np.where(can_tell, 0.0, off)
        span_s = np.where(can_tell, length_s, span_s)
        for k in np.flatnonzero(can_tell & _differs(case, levels, usable)):
            off[k] = _against_witnesses(case, int(k), levels, 1.0 / (counted + 1.0) + SPREAD, usable)
    low, high = np.log(1.0 - case.rules.bias), np.log(1.0 + case.rules.bias)
    doubt = judged & ((off < low) | (off > high))
    return Finding(judged, doubt, doubt & case.settled, case.since(span_s))


def _sums(case: Case, length_s: float) -> tuple[Numbers, Numbers]:
    """Return what was counted in the last span, and what is usual for it, where both are known. (n,) [veh]"""
    count, expected = case.record.last("count", length_s), case.record.last("usual", length_s)
    known = ~np.isnan(count)
    counted: Numbers = np.sum(np.where(known, count, 0.0), axis=0)
    by_profile = np.sum(np.where(known & ~np.isnan(expected), expected, 0.0), axis=0)
    without = np.isnan(case.dispersion)
    if not np.any(without) or len(case.record) * case.record.slot_s <= length_s + 60.0:
        return counted, np.where(without, 0.0, by_profile)
    before = case.record.carried.total_veh - counted
    share = before / max(float(np.sum(before[without])), 1.0)
    learned = np.where(before >= LEARNED_VEH, share * float(np.sum(counted[without])), 0.0)
    return counted, np.where(without, learned, by_profile)


def _has_witnesses(case: Case, usable: Flags) -> Flags:
    """Return who has two witnesses: on the lane, or one there and the others of the controller. (n,)"""
    mates = _mates(case.around)
    on_lane = np.sum((mates >= 0) & usable[mates], axis=1)
    of = np.array(controller_index(case.around))
    others = np.bincount(of, weights=usable)[of] - usable - on_lane
    found: Flags = on_lane + (others >= LEAST_OTHERS) >= LEAST_WITNESSES
    return found


def _differs(case: Case, levels: Numbers, usable: Flags) -> Flags:
    """Return whose level is off from everybody's on the lane by what may be a drift; all who have nobody there. (n,)"""
    mates = _mates(case.around)
    apart = np.abs(levels[:, None] - levels[mates])
    nearest = np.min(np.where((mates >= 0) & usable[mates], apart, np.inf), axis=1)
    found: Flags = nearest >= np.log(1.0 + case.rules.bias)
    return found


@lru_cache(maxsize=64)
def _mates(around: Surroundings) -> NDArray[np.int64]:
    """Return the others on the lane of each, -1 where there are no more. Shape (n, most)"""
    rows = lane_mates(around)
    found = np.full((len(rows), max(1, *(len(row) for row in rows))), -1, dtype=np.int64)
    for k, row in enumerate(rows):
        found[k, : len(row)] = row
    return found


def _against_witnesses(case: Case, detector: int, levels: Numbers, variance: Numbers, usable: Flags) -> float:
    """Return how far the logarithm of a level is from the nearest witness, 0 if not surely."""
    lane = [k for k in lane_mates(case.around)[detector] if usable[k]]
    others = [k for k in colleagues(case.around)[detector] if usable[k] and k not in lane]
    witnesses = [(levels[k], variance[k]) for k in lane]
    if len(others) >= LEAST_OTHERS:
        witnesses.append((float(np.median(levels[others])), SPREAD))
    differences = [levels[detector] - level for level, _ in witnesses]
    sure = [SURE * np.sqrt(variance[detector] + spread) for _, spread in witnesses]
    same_side = min(differences) > 0 or max(differences) < 0
    if not same_side or any(abs(d) < s for d, s in zip(differences, sure, strict=True)):
        return 0.0
    return float(min(differences, key=abs))
