"""Why a cycle does not do: the smallest set of minimums, of movements' needs and of the cycle limit that conflict."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from optimiser.conflict_set import smallest_conflict
from optimiser.cycle_split import StageCycle, Streams
from optimiser.linear_program import minimise

_NOTHING: Final = 1e-9
CYCLE: Final = "cycle"
STAGE: Final = "stage"
STREAM: Final = "stream"


class Limit(NamedTuple):
    """One constraint on the splits of a signal: the cycle limit, the shortest split of a place, a stream's saturation.

    `place` is that in the cycle, or the stream; 0 for the cycle limit.
    """

    kind: str
    place: int = 0


def conflicting_limits(
    streams: Streams, cycle: StageCycle, longest_s: float, saturation: float | None
) -> tuple[Limit, ...]:
    """Return a smallest set of limits that no splits can keep, none if some splits keep all.

    Args: longest_s, the cycle limit [s]; saturation, the target that no stream is to pass, None for no target.
    """
    everything = [Limit(STAGE, place) for place in range(len(cycle.stages))]
    if saturation is not None:
        everything += [Limit(STREAM, int(stream)) for stream in np.flatnonzero(streams.flow_veh_s > 0)]
    everything.append(Limit(CYCLE))

    def feasible(some: Sequence[Limit]) -> bool:
        return _feasible(streams, cycle, longest_s, saturation or 1.0, some)

    likely = _carrying(streams, cycle, longest_s, everything)
    return smallest_conflict(everything if feasible(likely) else likely, feasible)


def _feasible(
    streams: Streams, cycle: StageCycle, longest_s: float, saturation: float, limits: Sequence[Limit]
) -> bool:
    least_s = np.zeros(len(cycle.stages))
    for limit in limits:
        if limit.kind == STAGE:
            least_s[limit.place] = cycle.least_s[limit.place]
    rows = [limit.place for limit in limits if limit.kind == STREAM]
    needed = streams.flow_ratio[rows] / saturation
    shortest_s = float(least_s.sum())
    if rows:
        found = minimise(np.ones(len(least_s)), needed[:, None] - cycle.served[rows], cycle.gained_s[rows], least_s)
        if found is None:
            return False
        shortest_s = found.cost
    return Limit(CYCLE) not in limits or shortest_s <= longest_s + _NOTHING


def _carrying(streams: Streams, cycle: StageCycle, longest_s: float, limits: Sequence[Limit]) -> list[Limit]:
    """Return the limits that carry the bound on the reserve at the longest cycle: few, so that the filter is quick."""
    n = len(cycle.stages)
    rows, bounds, named = [], [], []
    for limit in limits:
        if limit.kind == STAGE:
            rows.append(np.array([*(-1.0 * (np.arange(n) == limit.place)), 0.0]))
            bounds.append(-float(cycle.least_s[limit.place]))
        elif limit.kind == STREAM:
            rows.append(np.array([*-cycle.served[limit.place], streams.flow_ratio[limit.place] * longest_s]))
            bounds.append(float(cycle.gained_s[limit.place]))
        else:
            rows.append(np.array([1.0] * n + [0.0]))
            bounds.append(longest_s)
        named.append(limit)
    costs = np.array([0.0] * n + [-1.0])
    found = minimise(costs, np.array(rows), np.array(bounds), np.array([0.0] * n + [-1e6]))
    if found is None:
        return list(limits)
    return [limit for limit, price in zip(named, found.prices, strict=True) if abs(price) > _NOTHING]
