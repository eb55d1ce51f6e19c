"""A scenario with its plan and volumes as an exchange of streets, volumes and timing."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.counts import Turn
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import Plan, SignalPlan
from signal_ctrl.domain.site import Right
from signal_ctrl.engine.acceptance import check_plan
from signal_ctrl.gateways.exchange import (
    HEADINGS,
    TURNS,
    Exchange,
    Movement,
    NemaUnit,
    Node,
    NodeKind,
    NodeTiming,
    Street,
)
from signal_ctrl.kernel.kernel import Kernel
from sumo_scenarios.net_reader import Net
from sumo_scenarios.utdf_map import UtdfMap, bearing, distinct_headings, network_map
from sumo_scenarios.utdf_stages import MOST_NUMBERS, groups_by_movement, nema_units, node_timing, numbers_of
from sumo_scenarios.world import SignalUnit, World

MOST_EDGES: Final = 50
_MAIN: Final = ("T", "L", "R", "L2", "R2", "U")
"""To which of its movements a lane counts: the first of these."""


@dataclass(frozen=True, slots=True)
class UtdfExport:
    """The exchange, its map, and signals that UTDF cannot express, each with the reason."""

    exchange: Exchange
    map: UtdfMap
    left_out: tuple[tuple[str, str], ...]


def world_exchange(world: World, plan: Plan, volumes: Mapping[Turn, float]) -> UtdfExport:
    """Return a world with a plan and the demand of its turns [veh/h].

    Raises: InvalidInputError if the signals cannot keep the plan or UTDF can express none of them.
    """
    kernels = {unit.site.signal_id: Kernel(unit.site) for unit in world.units}
    check_plan(plan, tuple(unit.site for unit in world.units), kernels)
    numbering, left_out = network_map(world)
    maker = _Maker(world.net, numbering, volumes)
    reasons = list(left_out)
    for unit in world.units:
        signal = unit.site.signal_id
        if signal in numbering.nodes:
            try:
                maker.add(unit, kernels[signal], plan.of(signal))
            except InvalidInputError as error:
                reasons.append((signal, str(error).removeprefix(f"signal {signal}: ")))
    if not maker.movements:
        raise InvalidInputError(f"UTDF cannot express any signal: {'; '.join(f'{s}: {why}' for s, why in reasons)}")
    return UtdfExport(maker.exchange(world.units), numbering, tuple(reasons))


@dataclass(frozen=True, slots=True)
class _Way:
    """A street between two signals, or from or to the edge of what is exported. [m]"""

    signal: str
    edge: str
    length_m: float


class _Maker:
    """Collects the parts of an exchange signal by signal."""

    def __init__(self, net: Net, numbering: UtdfMap, volumes: Mapping[Turn, float]) -> None:
        self.movements: list[Movement] = []
        self._net = net
        self._map = numbering
        self._volumes = volumes
        self._nodes = numbering.nodes
        self._units: list[NemaUnit] = []
        self._timings: list[NodeTiming] = []
        self._placed: dict[str, SignalUnit] = {}

    def add(self, unit: SignalUnit, kernel: Kernel, plan: SignalPlan | None) -> None:
        """Take in a signal. Raises: InvalidInputError if UTDF cannot express it; then nothing of it is taken in."""
        signal = unit.site.signal_id
        node = self._nodes[signal]
        own = nema_units(node, kernel, plan) if plan is not None else ()
        movements = self._movements_of(unit, node, plan)
        if plan is not None:
            self._units += own
            self._timings.append(node_timing(node, plan, own))
        self.movements += movements
        self._placed[signal] = unit

    def _movements_of(self, unit: SignalUnit, node: int, plan: SignalPlan | None) -> list[Movement]:
        keys = self._map.keys_of(unit.site.signal_id)
        edges = {key: ends for ends, key in keys.items()}
        exits = [self._net.lanes[e.lane_id].edge_id for e in unit.layout.exits]
        greens = groups_by_movement(unit, keys, exits)
        lanes = lanes_of(unit, keys, exits)
        found = []
        for key, ends in edges.items():
            rights = {right: self._numbers(unit, plan, greens.get(key, ()), right, key) for right in Right}
            found.append(
                Movement(
                    node=node,
                    key=key,
                    up_node=0,
                    to_node=0,
                    lanes=lanes[key][0],
                    shared=lanes[key][1],
                    volume_veh_h=float(round(self._volumes.get((unit.site.signal_id, *ends), 0.0))),
                    protected=rights[Right.PROTECTED],
                    permitted=rights[Right.PERMISSIVE],
                )
            )
        return found

    def _numbers(
        self, unit: SignalUnit, plan: SignalPlan | None, groups: Sequence[int], right: Right, key: str
    ) -> tuple[int, ...]:
        numbers = numbers_of(unit.site, plan, groups, right) if plan is not None and right.is_green else ()
        if len(numbers) > MOST_NUMBERS:
            raise InvalidInputError(f"{key} has green in {len(numbers)} stages; UTDF knows {MOST_NUMBERS}")
        return numbers

    def exchange(self, units: Sequence[SignalUnit]) -> Exchange:
        """Return the whole: streets between signals, the others from and to nodes at the edge."""
        town = _Streets(self._net, self._map, self._placed)
        ordered = sorted(self.movements, key=lambda m: (m.node, HEADINGS.index(m.heading), TURNS.index(m.key[2:])))
        movements = tuple(town.placed(movement) for movement in ordered)
        return Exchange(town.nodes(), town.streets(), movements, tuple(self._units), tuple(self._timings))


def lanes_of(unit: SignalUnit, keys: Mapping[tuple[str, str], str], exits: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return (lanes, shared) of each movement: shared lanes count for the through movement, else for the left turn."""
    own = dict.fromkeys(keys.values(), 0)
    shared = dict.fromkeys(keys.values(), 0)
    order = {turn: index for index, turn in enumerate(TURNS)}
    for lane in unit.layout.lanes:
        moves = [unit.layout.movements[m] for m in lane.movements]
        turns = {keys[lane.edge_id, exits[m.exit]][2:] for m in moves if (lane.edge_id, exits[m.exit]) in keys}
        if not turns:
            continue
        heading = next(keys[lane.edge_id, exits[m.exit]][:2] for m in moves if (lane.edge_id, exits[m.exit]) in keys)
        main = next(turn for turn in _MAIN if turn in turns)
        left = any(order[turn] < order[main] for turn in turns)
        right = any(order[turn] > order[main] for turn in turns)
        own[heading + main] += 1
        shared[heading + main] |= left | right << 1
    return {key: (own[key], shared[key]) for key in own}


