"""Why K4 does not let a cycle be: the smallest set of maximum reds and maximum greens that cannot hold together."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from optimiser.conflict_set import smallest_conflict
from optimiser.linear_program import minimise
from signal_ctrl.domain.site import Site

FloatArray = NDArray[np.float64]
RED: Final = "maximum red"
GREEN: Final = "maximum green"


class ServiceLimit(NamedTuple):
    """One group's maximum red or maximum green over a run of splits: their sum is at most `most_s`. [s]"""

    group: int
    what: str
    most_s: float
    places: tuple[int, ...]


def conflicting_service(
    site: Site, stages: Sequence[int], least_s: FloatArray, cycle_s: float
) -> tuple[ServiceLimit, ...]:
    """Return a smallest set of limits that no splits of a cycle can keep, none if some splits keep all.

    Args: stages, in order; least_s, (n_stages,), the shortest split of each; cycle_s, at least their sum. [s]
    What is asked here is less than what the kernel asks: changes within a run count as red or green as they suit.
    """

    def feasible(some: Sequence[ServiceLimit]) -> bool:
        rows = np.zeros((len(some), len(stages)))
        for row, limit in zip(rows, some, strict=True):
            row[list(limit.places)] = 1.0
        most_s = np.array([limit.most_s for limit in some])
        ones = np.ones(len(stages))
        return minimise(np.zeros(len(stages)), rows, most_s, least_s, (ones, cycle_s)) is not None

    return smallest_conflict(tuple(_limits(site, stages, least_s)), feasible)


def in_words(site: Site, limits: Sequence[ServiceLimit]) -> str:
    """Return limits as a list for people."""
    groups = site.groups
    return ", ".join(
        f"{limit.what} of group {groups[limit.group].name} "
        f"({(groups[limit.group].max_red_ds if limit.what == RED else groups[limit.group].max_green_ds) / 10:g} s)"
        for limit in limits
    )


def _limits(site: Site, stages: Sequence[int], least_s: FloatArray) -> Iterator[ServiceLimit]:
    for k, group in enumerate(site.groups):
        green = [site.stages[stage].rights[k].is_green for stage in stages]
        if all(green) or not any(green):
            continue
        for places in _runs([not one for one in green]):
            yield ServiceLimit(k, RED, group.max_red_ds / 10, places)
        for places in _runs(green):
            yield ServiceLimit(k, GREEN, group.max_green_ds / 10 + float(least_s[places[0]]), places)


def _runs(wanted: Sequence[bool]) -> Iterator[tuple[int, ...]]:
    """Yield the places of each stretch of a cycle where something holds; it does not hold everywhere."""
    n = len(wanted)
    for first in range(n):
        if wanted[first] and not wanted[first - 1]:
            length = next(k for k in range(1, n) if not wanted[(first + k) % n])
            yield tuple((first + k) % n for k in range(length))
