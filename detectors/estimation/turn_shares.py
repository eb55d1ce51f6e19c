"""Turning shares from counts at stop lines and exits: constrained least squares, as one answer or as a filter.

The shares minimise the squares of what the exits counted less what the shares let expect, each slot weighted by the
covariance of its counts, plus the distance from first shares; the shares of a lane add up to 1 and none is negative. In
p = p0 + Z x, where Z spans the changes that keep the sums, this is a quadratic form with matrix L and vector h:

    L = L0 + sum (A Z)' R^-1 (A Z),    h = sum (A Z)' R^-1 (d - A p0),    x = L^-1 h,    cov(p) = Z L^-1 Z'

where A is the slot's design, R the covariance of its counts, and L0 belongs to a Dirichlet distribution of the first
shares. A filter lets what was counted fade by a factor l for each time T, and the first shares not: L0 + l (L - L0).
What no count tells keeps the first share and its deviation; how much of that deviation the counts took away says
whether a share was identifiable. Where x makes a share negative, the nearest shares in the metric of L are taken.

Example: a lane of 100 vehicles and two exits of which one counts 30: both shares, 0.3 and 0.7, follow from one count.

Source: least squares for turning shares with a constraint and a forgetting factor: Cremer and Keller 1987
(Transportation Research B 21); the covariances and the measure of identifiability are derived here.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import nnls

from detectors.estimation.interval import Z95, Estimate
from detectors.estimation.turn_model import MISSED, Floats, Slot, TurnModel
from signal_ctrl.domain.errors import InvalidInputError

MEMORY_S: Final = 3600.0
"""After this time without counts, those of before weigh exp(-1). [s]"""
TOLD: Final = 0.5
"""A share is identifiable if counts took away this part of the variance of its first guess (0-1)."""
PIECES: Final = 12
"""Into so many pieces the whole time is cut to see errors that go on for a while."""
_HEAVY: Final = 1e4


class TurnShares:
    """Shares of movements as they are known by what was counted so far."""

    def __init__(self, model: TurnModel, memory_s: float = math.inf) -> None:
        """Args: memory_s, see MEMORY_S; infinite: everything weighs the same. [s]"""
        if not memory_s > 0:
            raise InvalidInputError(f"a filter needs a memory above 0 s, got {memory_s:g}")
        self._model = model
        self._memory_s = memory_s
        self._first = np.asarray(model.prior, dtype=np.float64)
        self._basis = model.basis()
        guess = np.clip(self._first, 1e-3, 1.0)
        spread: Floats = model.split(guess, np.full(model.n_lanes, 1.0 / (model.prior_veh + 1.0)))
        self._prior: Floats = _inverse(np.asarray(self._basis.T @ spread @ self._basis, dtype=np.float64))
        self._spread = np.asarray(self._basis @ _inverse(self._prior) @ self._basis.T)
        self._told: Floats = np.zeros_like(self._prior)
        self._toward: Floats = np.zeros(self._basis.shape[1])
        self._at_s: float | None = None

    def take(self, slot: Slot, shares: Floats | None = None) -> None:
        """Take in a slot; slots come in order. Args: shares that its covariance is reckoned with, the present ones."""
        if not self._basis.size or self._model.n_exits == 0:
            return
        shares = self.shares() if shares is None else shares
        if self._at_s is not None and math.isfinite(self._memory_s):
            keep = math.exp(-max(slot.end_s - self._at_s, 0.0) / self._memory_s)
            self._told, self._toward = self._told * keep, self._toward * keep
        self._at_s = slot.end_s
        design, leads = slot.design(self._model), self._model.leads()
        covariance = leads @ self._model.split(shares, slot.lane_veh) @ leads.T + slot.noise(self._model, shares)
        weighted = np.linalg.solve(covariance, design @ self._basis).T
        self._told = self._told + weighted @ design @ self._basis
        self._toward = self._toward + weighted @ (slot.exit_veh - design @ self._first)

    def shares(self) -> Floats:
        """Return the shares. (n_movements,), each lane's sum to 1"""
        if not self._basis.size:
            return self._first
        metric = self._prior + self._told
        free = self._first + self._basis @ np.linalg.solve(metric, self._toward)
        return free if (free >= 0).all() else self._nearest(free, metric)

    def covariance(self) -> Floats:
        """Return the covariance of the shares. (n_movements, n_movements)"""
        return np.asarray(self._basis @ _inverse(self._prior + self._told) @ self._basis.T)

    def told(self) -> Floats:
        """Return which part of the first guess's variance the counts took away, 1 where there is no choice. (n,)"""
        before, now = np.diag(self._spread), np.diag(self.covariance())
        return np.clip(np.where(before > 1e-12, 1.0 - now / np.maximum(before, 1e-12), 1.0), 0.0, 1.0)

    def _nearest(self, free: Floats, metric: Floats) -> Floats:
        """Return the shares of no negative one that are nearest in a metric: least squares of none below zero."""
        root = np.linalg.cholesky(metric).T @ self._basis.T
        lanes = np.asarray(self._model.lanes)
        sums = (lanes[None, :] == np.unique(lanes)[:, None]).astype(np.float64)
        heavy = _HEAVY * max(float(np.abs(root).max()), 1.0)
        found, _ = nnls(np.vstack([root, heavy * sums]), np.concatenate([root @ free, np.full(len(sums), heavy)]))
        return np.asarray(found / (sums @ found)[np.searchsorted(np.unique(lanes), lanes)])


