"""A green route: each junction turns to the convoy's stage ahead of it, and is given back behind it."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from signal_ctrl.centre.cabinets import Cabinet, kernel_of, site_of
from signal_ctrl.centre.override_values import Leg
from signal_ctrl.domain.errors import InvalidInputError, InvalidTimingError
from signal_ctrl.engine.transitions import stage_tables

QUEUE_S: Final = 10
"""So long before the convoy the stage is lit, for whoever waits in front of it to leave. [s] [P]"""
BEHIND_S: Final = 5
"""So long after the convoy the junction is kept, for it may be late. [s] [P]"""
CONVOY_S: Final = (0, 600)
_S_MS: Final = 1000


def route_legs(
    stops: Sequence[tuple[Cabinet, str, int]], times_ms: tuple[int, int], convoy_s: int, ahead_s: int | None
) -> tuple[Leg, ...]:
    """Return what each junction of a route gets. [s] [ms]

    Args: stops, cabinet, stage, and arrival after the start, in the order of travel; times_ms, start and end of the
        override; convoy_s, how long the convoy takes to pass; ahead_s, how long ahead a junction begins to turn
        (None: as long as it may need, see `ahead_of`).
    Raises: InvalidTimingError if arrivals are out of order or outside the override, or `ahead_s` is too short to turn.
    """
    if not CONVOY_S[0] <= convoy_s <= CONVOY_S[1]:
        raise InvalidTimingError(f"a convoy takes {CONVOY_S[0]} to {CONVOY_S[1]} s to pass, got {convoy_s}")
    arrivals_s = [arrival_s for _, _, arrival_s in stops]
    if arrivals_s != sorted(arrivals_s) or (arrivals_s and arrivals_s[0] < 0):
        raise InvalidTimingError("the convoy arrives at the junctions of its route one after the other, from 0 s on")
    return tuple(_leg(cabinet, stage, arrival_s, times_ms, (convoy_s, ahead_s)) for cabinet, stage, arrival_s in stops)


def _leg(
    cabinet: Cabinet, stage: str, arrival_s: int, times_ms: tuple[int, int], lengths_s: tuple[int, int | None]
) -> Leg:
    start_ms, end_ms = times_ms
    convoy_s, ahead_s = lengths_s
    needed_s = ahead_of(cabinet.site, stage)
    if ahead_s is not None and ahead_s < needed_s:
        raise InvalidTimingError(f"cabinet {cabinet.cabinet} may need {needed_s} s to be ready, 'ahead_s' is {ahead_s}")
    arrives_ms = start_ms + arrival_s * _S_MS
    from_ms = max(arrives_ms - (needed_s if ahead_s is None else ahead_s) * _S_MS, start_ms)
    until_ms = arrives_ms + (convoy_s + BEHIND_S) * _S_MS
    if until_ms > end_ms:
        raise InvalidTimingError(f"the convoy has passed cabinet {cabinet.cabinet} only after the override ends")
    return Leg(cabinet.cabinet, stage, from_ms, until_ms, arrives_ms)


@lru_cache(maxsize=4096)
def ahead_of(site: str, stage: str) -> int:
    """Return how long a junction may need from any stage until this one is lit and its queue has left. [s]

    The longest of minimum green and change, over the stages that may be lit, and `QUEUE_S`.
    Raises: InvalidInputError for an unknown stage.
    """
    names = [one.name for one in site_of(site).stages]
    if names.count(stage) != 1:
        raise InvalidInputError(f"there is no stage {stage}; there are {', '.join(names[:8])}")
    to = names.index(stage)
    others = [k for k in range(len(names)) if k != to]
    tables = stage_tables(kernel_of(site), {(k, to) for k in others})
    longest_s = max((tables.min_green_s[k] + tables.settled_s[k, to] for k in others), default=0.0)
    return int(-(-longest_s // 1)) + QUEUE_S
