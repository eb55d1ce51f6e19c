"""Critical movements of a ring-barrier signal: in each barrier the heavier ring counts, and its lost times with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError

Barrier = tuple[tuple[int, ...], ...]
"""The rings between two barriers, each with its `nema_phase`s."""

EIGHT: Final[tuple[Barrier, ...]] = (((1, 2), (5, 6)), ((3, 4), (7, 8)))
"""The usual eight: 1, 2 beside 5, 6 and 3, 4 beside 7, 8."""


@dataclass(frozen=True, slots=True)
class RingCritical:
    """Sum of the critical flow ratios, lost time of the critical path in a cycle [s], and its `nema_phase`s."""

    y: float
    lost_s: float
    path: tuple[int, ...]


def critical_rings(
    flow_ratios: Mapping[int, float], lost_s: Mapping[int, float], barriers: tuple[Barrier, ...] = EIGHT
) -> RingCritical:
    """Return the critical path: per barrier the ring with the largest sum of flow ratios.

    The lost time is that of the rings that win, so it may change with the demand. A `nema_phase` without traffic is
    skipped and costs nothing; of equal rings that with the larger lost time counts.
    Source: the project's reference on optimisation, section 1.
    Args: flow_ratios and lost_s [s] by `nema_phase`; one that has no entry does not exist.
    Raises: InvalidInputError for negative values, or a flow ratio without a lost time.
    >>> critical_rings({1: 0.1, 2: 0.3, 5: 0.15, 6: 0.2, 4: 0.25, 8: 0.2}, dict.fromkeys(range(1, 9), 4.0))
    RingCritical(y=0.65, lost_s=12.0, path=(1, 2, 4))
    """
    used = {number: y for number, y in flow_ratios.items() if y != 0}
    for number, y in used.items():
        if not (y > 0 and lost_s.get(number, -1.0) >= 0):
            raise InvalidInputError(f"nema_phase {number} needs a flow ratio and a lost time of 0 or more")
    path: list[int] = []
    for rings in barriers:
        own = [[number for number in ring if number in used] for ring in rings]
        path += max(own, key=lambda ring: (sum(used[n] for n in ring), sum(lost_s[n] for n in ring)))
    return RingCritical(sum(used[n] for n in path), sum(lost_s[n] for n in path), tuple(path))
