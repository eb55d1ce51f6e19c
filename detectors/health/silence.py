"""Silent for longer than the profile of the hour, or those on the same street, make likely (no activity).

The number of vehicles in a span has the mean of the profile, at today's level, and more spread than chance: days vary.
With a squared coefficient of variation c beside chance the probability of none is (1 + c m)^(-1/c) for the mean m
(negative binomial distribution). A silence that is less likely than `improbable` is doubted. A day has as many silences
as vehicles: a detector has failed if a healthy one would be silent for so long once in ten thousand times as many days
as that probability says.

Without a profile the mean is what the neighbours counted meanwhile, by the share that this detector had of them before.
One that was never heard of is then only doubted.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np

from detectors.health.case import Case
from detectors.health.faults import Finding, Flags, Numbers
from detectors.health.missing import mute_controllers
from detectors.health.surroundings import Surroundings, colleagues, controller_index, lane_mates

DAYS: Final = 0.1
"""A healthy detector may be taken for failed on `improbable` times this share of its days."""
SAME_LANE: Final = 0.05
SAME_STREET: Final = 0.3
SAME_CONTROLLER: Final = 0.5
"""Squared coefficients of variation of a detector's share of what its neighbours count."""
ONE_LANE_PRIOR: Final = (4.0, 6.0)
"""Vehicles that a detector and its neighbour on a street of one lane are taken to have counted: most pass both."""
NO_PRIOR: Final = (0.5, 1.0)


def silent(case: Case) -> Finding:
    """Return who is silent."""
    record, rules = case.record, case.rules
    quiet_s = record.carried.quiet_s
    chance = _log_none(record.carried.quiet_veh, np.where(np.isnan(case.dispersion), 0.0, case.dispersion))
    looks = np.maximum(case.day_veh, 1.0)
    without = np.isnan(case.dispersion)
    by_others, off = _by_others(case)
    chance = np.where(without, by_others, np.minimum(chance, np.where(off, by_others, 0.0)))
    looks = np.where(without, np.maximum(record.carried.total_veh, 1.0), looks)
    long_enough = (quiet_s >= 60.0 * rules.quiet_min) & case.there() & ~mute_controllers(case)[0]
    on = record.carried.held_s > 0
    doubt = long_enough & ~on & (chance < np.log(rules.improbable))
    fault = doubt & (chance + np.log(looks) < np.log(rules.improbable * DAYS))
    inactive = without & ~on & (quiet_s >= 3600.0 * rules.no_activity_h) & _others_count(case)
    ever = record.carried.total_veh > 0  # nobody may use the lane of one that was never heard of
    return Finding(case.there(), doubt | inactive, fault | (inactive & ever), case.since(quiet_s))


def _log_none(mean: Numbers, dispersion: Numbers) -> Numbers:
    """Return the logarithm of the probability that nobody came. (n,)

    >>> [round(float(x), 2) for x in _log_none(np.array([9.21, 10.0]), np.array([0.0, 0.1]))]
    [-9.21, -6.93]
    """
    spread = np.maximum(dispersion, 1e-9)
    found: Numbers = -np.log1p(spread * mean) / spread
    return found


def _by_others(case: Case) -> tuple[Numbers, Flags]:
    """Return the logarithm of the probability by what the neighbours counted since, and who has some on its lane."""
    found, near = np.zeros(case.record.n), np.zeros(case.record.n, dtype=np.bool_)
    quiet = case.record.carried.quiet_s >= 60.0 * case.rules.quiet_min
    blind = np.isnan(case.dispersion)
    for k in map(int, np.flatnonzero(quiet & (blind | has_mates(case.around)))):
        rows, spread, prior = kin_of(case, k)
        if not len(rows):
            continue
        since, before = case.record.since_spoke(k, rows)
        own = case.record.carried.total_veh[k] + prior[0]
        mean = since * own / (before + prior[1])
        found[k] = -np.log1p((spread + 1.0 / own) * mean) / (spread + 1.0 / own)
        near[k] = spread == SAME_LANE
    return found, near


@lru_cache(maxsize=64)
def has_mates(around: Surroundings) -> Flags:
    """Return who has others on the lane. (n,)"""
    return np.array([bool(row) for row in lane_mates(around)])


def kin_of(case: Case, detector: int) -> tuple[Sequence[int], float, tuple[float, float]]:
    """Return the nearest working neighbours of a detector, the spread of its share of them, and the prior."""
    around = case.around
    beside = around.beside[detector] if around.beside else ()
    partner = next((k for k in lane_mates(around)[detector] if case.trusted[k]), None)
    if partner is not None:
        return (partner,), SAME_LANE, NO_PRIOR if beside else ONE_LANE_PRIOR
    others = [k for k in beside if case.trusted[k]]
    if others:
        return others, SAME_STREET, NO_PRIOR
    return [k for k in colleagues(around)[detector] if case.trusted[k]], SAME_CONTROLLER, NO_PRIOR


def _others_count(case: Case) -> Flags:
    """Return whose controller has others that count. (n,)"""
    of = np.array(controller_index(case.around))
    found: Flags = np.bincount(of, weights=case.record.carried.quiet_s < 3600.0)[of] > 0
    return found