@dataclass(frozen=True, slots=True)
class TurnCount:
    """One movement over a time: vehicles and share of its lane, and how far counts tell (0-1, see `told`)."""

    movement: int
    vehicles: Estimate
    share: Estimate
    told: float

    @property
    def is_told(self) -> bool:
        """Whether the counts told the share, rather than the first guess."""
        return self.told >= TOLD


def shares_now(model: TurnModel, slots: Sequence[Slot], memory_s: float = MEMORY_S) -> tuple[Estimate, ...]:
    """Return the share of each movement after the last slot, by the filter that forgets. Args: slots in order."""
    known = TurnShares(model, memory_s)
    for slot in slots:
        known.take(slot)
    shares = np.clip(known.shares(), 0.0, 1.0).tolist()
    reaches = (Z95 * np.sqrt(np.clip(np.diag(known.covariance()), 0.0, None))).tolist()
    lanes = np.asarray(model.lanes)
    passed = np.sum([slot.lane_veh for slot in slots], axis=0)[lanes].tolist() if slots else [0.0] * len(shares)
    return tuple(
        Estimate(share, max(share - reach, 0.0), min(share + reach, 1.0), round(vehicles))
        for share, reach, vehicles in zip(shares, reaches, passed, strict=True)
    )


def turn_counts(model: TurnModel, slots: Sequence[Slot]) -> tuple[TurnCount, ...]:
    """Return how many vehicles took each movement over all slots.

    The shares come from all slots together, weighted in a second round by the shares of the first. Within a slot who
    went where is then shared out once more so that it fits the slot's own counts: given the shares, the split of each
    lane and the counts of the exits are jointly normal to the second moment, which gives mean and covariance of what
    happened, rather than of what was to be expected.
    """
    known = TurnShares(model)
    for _ in range(2):
        shares, known = known.shares(), TurnShares(model)
        for slot in slots:
            known.take(slot, np.clip(shares, 0.01, 1.0))
    shares = known.shares()
    mean, covariance, passed = np.zeros(len(shares)), np.zeros((len(shares), len(shares))), np.zeros(model.n_lanes)
    slope = np.zeros_like(covariance)
    for slot in slots:
        own, spread, gain = _happened(model, slot, shares)
        mean, covariance, slope, passed = mean + own, covariance + spread, slope + gain, passed + slot.lane_veh
    covariance = covariance + slope @ known.covariance() @ slope.T
    return _counted(model, mean, _excess(model, slots, shares) * np.diag(covariance), passed, known.told())


