"""The same count and the same occupied time slot after slot: somebody repeats the last answer."""

from typing import Final

import numpy as np

from detectors.health.case import Case
from detectors.health.faults import Finding, Flags, Numbers

SLOTS: Final = 8
SAME_S: Final = 0.05
LONG: Final = 12
IMPROBABLE: Final = 1e-18


def constant(case: Case) -> Finding:
    """Return who sends the same values, above 0, in eight slots; counts alone in as many as chance cannot explain."""
    span_s = SLOTS * case.record.slot_s
    count, on_s = case.record.last("count", span_s), case.record.last("on_s", span_s)
    enough = len(count) == SLOTS
    same = np.all((count == count[-1]) & (count > 0), axis=0) & np.all(np.abs(on_s - on_s[-1]) <= SAME_S, axis=0)
    odd = (same & enough) | _by_chance(case)
    return Finding(case.there(), odd, odd, case.since(span_s))


def _by_chance(case: Case) -> Flags:
    """Return whose counts, without occupancy, have been the same for longer than those of vehicles ever are. (n,)"""
    count = case.latest("count")
    blind = np.isnan(case.latest("on_s")) & (count > 0)
    if not np.any(blind):
        return blind
    run = _run(case.record.last("count", 86400.0))
    log_chance = run * _log_poisson_mode(np.where(blind, count, 1.0))
    found: Flags = blind & (run >= LONG) & (log_chance < np.log(IMPROBABLE))
    return found


def _run(count: Numbers) -> Numbers:
    """Return how many of the last slots are like the very last. (n,)"""
    same = np.cumprod((count == count[-1])[::-1], axis=0)
    found: Numbers = np.sum(same, axis=0).astype(np.float64)
    return found


def _log_poisson_mode(mean: Numbers) -> Numbers:
    """Return the logarithm of the largest probability of one count at a mean, by Stirling's formula. (n,)"""
    found: Numbers = -0.5 * np.log(2 * np.pi * mean) - 1 / (12 * mean)
    return np.minimum(found, np.log(0.4))