class _Streets:
    """Nodes and streets around the signals that are exported."""

    def __init__(self, net: Net, numbering: UtdfMap, units: Mapping[str, SignalUnit]) -> None:
        self._net = net
        self._map = numbering
        self._units = units
        self._number = numbering.nodes
        self._approaches = {s: {e: key[:2] for (e, _), key in numbering.keys_of(s).items()} for s in units}
        self._exits = {s: sorted({e for _, e in numbering.keys_of(s)}) for s in units}
        self._signal_of = {e: s for s, edges in self._approaches.items() for e in edges}
        self._exit_signals: defaultdict[str, set[str]] = defaultdict(set)
        for signal, edges in self._exits.items():
            for edge in edges:
                self._exit_signals[edge].add(signal)
        self._ends: dict[tuple[str, str], int] = {}
        self._outer: list[Node] = []
        self._up = {(s, e): self._origin(s, e) for s, edges in self._approaches.items() for e in edges}
        self._down = {(s, e): self._target(s, e) for s, edges in self._exits.items() for e in edges}

    def placed(self, movement: Movement) -> Movement:
        """Return a movement with the nodes that it comes from and leads to."""
        signal, before, behind = self._map.turns[movement.node, movement.key]
        up_node, to_node = self._node_before(signal, before), self._node_behind(signal, behind)
        return Movement(
            movement.node, movement.key, up_node, to_node, movement.lanes, movement.shared, movement.volume_veh_h,
            movement.protected, movement.permitted,
        )  # fmt: skip

    def nodes(self) -> tuple[Node, ...]:
        """Return the signals, then the nodes at the edge; those exist once streets and movements have been made."""
        signals = [
            Node(self._number[s], NodeKind.SIGNAL, *self._position(next(iter(edges)), True), s)
            for s, edges in self._approaches.items()
        ]
        self.streets()
        return (*signals, *self._outer)

    def streets(self) -> tuple[Street, ...]:
        """Return the streets to the signals, and those from them to the nodes at the edge."""
        found = []
        for signal, edges in self._approaches.items():
            for edge, heading in edges.items():
                way = self._up[signal, edge]
                length_m = way.length_m if self._is_between(signal, edge) else self._length_m(edge)
                up_node = self._node_before(signal, edge)
                found.append(self._street(self._number[signal], heading, up_node, edge, length_m))
        return (*found, *self._outward())

    def _outward(self) -> list[Street]:
        by_node: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
        for signal, edges in self._exits.items():
            for edge in edges:
                node = self._node_behind(signal, edge)
                if node not in self._number.values():
                    by_node[node].append((signal, edge))
        found = []
        for node, ends in by_node.items():
            headings = distinct_headings({edge: bearing(self._net, edge) for _, edge in ends})
            for signal, edge in ends:
                found.append(self._street(node, headings[edge], self._number[signal], edge, self._length_m(edge)))
        return found

    def _street(self, node: int, heading: str, up_node: int, edge: str, length_m: float) -> Street:
        lanes = self._net.edges[edge].lanes
        return Street(node, heading, up_node, len(lanes), length_m, max(lane.speed_mps for lane in lanes), edge)

    def _node_before(self, signal: str, edge: str) -> int:
        if self._is_between(signal, edge):
            return self._number[self._up[signal, edge].signal]
        return self._edge_node(signal, edge, self._net.edges[edge].from_node, False)

    def _node_behind(self, signal: str, edge: str) -> int:
        way = self._down[signal, edge]
        if way.signal and way.signal != signal and self._is_between(way.signal, way.edge):
            up = self._up[way.signal, way.edge]
            if (up.signal, up.edge) == (signal, edge):
                return self._number[way.signal]
        return self._edge_node(signal, edge, self._net.edges[edge].to_node, True)

    def _is_between(self, signal: str, edge: str) -> bool:
        """Return whether an approach comes straight from another signal, and nobody else does from there."""
        way = self._up[signal, edge]
        if not way.signal or way.signal == signal:
            return False
        down = self._down[way.signal, way.edge]
        others = [e for e in self._approaches[signal] if self._up[signal, e].signal == way.signal]
        return (down.signal, down.edge) == (signal, edge) and others[0] == edge

    def _edge_node(self, signal: str, edge: str, junction: str, outward: bool) -> int:
        """Return the node where a street begins or ends; the two directions of a street share it."""
        beside = self._approaches[signal] if not outward else dict.fromkeys(self._exits[signal])
        end = "to_node" if outward else "from_node"
        twins = sorted(e for e in beside if getattr(self._net.edges[e], end) == junction)
        key = (signal, f"{junction} {twins.index(edge)}")
        if key not in self._ends:
            self._ends[key] = max(self._number.values()) + len(self._ends) + 1
            place = self._position(edge, outward)
            self._outer.append(Node(self._ends[key], NodeKind.EXTERNAL, *place))
        return self._ends[key]

    def _position(self, edge: str, at_end: bool) -> tuple[float, float]:
        found = self._net.edges[edge]
        junction = self._net.junctions.get(found.to_node if at_end else found.from_node)
        return junction.position if junction is not None else (0.0, 0.0)

    def _length_m(self, edge: str) -> float:
        return max(lane.length_m for lane in self._net.edges[edge].lanes)

    def _origin(self, signal: str, edge: str) -> _Way:
        """Follow an approach upstream while one street alone feeds it, to the signal that it comes from."""
        length_m, current = self._length_m(edge), edge
        for _ in range(MOST_EDGES):
            signals = self._exit_signals.get(current, set())
            if signals:
                return _Way(next(iter(signals)) if len(signals) == 1 else "", current, length_m)
            before = self._neighbours(current, upstream=True)
            if len(before) != 1:
                break
            current = before.pop()
            length_m += self._length_m(current)
        return _Way("", current, length_m)

    def _target(self, signal: str, edge: str) -> _Way:
        """Follow an exit downstream while there is one way on, to the signal that it leads to."""
        length_m, current = self._length_m(edge), edge
        for _ in range(MOST_EDGES):
            if current in self._signal_of:
                return _Way(self._signal_of[current], current, length_m)
            behind = self._neighbours(current, upstream=False)
            if len(behind) != 1:
                break
            current = behind.pop()
            length_m += self._length_m(current)
        return _Way("", current, length_m)

    def _neighbours(self, edge: str, upstream: bool) -> set[str]:
        table = self._net.incoming if upstream else self._net.outgoing
        found = set()
        for lane in self._net.edges[edge].lanes:
            for c in table.get(lane.lane_id, ()):
                other = self._net.lanes[c.from_lane if upstream else c.to_lane].edge_id
                if c.direction != "t" and self._net.edges[other].function == "":
                    found.add(other)
        return found
