"""Two lanes side by side whose detectors were exchanged: each says what is the other's.

By the profile: what the two counted fits much better if they change places. By the lane: the detectors behind or before
them on their lanes go up and down, minute by minute, with the other one. The first needs lanes that differ, the second
neighbours on both lanes. Unless three days of the same type are known the profile only raises doubts.
"""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.health.case import Case
from detectors.health.faults import Finding, Flags, Numbers
from detectors.health.surroundings import Surroundings, lane_mates

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
LEAST_SLOTS: Final = 30
SURE: Final = 4.0
WORSE: Final = 0.3

Index = NDArray[np.int64]


def swapped(case: Case) -> Finding:
    """Return whose lanes were exchanged; it is looked at every five minutes."""
    judged, doubt, fault = (np.zeros(case.record.n, dtype=np.bool_) for _ in range(3))
    pairs = _pairs(case.around)
    if not (len(pairs) and case.looks_every(LOOK_S)):
        return Finding(judged, doubt, fault, case.since(SPANS_S[-1]))
    for span_s in SPANS_S:
        count, usual = case.record.last("count", span_s), case.record.last("usual", span_s)
        enough = case.whole & (case.record.total("count", span_s) >= LEAST_VEH)
        both = np.all(enough[pairs], axis=1)
        judged[pairs[both].ravel()] = True
        by_profile = both & _fits_better(count[:, pairs], usual[:, pairs])
        denied, confirmed = _by_lane(case, count)
        by_lane = both & ~denied & (confirmed > 0)
        doubt[pairs[by_profile | by_lane].ravel()] = True
        known = np.all(case.settled[pairs], axis=1)
        fault[pairs[(by_profile & known) | (by_lane & (confirmed > 1))].ravel()] = True
    return Finding(judged, doubt, fault, case.since(SPANS_S[-1]))


@lru_cache(maxsize=64)
def _pairs(around: Surroundings) -> Index:
    """Return pairs side by side. Shape (n_pairs, 2)"""
    return np.array(around.pairs_beside, dtype=np.int64).reshape(-1, 2)


@lru_cache(maxsize=64)
def _fours(around: Surroundings) -> Index:
    """Return (number of the pair, the pair, others side by side on the same two lanes). Shape (n_fours, 5)"""
    mates = lane_mates(around)
    rows = [
        (number, one, other, a, b)
        for number, (one, other) in enumerate(around.pairs_beside)
        for a in mates[one]
        for b in mates[other]
        if b in around.beside[a]
    ]
    return np.array(rows, dtype=np.int64).reshape(-1, 5)


def _fits_better(count: Numbers, usual: Numbers) -> Flags:
    """Tell whether counts fit what is usual for the other one far better. Shapes (n_slots, n_pairs, 2); (n_pairs,)"""
    known = ~np.any(np.isnan(count) | np.isnan(usual), axis=2, keepdims=True)
    own = np.where(known, count, 0.0)
    awaited = np.where(known, np.maximum(usual, FLOOR_VEH), 1.0)
    ratio = np.log(awaited[:, :, 1] / awaited[:, :, 0])
    likelier = np.sum((own[:, :, 0] - own[:, :, 1]) * ratio, axis=0)
    total, usually = np.sum(own, axis=0), np.maximum(np.sum(np.where(known, awaited, 0.0), axis=0), FLOOR_VEH)
    usually = usually * (np.sum(total, axis=1) / np.sum(usually, axis=1))[:, None]  # at the level of today
    usually = np.maximum(usually, FLOOR_VEH)
    crosswise = np.abs(np.log(np.maximum(total, 0.5) / usually[:, ::-1]))
    straight = np.abs(np.log(np.maximum(total, 0.5) / usually))
    found: Flags = (likelier > LOG_LIKELIER) & np.all(crosswise < FITS, axis=1) & np.all(straight > MISFITS, axis=1)
    return found


def _by_lane(case: Case, count: Numbers) -> tuple[Flags, Numbers]:
    """Return of which pairs another section of their lanes denies the exchange, and how many confirm it. (n_pairs,)"""
    fours, n_pairs = _fours(case.around), len(_pairs(case.around))
    denied, confirmed = np.zeros(n_pairs, dtype=np.bool_), np.zeros(n_pairs)
    if case.record.slot_s > LONGEST_SLOT_S or len(count) < LEAST_SLOTS or not len(fours):
        return denied, confirmed
    scores = _normed(count[1:] + count[:-1])  # the way between two sections may span the change of a slot
    crosswise = _together(scores, fours[:, [1, 4]]) + _together(scores, fours[:, [2, 3]])
    straight = _together(scores, fours[:, [1, 3]]) + _together(scores, fours[:, [2, 4]])
    known = np.all(case.trusted[fours[:, 3:]], axis=1) & ~np.isnan(crosswise + straight)
    says = known & (crosswise - straight > max(WORSE, SURE * 2.0 / np.sqrt(len(scores) - 3)))
    denied[fours[known & ~says, 0]] = True
    np.add.at(confirmed, fours[says, 0], 1.0)
    return denied, confirmed


def _normed(values: Numbers) -> Numbers:
    """Return each column about its mean, over its deviation; NaN where it is constant or not known."""
    deviation = np.std(values, axis=0)
    found: Numbers = (values - np.mean(values, axis=0)) / np.where(deviation > 0, deviation, np.nan)
    return found


def _together(scores: Numbers, pairs: Index) -> Numbers:
    """Return the correlation of pairs of columns. Shapes (n_slots, n), (n_pairs, 2)"""
    found: Numbers = np.einsum("sp,sp->p", scores[:, pairs[:, 0]], scores[:, pairs[:, 1]]) / len(scores)
    return found
