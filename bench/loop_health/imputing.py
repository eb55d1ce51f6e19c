"""How good imputed counts are: a fifth of the loops is taken away from a healthy day, and what is put in their place is
compared with what they counted.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from detectors.health.faults import Numbers
from detectors.health.imputation import Filled, Imputer, Way
from detectors.health.surroundings import Surroundings

SLOT_S: Final = 300.0
SHARE: Final = 0.2
FLOORS_VEH_H: Final = (60.0, 120.0, 240.0, 360.0, 480.0)
"""The error is told for loops and hours with at least so many vehicles an hour."""


@dataclass(frozen=True, slots=True, eq=False)
class Imputed:
    """Imputed counts beside those that were taken away. Shape (n_values,): both [veh], variance [veh²], way, and the
    mean of the hour around [veh per slot].
    """

    found: Numbers
    true: Numbers
    variance: Numbers
    way: Numbers
    around: Numbers


def taken_away(n: int, seed: int, share: float = SHARE) -> tuple[int, ...]:
    """Return which of so many loops have failed."""
    return tuple(sorted(random.Random(f"{seed} taken away").sample(range(n), round(share * n))))


def impute_day(around: Surroundings, history: Sequence[Numbers], day: Numbers, gone: Sequence[int]) -> Imputed:
    """Impute a day of 5-minute counts (288, n) without some of its loops, from earlier days like it."""
    clock_s: Numbers = np.arange(len(day), dtype=np.float64) * SLOT_S
    imputer = Imputer(around, SLOT_S, np.concatenate(list(history)), np.tile(clock_s, len(history)))
    seen = day.copy()
    columns = list(gone)
    seen[:, columns] = np.nan
    return _beside_truth(imputer.fill(seen, clock_s), day, columns)


def _beside_truth(filled: Filled, day: Numbers, columns: list[int]) -> Imputed:
    kernel = np.ones(13) / 13
    around = np.stack([np.convolve(day[:, k], kernel, mode="same") for k in columns], axis=1)
    parts = (filled.count[:, columns], day[:, columns], filled.variance[:, columns], filled.way[:, columns], around)
    return Imputed(*(part.astype(np.float64).ravel() for part in parts))


def figures(imputed: Imputed) -> list[dict[str, Any]]:
    """Return errors by floor of the flow: MAPE over slots in which somebody came, WAPE, the same of a perfect knowledge
    of the mean (the Poisson floor), share of true counts within 1.96 standard deviations, and values.
    """
    rows = []
    for floor_veh_h in FLOORS_VEH_H:
        rows.append(_figures(imputed, imputed.around >= floor_veh_h * SLOT_S / 3600.0, {"floor_veh_h": floor_veh_h}))
    return rows


def by_way(imputed: Imputed, floor_veh_h: float) -> list[dict[str, Any]]:
    """Return errors by the way in which counts were had."""
    busy = imputed.around >= floor_veh_h * SLOT_S / 3600.0
    return [_figures(imputed, busy & (imputed.way == way), {"way": way.name.lower()}) for way in Way if way > 1]


def _figures(imputed: Imputed, which: Any, head: dict[str, Any]) -> dict[str, Any]:
    known = which & ~np.isnan(imputed.found) & (imputed.true > 0)
    missing = int(np.count_nonzero(which & np.isnan(imputed.found)))
    found, true = imputed.found[known], imputed.true[known]
    if not len(true):
        return {**head, "values": 0, "unknown": missing}
    within = np.abs(found - true) <= 1.96 * np.sqrt(imputed.variance[known])
    return {
        **head,
        "values": len(true),
        "unknown": missing,
        "mape": float(np.mean(np.abs(found - true) / true)),
        "wape": float(np.sum(np.abs(found - true)) / np.sum(true)),
        "poisson_floor": float(np.mean([_poisson_mape(mean) for mean in imputed.around[known]])),
        "within": float(np.mean(within)),
    }


def _poisson_mape(mean: float) -> float:
    """Return how far its known mean is off a Poisson count, relative to the count, mean over counts above 0.

    For 20 it is 0.19483 by `scipy.stats.poisson` too.
    >>> round(_poisson_mape(20.0), 3)
    0.195
    """
    top = int(mean + 10 * math.sqrt(mean) + 10)
    chances = np.cumsum([-mean] + [math.log(mean / k) for k in range(1, top)])
    values = np.arange(1, top)
    weights = np.exp(chances[1:])
    return float(np.sum(weights * np.abs(values - mean) / values) / np.sum(weights))
