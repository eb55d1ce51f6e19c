"""Who goes where so that all together are best off: a transportation problem with a price for scarce spaces.

Each driver goes to one of his lots; the k-th who is sent to a lot adds the risk that no k-th space is free when they
come. That risk grows with k, so the cheapest assignment is a linear program whose corners are whole numbers (the
matrix is that of a network flow). What one more driver in a lot would cost the others is its dual value.
Source: Hitchcock 1941, "The distribution of a product from several sources to numerous localities"; duals as prices:
Koopmans 1949.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.sparse import coo_array

from signal_ctrl.domain.errors import BackendError

Floats = npt.NDArray[np.float64]
STEPS: Final = 12
"""The risk of a lot grows in so many steps at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Wish:
    """What each lot costs one driver, risk left out. `lots` by index. [s]"""

    lots: npt.NDArray[np.intp]
    cost_s: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Assigned:
    """Which of his lots each driver goes to, and what one more driver in each lot would cost the others. [s]"""

    chosen: tuple[int, ...]
    price_s: dict[int, float]


def assign(wishes: Sequence[Wish], risk_s: dict[int, Floats]) -> Assigned:
    """Return the assignment of least cost.

    Args: risk_s, by lot, what the risk costs the 1st, 2nd … driver who is sent there, rising; at least as many values
    as drivers may be sent there. Raises: BackendError if the solver gives up.
    """
    if not wishes:
        return Assigned((), {})
    lots = sorted({int(lot) for wish in wishes for lot in wish.lots})
    steps = [_steps(risk_s[lot], len(wishes)) for lot in lots]
    pairs_cost = np.concatenate([wish.cost_s for wish in wishes])
    pair_driver = np.repeat(np.arange(len(wishes)), [len(wish.lots) for wish in wishes])
    pair_lot = np.searchsorted(lots, np.concatenate([wish.lots for wish in wishes]))
    step_lot = np.repeat(np.arange(len(lots)), [len(own) for own in steps])
    step_cost = np.array([cost for own in steps for cost, _ in own])
    step_room = np.array([room for own in steps for _, room in own])
    solved = _solve(pairs_cost, pair_driver, pair_lot, step_cost, step_room, step_lot, (len(wishes), len(lots)))
    taken, duals = solved
    chosen = [-1] * len(wishes)
    offsets = np.concatenate(([0], np.cumsum([len(wish.lots) for wish in wishes])[:-1]))
    for pair in np.flatnonzero(taken > 0.5):
        chosen[pair_driver[pair]] = int(pair - offsets[pair_driver[pair]])
    return Assigned(tuple(chosen), {lot: float(max(price, 0.0)) for lot, price in zip(lots, duals, strict=True)})


def _steps(risk_s: Floats, most: int) -> list[tuple[float, float]]:
    """Return a rising cost in a few steps: (cost of each driver in it [s], how many drivers)."""
    own = np.maximum.accumulate(np.asarray(risk_s[:most], dtype=np.float64))
    levels = np.unique(np.round(own / max(float(own[-1]), 1e-9) * STEPS)) if own[-1] > own[0] else np.zeros(1)
    if len(levels) == 1:
        return [(float(own.mean()), float(len(own)))]
    step = np.round(own / own[-1] * STEPS)
    return [(float(own[step == level].mean()), float((step == level).sum())) for level in levels]


def _solve(
    cost: Floats,
    driver: npt.NDArray[np.intp],
    lot: npt.NDArray[np.intp],
    step_cost: Floats,
    step_room: Floats,
    step_lot: npt.NDArray[np.intp],
    size: tuple[int, int],
) -> tuple[Floats, Floats]:
    """Return how much of each pair of driver and lot is taken, and the price of each lot."""
    n_drivers, n_lots = size
    pairs, steps = np.arange(len(cost)), len(cost) + np.arange(len(step_cost))
    rows = np.concatenate((driver, n_drivers + lot, n_drivers + step_lot))
    columns = np.concatenate((pairs, pairs, steps))
    values = np.concatenate((np.ones(2 * len(cost)), -np.ones(len(step_cost))))
    matrix = coo_array((values, (rows, columns)), shape=(n_drivers + n_lots, len(cost) + len(step_cost)))
    right = np.concatenate((np.ones(n_drivers), np.zeros(n_lots)))
    high = np.concatenate((np.ones(len(cost)), step_room))
    found = linprog(
        np.concatenate((cost, step_cost)), A_eq=matrix.tocsr(), b_eq=right,
        bounds=np.column_stack((np.zeros(len(high)), high)), method="highs-ds",
    )  # fmt: skip
    if found.status != 0:
        raise BackendError(f"the assignment was not solved: {found.message}")
    return found.x[: len(cost)], -found.eqlin.marginals[n_drivers:]
