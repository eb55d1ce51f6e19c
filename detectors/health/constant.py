"""The same count and the same occupied time slot after slot: somebody repeats the last answer."""

from typing import Final

import numpy as np

from detectors.health.case import Case
from detectors.health.faults import Finding, Flags, Numbers

SLOTS: Final = 8
SAME_S: Final = 0.05
IMPROBABLE: Final = 1e-9
ALIKE: Final = 0.5
"""At most so many slots with the same few vehicles are alike in occupied time, too: these drive alike in free flow."""
LONG: Final = 12
BLIND_IMPROBABLE: Final = 1e-18


def constant(case: Case) -> Finding:
    """Return who sends the same values, above 0, in eight slots; in more where chance explains so many.

    One vehicle a minute, each as fast as the last, makes eight alike every few days on one of a thousand loops. Of
    counts alone twelve are needed, and chance has to be ruled out further.
    """
    count, blind = case.latest("count"), np.isnan(case.latest("on_s"))
    run = _run(case, SLOTS * case.record.slot_s)
    lasting = (run >= SLOTS) & (count > 0)
    if np.any(lasting):  # the whole day is looked at of these alone
        run[lasting] = _run(case, 86400.0, lasting)
    log_once = _log_poisson_mode(np.maximum(count, 1.0)) + np.where(blind, 0.0, np.log(ALIKE))
    least, limit = np.where(blind, LONG, SLOTS), np.log(np.where(blind, BLIND_IMPROBABLE, IMPROBABLE))
    odd = (count > 0) & (run >= least) & (run * log_once < limit)
    return Finding(case.there(), odd, odd, case.since(run * case.record.slot_s))


def _run(case: Case, span_s: float, of: Flags | slice = slice(None)) -> Numbers:
    """Return how many of the last slots of a span are like the very last. Args: of, whose. [s] Returns: (n,)"""
    count, on_s = case.record.last("count", span_s)[:, of], case.record.last("on_s", span_s)[:, of]
    same = (count == count[-1]) & (np.isnan(on_s[-1]) | (np.abs(on_s - on_s[-1]) <= SAME_S))
    found: Numbers = np.sum(np.cumprod(same[::-1], axis=0), axis=0).astype(np.float64)
    return found


def _log_poisson_mode(mean: Numbers) -> Numbers:
    """Return the logarithm of the largest probability of one count at a mean, by Stirling's formula. (n,)"""
    found: Numbers = -0.5 * np.log(2 * np.pi * mean) - 1 / (12 * mean)
    return np.minimum(found, np.log(0.4))
