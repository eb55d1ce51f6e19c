"""Turning counts as demand: the turns themselves, and by the shares of turns who goes on to which signal."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from signal_ctrl.domain.counts import Turn
from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.net_reader import Net
from sumo_scenarios.volumes import Volumes, way_s
from sumo_scenarios.world import World

_LONGEST: Final = 60


class CountedStreets:
    """The ways between the counted turns of a network, found once; gives the demand of any counts.

    A way is followed over streets that lead on to one street only. Where they part before the next signal, nobody
    knows who goes where, and what comes is taken as new: it arrives evenly.
    """

    def __init__(self, net: Net, turns: Iterable[Turn]) -> None:
        self._turns = tuple(turns)
        self._from: defaultdict[str, list[Turn]] = defaultdict(list)
        for turn in self._turns:
            self._from[turn[1]].append(turn)
        follows = _followers(net)
        self._way: dict[str, tuple[str, float]] = {}
        for edge in {turn[2] for turn in self._turns}:
            path = self._path(edge, follows)
            if path:
                self._way[edge] = (path[-1], way_s(net, path))

    def _path(self, edge: str, follows: Mapping[str, frozenset[str]]) -> list[str]:
        path = [edge]
        while path[-1] not in self._from and len(path) < _LONGEST:
            ahead = follows.get(path[-1], frozenset())
            if len(ahead) != 1:
                return []
            path.append(next(iter(ahead)))
        return path if path[-1] in self._from else []

    def volumes(self, flows_veh_h: Mapping[Turn, float]) -> Volumes:
        """Return the demand of flows by turn. [veh/h]"""
        links: dict[tuple[Turn, Turn], float] = {}
        ways_s: dict[tuple[Turn, Turn], float] = {}
        for before in self._turns:
            if before[2] not in self._way:
                continue
            edge, needed_s = self._way[before[2]]
            total = sum(flows_veh_h[after] for after in self._from[edge])
            for after in self._from[edge]:
                if total > 0 and flows_veh_h[before] > 0:
                    links[before, after] = flows_veh_h[before] * flows_veh_h[after] / total
                    ways_s[before, after] = needed_s
        return Volumes(dict(flows_veh_h), links, ways_s)


def _followers(net: Net) -> dict[str, frozenset[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for connection in net.connections:
        one, other = net.lanes.get(connection.from_lane), net.lanes.get(connection.to_lane)
        if one is not None and other is not None and one.motorised and other.motorised:
            found[one.edge_id].add(other.edge_id)
    return {edge: frozenset(ahead - {edge}) for edge, ahead in found.items()}


def check_turns(world: World, turns: Iterable[Turn]) -> None:
    """Check that counts are of this network, and of every signal with a choice.

    Raises: InvalidInputError that names the signal and the turn.
    """
    net, known = world.net, set()
    for signal, connections in net.signal_links.items():
        for c in connections:
            if c.from_lane in net.lanes and c.to_lane in net.lanes:
                known.add((signal, net.lanes[c.from_lane].edge_id, net.lanes[c.to_lane].edge_id))
    counted = set(turns)
    strange = min(counted - known, default=None)
    if strange is not None:
        raise InvalidInputError(
            f"counts: signal {strange[0]} of {world.scenario.name} has no turn from {strange[1]} to {strange[2]}"
        )
    signals = {turn[0] for turn in counted}
    for unit in world.units:
        if len(unit.site.stages) > 1 and unit.site.signal_id not in signals:
            raise InvalidInputError(f"counts: none of signal {unit.site.signal_id}; count every signal")
