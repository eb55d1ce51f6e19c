"""Loops that count everybody who leaves a junction by an exit: on the edge behind it, or on what alone follows that."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.network import JunctionLayout, LoopRole
from sumo_scenarios.layout import TURN_BACK
from sumo_scenarios.net_reader import Connection, Net
from sumo_scenarios.world import SignalUnit

_LONGEST_CHAIN: Final = 20


@dataclass(frozen=True, slots=True)
class ExitLoops:
    """The loops, as (signal, channel), that count an exit, and how far behind the exit's begin they lie. [m]"""

    keys: tuple[tuple[str, int], ...]
    behind_m: float


class ExitFinder:
    """Finds the loops of exits of one network."""

    def __init__(
        self,
        net: Net,
        units: Sequence[SignalUnit],
        outgoing: Mapping[str, Sequence[Connection]],
        failed: Collection[tuple[str, int]] = (),
    ) -> None:
        """Args: outgoing, connections that leave each edge; failed, loops that do not count."""
        self._net, self._units, self._outgoing, self._failed = net, units, outgoing, failed

    def of_signal(self, layout: JunctionLayout) -> dict[str, ExitLoops]:
        """Return the loops by exit edge, of those exits that have loops on all lanes and nobody else comes to."""
        found: dict[str, ExitLoops] = {}
        own = {lane.edge_id for lane in layout.lanes}
        for edge in sorted({self._net.lanes[e.lane_id].edge_id for e in layout.exits}):
            if not self._feeders(edge) <= own:
                continue
            way_m = 0.0
            for one in self._chain(edge):
                lanes = self._motor_lanes(one)
                loops = self._counting(lanes, way_m)
                if loops is not None:
                    found[edge] = loops
                    break
                way_m += max((self._net.lanes[lane].length_m for lane in lanes), default=0.0)
        return found

    def _motor_lanes(self, edge: str) -> list[str]:
        return [lane.lane_id for lane in self._net.edges[edge].lanes if lane.motorised]

    def _feeders(self, edge: str) -> set[str]:
        lanes = {c.from_lane for lane in self._motor_lanes(edge) for c in self._net.incoming.get(lane, ())}
        return {self._net.lanes[lane].edge_id for lane in lanes if lane in self._net.lanes}

    def _chain(self, edge: str) -> list[str]:
        """Return an edge and those behind it that hold the same vehicles: nobody joins, nobody leaves, no signal."""
        chain = [edge]
        while len(chain) < _LONGEST_CHAIN:
            out = self._outgoing.get(chain[-1], ())
            ahead = {self._net.lanes[c.to_lane].edge_id for c in out if c.to_lane in self._net.lanes}
            turns_back = all(c.direction == TURN_BACK for c in out)
            signals = any(c.signal for c in out)
            if len(ahead) != 1 or signals or turns_back or self._feeders(next(iter(ahead))) != {chain[-1]}:
                break
            chain.append(next(iter(ahead)))
        return chain

    def _counting(self, lanes: Sequence[str], way_m: float) -> ExitLoops | None:
        """Return the loops of one role that lie on all of some lanes, None if there are none. [m]"""
        for role in (LoopRole.ADVANCE, LoopRole.MIDDLE):
            keys, missing, places_m = [], set(lanes), []
            for unit in self._units:
                for loop in unit.layout.loops:
                    key = (unit.site.signal_id, loop.channel)
                    if loop.role is role and loop.lane_id in missing and key not in self._failed:
                        keys.append(key)
                        places_m.append(loop.position_m)
                        missing.discard(loop.lane_id)
            if not missing and keys:
                return ExitLoops(tuple(keys), way_m + sum(places_m) / len(places_m))
        return None


def outgoing_of(net: Net) -> dict[str, tuple[Connection, ...]]:
    """Return the connections that leave each edge."""
    found: dict[str, list[Connection]] = {}
    for connections in net.incoming.values():
        for connection in connections:
            if connection.from_lane in net.lanes:
                found.setdefault(net.lanes[connection.from_lane].edge_id, []).append(connection)
    return {edge: tuple(own) for edge, own in found.items()}
