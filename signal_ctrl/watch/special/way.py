"""The way of a special vehicle: its roads, how far and how long along them, and the signals that it passes. Pure."""

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.domain.site import COMPATIBLE, Right, Site, Stage
from signal_ctrl.watch.diversion.guidance import Guidance, SignalMovement


@dataclass(frozen=True, slots=True)
class Passage:
    """A signal on the way: the turn that is made there, the stage that lets it go, and where its stop line is. [m]

    `beside`, the stage that lets most lanes of that road go, where it is another one: who turns does not get to its own
    lane while the queue beside reaches back beyond it.
    """

    signal: str
    from_road: str
    to_road: str
    stage: str
    stop_m: float
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """Roads one after the other. [m] [s]

    `begins_m` and `free_s` have one value a road and one for the end: the metres and the free travel time from the
    begin of the first road to the begin of each; what lies inside junctions belongs to the road before.
    """

    roads: tuple[str, ...]
    begins_m: tuple[float, ...]
    free_s: tuple[float, ...]
    lengths_m: tuple[float, ...]
    passages: tuple[Passage, ...]

    @property
    def length_m(self) -> float:
        """The whole way. [m]"""
        return self.begins_m[-1]

    def along_m(self, road: str, on_road_m: float, after: int = 0) -> float | None:
        """Return how far along the way a place on a road is, None if the road is not on it. [m]

        Args: after, index of the first road that counts: a way may come over one road twice.
        """
        for k in range(after, len(self.roads)):
            if self.roads[k] == road:
                return self.begins_m[k] + min(max(on_road_m, 0.0), self.lengths_m[k])
        return None

    def road_at(self, along_m: float) -> int:
        """Return the index of the road at a place of the way. [m]"""
        return min(max(bisect_right(self.begins_m, along_m) - 1, 0), len(self.roads) - 1)

    def free_between_s(self, from_m: float, to_m: float) -> float:
        """Return the free travel time from one place of the way to another; 0 if that lies behind. [s]"""
        return max(self._free_at_s(to_m) - self._free_at_s(from_m), 0.0)

    def _free_at_s(self, along_m: float) -> float:
        k = self.road_at(along_m)
        length_m = self.begins_m[k + 1] - self.begins_m[k]
        share = min(max((along_m - self.begins_m[k]) / length_m, 0.0), 1.0) if length_m > 0 else 0.0
        return self.free_s[k] + share * (self.free_s[k + 1] - self.free_s[k])


def way_of(
    network: RoadNetwork,
    roads: Sequence[str],
    sites: Mapping[str, Site],
    guidance: Guidance | None,
    stages: Mapping[tuple[str, str], str] | None = None,
) -> Way:
    """Return the way over some roads. Signals without a site are none of ours and are left out.

    Args: sites by signal; stages, by turn, what is known better than by the movements of `guidance`.
    Raises: InvalidInputError for roads that are not there or do not follow one another, or a turn without a stage.
    """
    if not roads:
        raise InvalidInputError("a way needs a road")
    _check_turns(network, roads)
    begins_m, free_s = [0.0], [0.0]
    for road, following in zip(roads, [*roads[1:], ""], strict=True):
        own = network.of(road)
        inside_m = _gap_m(network, road, following) if following else 0.0
        begins_m.append(begins_m[-1] + own.length_m + inside_m)
        free_s.append(free_s[-1] + (own.length_m + inside_m) / own.free_speed_mps)
    lengths_m = tuple(network.of(road).length_m for road in roads)
    known = dict(stages or {})
    passages = []
    for k, (road, following) in enumerate(pairwise(roads)):
        site = sites.get(network.of(road).signal)
        if site is not None:
            stage = known.get((road, following)) or stage_for(site, guidance, road, following)
            beside = stage_beside(site, guidance, road, stage)
            passages.append(Passage(site.signal_id, road, following, stage, begins_m[k] + lengths_m[k], beside))
    return Way(tuple(roads), tuple(begins_m), tuple(free_s), lengths_m, tuple(passages))


def stage_for(site: Site, guidance: Guidance | None, from_road: str, to_road: str) -> str:
    """Return the stage for a turn: the one with the most lanes of that road green, then that where fewest go first.

    Raises: InvalidInputError where the movements are not known, or no stage lets the turn go.
    """
    moves, place = _moves(site, guidance, from_road), {group.name: k for k, group in enumerate(site.groups)}
    own = {place[move.group] for move in moves if move.to_road == to_road}
    fit = [stage for stage in site.stages if all(stage.rights[k].is_green for k in own)] if own else []
    if not fit:
        raise InvalidInputError(
            f"signal {site.signal_id}: no stage is known that lets {from_road} to {to_road} go; name it"
        )
    return max(fit, key=lambda s: (_lanes(site, s, moves), -sum(_goes_after(site, s, k) for k in own))).name


def stage_beside(site: Site, guidance: Guidance | None, from_road: str, stage: str) -> str:
    """Return the stage that lets more lanes of a road go than another one; empty if none does."""
    moves = _moves(site, guidance, from_road)
    own = next((_lanes(site, one, moves) for one in site.stages if one.name == stage), 0)
    best = max(site.stages, key=lambda one: _lanes(site, one, moves))
    return best.name if _lanes(site, best, moves) > own else ""


def _moves(site: Site, guidance: Guidance | None, from_road: str) -> list[SignalMovement]:
    signal = guidance.by_signal.get(site.signal_id) if guidance is not None else None
    names = {group.name for group in site.groups}
    return [m for m in signal.movements if m.from_road == from_road and m.group in names] if signal is not None else []


def _lanes(site: Site, stage: Stage, moves: Sequence[SignalMovement]) -> int:
    """Return how many lanes of a road may go in a stage."""
    green = {group.name for group, right in zip(site.groups, stage.rights, strict=True) if right.is_green}
    return len({move.lane for move in moves if move.group in green})


def _goes_after(site: Site, stage: Stage, group: int) -> int:
    """Return how many groups that are green in a stage a group there may have to yield to."""
    if stage.rights[group] is not Right.PERMISSIVE:
        return 0
    return sum(right.is_green and site.together[group][h] != COMPATIBLE for h, right in enumerate(stage.rights))


def _check_turns(network: RoadNetwork, roads: Sequence[str]) -> None:
    for road, following in pairwise(roads):
        if following not in {turn.to_road for turn in network.following[network.of(road).road]}:
            raise InvalidInputError(f"the network has no turn {road} to {following}")
    network.of(roads[-1])


def _gap_m(network: RoadNetwork, road: str, following: str) -> float:
    """Return how far it is through the junction between two roads, as the crow flies. [m]"""
    here, there = (network.plane.metres(p) for p in (network.of(road).shape[-1], network.of(following).shape[0]))
    return math.hypot(there[0] - here[0], there[1] - here[1])
