"""Decision points: signs whose readers will pass a limited road and can yet go another way, and the ways."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.domain.signs import Destination, Sign
from signal_ctrl.watch.diversion.flow_model import Advice
from signal_ctrl.watch.diversion.passing import Branch, Passing
from signal_ctrl.watch.diversion.split import Choice, Waiting, split, strongest, turns_of
from signal_ctrl.watch.diversion.turning import Floats
from signal_ctrl.watch.diversion.ways import Found, Map

MOST_SIGNS: Final = 8
LEAST_VEH_H: Final = 15.0
"""A sign is of use where so many of its readers will pass the limited road. [veh/h] [P]"""
WAYS: Final = 3
LONGEST: Final = 4.0
"""A way takes no more than so many times what the usual one takes when nothing is wrong. [P]"""
LONGER_S: Final = 120.0
"""But it may always take so much more. [s] [P]"""


@dataclass(frozen=True, slots=True)
class Decision:
    """A sign, a branch behind the limited road that its readers want to, how many they are, and the ways there."""

    sign: Sign
    branch: Branch
    destination: Destination | None
    flow_veh_h: float
    ways: tuple[Found, ...]
    usual_s: float


def decisions(
    network: RoadNetwork, passing: Passing, signs: Sequence[Sign], time_s: Mapping[str, float], compliance: float
) -> tuple[Decision, ...]:
    """Return the decisions that signs leave to drivers, the sign with the most readers concerned first.

    Args: time_s, predicted travel times of roads. [s]
    """
    streets = Map(network, time_s)
    limited, branches = network.roads[passing.road].road, passing.branches()
    return tuple(
        found
        for sign in _useful(network, passing, signs)
        for branch in branches
        if (found := _decision(streets, passing, sign, branch, limited, compliance)) is not None
    )


def _useful(network: RoadNetwork, passing: Passing, signs: Sequence[Sign]) -> list[Sign]:
    """Return the signs whose readers will pass the road, one a road, those with the most first."""
    by_road = {sign.road: sign for sign in reversed(signs)}
    by_road.pop(network.roads[passing.road].road, None)
    concerned = passing.turning.road_veh_h * passing.chance
    kept = [s for s in by_road.values() if concerned[network.index[s.road]] >= LEAST_VEH_H]
    kept.sort(key=lambda s: (-float(concerned[network.index[s.road]]), s.sign_id))
    return kept[:MOST_SIGNS]


def _decision(
    streets: Map, passing: Passing, sign: Sign, branch: Branch, limited: str, compliance: float
) -> Decision | None:
    network, index = streets.network, streets.network.index[sign.road]
    names = [network.roads[k].road for k in branch.roads]
    if sign.road in names:
        return None
    first = streets.shortest(sign.road, limited)
    if first is None:
        return None
    usual_s = first.time_s + streets.cost_s(names)
    most_s = max(LONGEST * usual_s, usual_s + LONGER_S)
    ways = streets.distinct(sign.road, names[-1], {limited}, WAYS)
    ways = tuple(way for way in ways if way.time_s <= most_s)
    if not ways:
        return None
    flow = float(passing.turning.road_veh_h[index] * passing.chance[index]) * compliance * branch.share
    return Decision(sign, branch, _destination(sign, names), flow, ways, usual_s)


def _destination(sign: Sign, roads: Sequence[str]) -> Destination | None:
    return next((d for d in sign.destinations if set(d.roads) & set(roads)), None)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a sign advises for a branch."""

    decision: Decision
    way: Found


def choose(
    network: RoadNetwork, passing: Passing, found: Sequence[Decision], capacity_veh_h: Floats, waiting: Waiting
) -> tuple[Chosen, ...]:
    """Return the ways that signs advise.

    A driver is asked by the first sign on the way; those of signs that follow are not counted twice: a sign's flow is
    less by what signs upstream of it have asked already.
    Args: capacity_veh_h (n_turns,).
    """
    t = passing.turning
    place = {(int(a), int(b)): k for k, (a, b) in enumerate(zip(t.tail, t.head, strict=True))}
    fresh = _not_yet_asked(network, passing, {d.sign.road for d in found})
    choices = [
        Choice(
            d.flow_veh_h * fresh[d.sign.road],
            tuple(turns_of([network.index[road] for road in way.roads], place) for way in d.ways),
            tuple(way.time_s for way in d.ways),
            d.usual_s,
        )
        for d in found
    ]
    others = t.flow_veh_h * (1.0 - passing.chance[t.head]) * (1.0 - passing.behind[t.tail])
    passes = float(t.road_veh_h[passing.road])
    best = strongest(split(choices, others, capacity_veh_h, passes, waiting))
    return tuple(Chosen(d, d.ways[k]) for d, k in zip(found, best, strict=True) if k >= 0)


def _not_yet_asked(network: RoadNetwork, passing: Passing, signed: set[str]) -> dict[str, float]:
    """Return for each road with a sign the share of its drivers concerned who have met no other sign before."""
    t, n = passing.turning, len(network.roads)
    flow = t.flow_veh_h * passing.chance[t.head]
    concerned = t.road_veh_h * passing.chance
    marked = [road.road in signed for road in network.roads]
    asked = [0.0] * n
    for _ in range(60):
        came = [0.0] * n
        for k in range(len(flow)):
            a, b = int(t.tail[k]), int(t.head[k])
            came[b] += flow[k] * (1.0 if marked[a] else asked[a])
        asked = [min(c / max(float(concerned[r]), 1e-9), 1.0) for r, c in enumerate(came)]
    return {road: 1.0 - asked[network.index[road]] for road in signed}


def advices_of(network: RoadNetwork, chosen: Sequence[Chosen]) -> tuple[Advice, ...]:
    """Return what signs advise as the flow model takes it."""
    return tuple(
        Advice(tuple(network.index[road] for road in one.way.roads), one.decision.branch.share) for one in chosen
    )