def _excess(model: TurnModel, slots: Sequence[Slot], shares: Floats) -> float:
    """Return how much more the counts vary than they should, 1 or more: shares move, vehicles change lanes.

    The mean square of the residuals in units of their covariance, over the counts less the shares that were fitted; of
    single slots, or of pieces of the whole time, whichever is more: errors that go on for a while add up.
    """
    if model.n_exits == 0 or not slots:
        return 1.0
    every = [_residual(model, slot, shares) for slot in slots]
    size = -(-len(every) // PIECES)
    pieces = [every[at : at + size] for at in range(0, len(every), size)]
    together = [
        (np.sum([off for off, _ in piece], axis=0), np.sum([spread for _, spread in piece], axis=0)) for piece in pieces
    ]
    return max(_mean_square(every, model), _mean_square(together, model), 1.0)


def _residual(model: TurnModel, slot: Slot, shares: Floats) -> tuple[Floats, Floats]:
    """Return what the exits counted more than was due, and the covariance of that."""
    leads = model.leads()
    covariance = leads @ model.split(shares, slot.lane_veh) @ leads.T + slot.noise(model, shares)
    return slot.exit_veh - slot.design(model) @ shares, covariance


def _mean_square(residuals: Sequence[tuple[Floats, Floats]], model: TurnModel) -> float:
    square = sum(float(off @ np.linalg.solve(covariance, off)) for off, covariance in residuals)
    free = len(residuals) * model.n_exits - model.basis().shape[1]
    return square / free if free > 0 else 1.0


def _happened(model: TurnModel, slot: Slot, shares: Floats) -> tuple[Floats, Floats, Floats]:
    """Return vehicles by movement, their covariance, and how they move with the shares."""
    lanes, leads = np.asarray(model.lanes), model.leads()
    split = model.split(shares, slot.lane_veh)
    sent = slot.lane_veh[lanes] * shares
    seen = leads @ split @ leads.T + slot.noise(model, shares)
    gain = np.linalg.solve(seen, leads @ split).T if model.n_exits else np.zeros((len(shares), 0))
    left = np.eye(len(shares)) - gain @ leads
    return sent + gain @ (slot.exit_veh - leads @ sent), left @ split, left * slot.lane_veh[lanes][None, :]


def _counted(model: TurnModel, mean: Floats, variance: Floats, passed: Floats, told: Floats) -> tuple[TurnCount, ...]:
    """Return the counts, none of them negative, each lane's sum what its stop line counted."""
    lanes = np.asarray(model.lanes)
    mean = np.clip(mean, 0.0, None)
    totals = np.bincount(lanes, weights=mean, minlength=model.n_lanes)
    scale = np.divide(passed, totals, out=np.ones_like(passed), where=totals > 0)
    found = []
    for movement, lane in enumerate(model.lanes):
        total, vehicles = float(passed[lane]), float(mean[movement] * scale[lane])
        deviation = math.sqrt(max(float(variance[movement]), 0.0) + (MISSED * vehicles) ** 2 + MISSED * vehicles)
        low, high = max(vehicles - Z95 * deviation, 0.0), vehicles + Z95 * deviation
        samples = round(total)
        share = min(vehicles / total, 1.0) if total else model.prior[movement]
        bounds = (min(low / total, share), min(max(high / total, share), 1.0)) if total else (0.0, 1.0)
        found.append(
            TurnCount(
                movement,
                Estimate(vehicles, low, high, samples),
                Estimate(share, *bounds, samples),
                float(told[movement]),
            )
        )
    return tuple(found)


def _inverse(matrix: Floats) -> Floats:
    return np.asarray(np.linalg.inv(matrix), dtype=np.float64) if matrix.size else matrix
