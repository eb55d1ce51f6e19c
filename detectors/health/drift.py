"""Counts that have drifted away from those of the neighbours (conservation of vehicles, level of the street).

A detector's level is what it counted over what it usually counts meanwhile. Who has drifted disagrees, to the same
side, with every witness: with those on its lane, who see the same vehicles, and with the middle of its controller's
others. Two witnesses at least: of two that disagree nobody knows which is wrong. What is usual comes from the profile;
without one from what was counted up to the beginning of the span that is looked at.
"""

from typing import Final

import numpy as np

from detectors.health.case import Case
from detectors.health.faults import Finding, Flags, Numbers
from detectors.health.surroundings import colleagues, lane_mates

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
WEAK: Final = 1.5
"""How much farther off a detector must be that has nobody on its lane to confirm it."""


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
        variance = 1.0 / (counted + 1.0) + SPREAD
        usable = enough & case.trusted
        for k in np.flatnonzero(enough & case.there()):
            found = _against_witnesses(case, int(k), levels, variance, usable)
            if found is not None:
                judged[k], off[k], span_s[k] = True, found, length_s
    low, high = np.log(1.0 - case.rules.bias), np.log(1.0 + case.rules.bias)
    doubt = judged & ((off < low) | (off > high))
    return Finding(judged, doubt, doubt, case.since(span_s))


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


def _against_witnesses(case: Case, detector: int, levels: Numbers, variance: Numbers, usable: Flags) -> float | None:
    """Return how far the logarithm of a level is from the nearest witness, 0 if not surely; None: too few are there."""
    lane = [k for k in lane_mates(case.around)[detector] if usable[k]]
    others = [k for k in colleagues(case.around)[detector] if usable[k] and k not in lane]
    witnesses = [(levels[k], variance[k]) for k in lane]
    if len(others) >= 3:
        witnesses.append((float(np.median(levels[others])), SPREAD))
    if len(witnesses) < 2:
        return None
    differences = [levels[detector] - level for level, _ in witnesses]
    sure = [SURE * np.sqrt(variance[detector] + spread) for _, spread in witnesses]
    same_side = min(differences) > 0 or max(differences) < 0
    if not same_side or any(abs(d) < s for d, s in zip(differences, sure, strict=True)):
        return 0.0
    return float(min(differences, key=abs)) / (1.0 if lane else WEAK)
