"""Types of day from counts: kinds of day (weekdays, labels of a calendar) are joined as long as they are alike.

Alike is what practice calls a good match of two sets of hourly flows: GEH below 5, here for at least 85 % of the flow.
The two kinds or groups that are most alike are joined first, with the mean of their days; the rest is left when no two
reach the share. So the number of types follows from the counts, and nothing is drawn by lot.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signal_ctrl.domain.errors import InvalidInputError

FloatArray = NDArray[np.float64]
GOOD_GEH: Final = 5.0
ALIKE: Final = 0.85


@dataclass(frozen=True, slots=True, eq=False)
class KindOfDay:
    """A kind of day that a calendar can tell: how many days of it were counted, their mean hourly flows.

    hourly_veh_h (n_hours, n_places) [veh/h].
    """

    name: str
    days: int
    hourly_veh_h: FloatArray

    def __post_init__(self) -> None:
        if not self.days >= 1 or not np.all(np.isfinite(self.hourly_veh_h) & (self.hourly_veh_h >= 0)):
            raise InvalidInputError(f"kind of day {self.name}: needs a counted day and flows of 0 or more")


def geh(one_veh_h: FloatArray, other_veh_h: FloatArray) -> FloatArray:
    """Return the GEH of hourly flows, 0 where both are 0.

    GEH = sqrt(2 (M - C)^2 / (M + C)). Source: UK Design Manual for Roads and Bridges, volume 12, traffic appraisal.
    >>> round(float(geh(np.array(1000.0), np.array(1160.0))), 2)
    4.87
    """
    total = one_veh_h + other_veh_h
    return np.sqrt(np.divide(2.0 * (one_veh_h - other_veh_h) ** 2, total, out=np.zeros_like(total), where=total > 0))


def likeness(one_veh_h: FloatArray, other_veh_h: FloatArray) -> float:
    """Return the share of the flow in hours and places where two days match, 0 to 1; 1 if nobody comes on either."""
    total = one_veh_h + other_veh_h
    matched = total[geh(one_veh_h, other_veh_h) < GOOD_GEH].sum()
    return float(matched / total.sum()) if total.sum() > 0 else 1.0


def types_of_days(kinds: Sequence[KindOfDay], at_least: float = ALIKE) -> tuple[tuple[int, ...], ...]:
    """Return the types as indices of kinds, each sorted, in the order of their first kinds.

    Raises: InvalidInputError without a kind, or if `at_least` is no share.
    """
    if not kinds or not 0 <= at_least <= 1:
        raise InvalidInputError(f"types of day need counted days and a share of 0 to 1, got {at_least:g}")
    groups: list[tuple[tuple[int, ...], int, FloatArray]]
    groups = [((k,), kind.days, kind.hourly_veh_h) for k, kind in enumerate(kinds)]
    while len(groups) > 1:
        pairs = list(itertools.combinations(range(len(groups)), 2))
        shares = [likeness(groups[a][2], groups[b][2]) for a, b in pairs]
        best = int(np.argmax(shares))
        if shares[best] < at_least:
            break
        a, b = pairs[best]
        (own_a, days_a, mean_a), (own_b, days_b, mean_b) = groups[a], groups[b]
        mean = (days_a * mean_a + days_b * mean_b) / (days_a + days_b)
        groups[a] = (tuple(sorted(own_a + own_b)), days_a + days_b, mean)
        del groups[b]
    return tuple(sorted(own for own, _, _ in groups))
