"""Turning counts as demand: the turns themselves, and by the shares of turns who goes on to which signal."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from signal_ctrl.domain.counts import Turn
from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.needed_turns import missing_turns, turns_of
from sumo_scenarios.net_reader import Net
from sumo_scenarios.volumes import Volumes, way_s
from sumo_scenarios.world import World

_LONGEST: Final = 60
_STRAIGHT: Final = "s"


class CountedStreets:
    """The ways between the counted turns of a network, found once; gives the demand of any counts.

    A way is followed straight on where streets part between two signals, as nobody counted who turns off there. No more
    arrives at a signal than was counted before it; the rest of what was counted there comes from elsewhere, evenly.
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
        counted = {edge: sum(flows_veh_h[turn] for turn in turns) for edge, turns in self._from.items()}
        sent: defaultdict[str, float] = defaultdict(float)
        for turn in self._turns:
            if turn[2] in self._way:
                sent[self._way[turn[2]][0]] += flows_veh_h[turn]
        for before in self._turns:
            edge, needed_s = self._way.get(before[2], ("", 0.0))
            if not edge or flows_veh_h[before] <= 0 or counted[edge] <= 0:
                continue
            arrives = flows_veh_h[before] * min(1.0, counted[edge] / sent[edge])
            for after in self._from[edge]:
                links[before, after] = arrives * flows_veh_h[after] / counted[edge]
                ways_s[before, after] = needed_s
        return Volumes(dict(flows_veh_h), links, ways_s)


def _followers(net: Net) -> dict[str, frozenset[str]]:
    """Return where each street leads on: all that follow it, but those straight on where there are any."""
    found: defaultdict[str, set[tuple[bool, str]]] = defaultdict(set)
    for connection in net.connections:
        one, other = net.lanes.get(connection.from_lane), net.lanes.get(connection.to_lane)
        if one is not None and other is not None and one.motorised and other.motorised:
            found[one.edge_id].add((connection.direction == _STRAIGHT, other.edge_id))
    ahead = {edge: {name for straight, name in rows if straight} for edge, rows in found.items()}
    return {edge: frozenset((ahead[edge] or {name for _, name in rows}) - {edge}) for edge, rows in found.items()}


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
    for unit in (unit for unit in world.units if len(unit.site.stages) > 1):
        signal = unit.site.signal_id
        if signal not in signals:
            raise InvalidInputError(f"counts: none of signal {signal}; count every signal")
        missing = missing_turns(signal, turns_of(unit, world), counted)
        if missing:
            raise InvalidInputError(f"counts: signal {signal}, {missing}")
