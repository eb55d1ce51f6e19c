"""Turning counts of one signal: slots cut where greens begin, lanes by their stop-line loops, exits by theirs."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from typing import Final

import numpy as np

from detectors.estimation.interval import Estimate
from detectors.estimation.turn_model import Slot, TurnModel
from detectors.estimation.turn_shares import TurnCount, shares_now, turn_counts
from signal_ctrl.domain.network import JunctionLayout, LoopRole
from sumo_scenarios.estimating.observed import Observed
from sumo_scenarios.exit_loops import ExitLoops
from sumo_scenarios.layout import TURN_BACK

LONGEST_S: Final = 60.0
SHORTEST_S: Final = 4.0
START_S: Final = 1.0
"""Who comes to an exit's loop comes later than at the speed limit, most of all out of a queue. [s]"""
_STRAIGHT: Final = 2.0
_BACK: Final = 0.1


@dataclass(frozen=True, slots=True)
class ExitCount:
    """When vehicles came over the count of an exit [s], and how far behind the exit's begin that lies [m]."""

    times_s: tuple[float, ...]
    behind_m: float


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn and who took it: the lanes it was counted from, the edge it leads to, and whether that is counted.

    `prior` is the share that it was taken to have before anything was counted, `now` that at the end, of about the
    last hour (0-1).
    """

    signal: str
    lanes: tuple[str, ...]
    to_edge: str
    exit_counted: bool
    prior: float
    count: TurnCount
    now: Estimate


def turns_of(
    observed: Observed, layout: JunctionLayout, more: Mapping[str, ExitCount] | None = None
) -> tuple[Turn, ...]:
    """Return the turns of a signal, those of lanes without a stop-line loop that works left out.

    Args: more, counts of exits by other means than loops, by edge; they go before those of loops.
    """
    sources = _sources(observed, layout)
    edge_of = [observed.world.net.lanes[exit_.lane_id].edge_id for exit_ in layout.exits]
    exits = {edge: _counted(observed, loops) for edge, loops in observed.exits().of_signal(layout).items()}
    exits |= more or {}
    names = _turns(layout, sources, edge_of)
    if not names:
        return ()
    counted = sorted({edge for _, edge in names} & set(exits))
    first = _first_shares(layout, sources, edge_of, names)
    model = TurnModel(
        lanes=tuple(source for source, _ in names),
        exits=tuple(counted.index(edge) if edge in exits else -1 for _, edge in names),
        prior=tuple(first),
    )
    times_s = [_times_s(observed, layout, source) for source in sources]
    arrivals_s = [_left_s(layout, edge_of, edge, exits[edge]) for edge in counted]
    slots = [_slot(span, times_s, arrivals_s) for span in _cuts(observed, layout)]
    lanes = [tuple(layout.lanes[k].lane_id for k in own) for own in sources]
    found = zip(names, first, turn_counts(model, slots), shares_now(model, slots), strict=True)
    return tuple(
        Turn(layout.signal_id, lanes[source], edge, edge in exits, share, count, now)
        for (source, edge), share, count, now in found
    )


def _sources(observed: Observed, layout: JunctionLayout) -> list[tuple[int, ...]]:
    """Return the lanes that are counted together: those that share a stop-line loop."""
    parts: list[set[int]] = []
    for loop in layout.loops:
        if loop.role is LoopRole.STOP and (layout.signal_id, loop.channel) not in observed.failed:
            own = set(loop.serves)
            touched = [part for part in parts if part & own]
            parts = [part for part in parts if not part & own] + [own.union(*touched)]
    return [tuple(sorted(part)) for part in sorted(parts, key=min)]


def _turns(layout: JunctionLayout, sources: Sequence[tuple[int, ...]], edge_of: Sequence[str]) -> list[tuple[int, str]]:
    """Return (source, exit edge) of every turn that sources have, without a gap in the numbers of sources."""
    found = {
        (number, edge_of[layout.movements[m].exit])
        for number, lanes in enumerate(sources)
        for lane in lanes
        for m in layout.lanes[lane].movements
    }
    return sorted(found)


def _first_shares(
    layout: JunctionLayout, sources: Sequence[tuple[int, ...]], edge_of: Sequence[str], names: Sequence[tuple[int, str]]
) -> list[float]:
    """Return what is taken of each turn before counting: straight on twice as much as a turn, a turn back a tenth."""
    weights: dict[tuple[int, str], float] = dict.fromkeys(names, 0.0)
    for number, lanes in enumerate(sources):
        for lane in lanes:
            moves = [layout.movements[m] for m in layout.lanes[lane].movements]
            for move in moves:
                weight = {"s": _STRAIGHT, TURN_BACK: _BACK}.get(move.direction.lower(), 1.0)
                weights[number, edge_of[move.exit]] += weight
    totals: dict[int, float] = {}
    for (number, _), weight in weights.items():
        totals[number] = totals.get(number, 0.0) + weight
    return [weights[name] / totals[name[0]] for name in names]


def _times_s(observed: Observed, layout: JunctionLayout, lanes: tuple[int, ...]) -> list[float]:
    """Return when vehicles left the stop lines of some lanes. [s]"""
    loops = [loop for loop in layout.loops if loop.role is LoopRole.STOP and set(loop.serves) & set(lanes)]
    passages = [observed.passages((layout.signal_id, loop.channel)) for loop in loops]
    return list(merge(*[[off_s for _, off_s in own] for own in passages]))


def _counted(observed: Observed, loops: ExitLoops) -> ExitCount:
    passages = [observed.passages(key) for key in loops.keys]
    return ExitCount(tuple(merge(*[[on_s for on_s, _ in own] for own in passages])), loops.behind_m)


def _left_s(layout: JunctionLayout, edge_of: Sequence[str], edge: str, count: ExitCount) -> list[float]:
    """Return when those who came to an exit had left the stop line, at the speed limit. [s]"""
    ways = [move.length_m for move in layout.movements if edge_of[move.exit] == edge]
    speed_mps = max(exit_.speed_mps for exit_, own in zip(layout.exits, edge_of, strict=True) if own == edge)
    lag_s = START_S + (sum(ways) / len(ways) + count.behind_m) / speed_mps
    return [at_s - lag_s for at_s in count.times_s]


def _cuts(observed: Observed, layout: JunctionLayout) -> list[tuple[float, float]]:
    """Return the slots: from one begin of green to the next, not shorter than 4 s nor longer than a minute. [s]"""
    groups = {move.group for move in layout.movements}
    begins = sorted({begin_s for group in groups for begin_s, _ in observed.greens(layout, group)})
    found, at_s = [], observed.span_s[0]
    for until_s in [*begins, observed.span_s[1]]:
        while until_s - at_s > LONGEST_S:
            found.append((at_s, at_s + LONGEST_S))
            at_s += LONGEST_S
        if until_s - at_s >= SHORTEST_S:
            found.append((at_s, until_s))
            at_s = until_s
    return found


def _slot(
    span_s: tuple[float, float], times_s: Sequence[Sequence[float]], arrivals_s: Sequence[Sequence[float]]
) -> Slot:
    def counted(columns: Sequence[Sequence[float]]) -> list[float]:
        return [float(bisect_left(own, span_s[1]) - bisect_left(own, span_s[0])) for own in columns]

    return Slot(*span_s, np.array(counted(times_s)), np.array(counted(arrivals_s)))
