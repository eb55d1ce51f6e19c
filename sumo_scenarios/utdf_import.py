"""An exchange laid onto a scenario: turning counts with its edges and a plan for its signals."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from signal_ctrl.domain.counts import CountPeriod, Counts, Turn
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import Plan, SignalPlan
from signal_ctrl.engine.acceptance import refusals
from signal_ctrl.gateways.exchange import Exchange, Movement, NodeKind
from signal_ctrl.kernel.kernel import Kernel
from sumo_scenarios.utdf_map import UtdfMap, network_map
from sumo_scenarios.utdf_stages import groups_by_movement, signal_plan
from sumo_scenarios.world import SignalUnit, World

HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class UtdfImport:
    """What an exchange says of a scenario: plans by signal, counts, and who is left out, each with the reason."""

    signals: tuple[SignalPlan, ...]
    counts: Counts
    left_out: tuple[tuple[str, str], ...]
    map: UtdfMap

    def plan(self, name: str) -> Plan:
        """Return the plan of the signals that have one. Raises: InvalidInputError if none has."""
        if not self.signals:
            raise InvalidInputError("no signal can be expressed: " + said(self.left_out))
        return Plan(name, self.signals)


def said(left_out: tuple[tuple[str, str], ...]) -> str:
    """Return who is left out and why, in one line."""
    return "; ".join(f"{who}: {why}" for who, why in left_out) or "it names none"


def neutral_counts(exchange: Exchange, begin_s: float) -> Counts:
    """Return the volumes as counts of an hour; signals and edges are called by the numbers of nodes. [s]"""
    signals = {node.node for node in exchange.nodes if node.kind is NodeKind.SIGNAL}
    found: dict[Turn, float] = {}
    for m in exchange.movements:
        if m.node in signals:
            turn = (str(m.node), f"{m.up_node}", f"{m.to_node}")
            found[turn] = found.get(turn, 0.0) + m.volume_veh_h
    return _hour(found, begin_s)


def lay_onto(exchange: Exchange, world: World, given: UtdfMap | None, begin_s: float) -> UtdfImport:
    """Return counts and plans for a world.

    Args: given, which movement is which turn; without it, the numbering of an export of the same network.
    Raises: InvalidInputError if the file was not numbered so, or has volumes on movements that the map lacks.
    """
    numbering = given if given is not None else _own_numbering(exchange, world)
    counts = _hour(_mapped(exchange, numbering), begin_s)
    plans: list[SignalPlan] = []
    left_out: list[tuple[str, str]] = []
    for unit in world.units:
        signal = unit.site.signal_id
        try:
            plan = _signal(exchange, unit, world, numbering)
            plans += [plan] if plan is not None else []
        except InvalidInputError as error:
            node = numbering.nodes.get(signal)
            who = f"signal {signal}" + (f" (node {node})" if node is not None else "")
            left_out.append((who, str(error).removeprefix(f"signal {signal}: ")))
    return UtdfImport(tuple(plans), counts, tuple(left_out), numbering)


def _own_numbering(exchange: Exchange, world: World) -> UtdfMap:
    numbering, _ = network_map(world)
    names = {node.node: node.name for node in exchange.nodes if node.kind is NodeKind.SIGNAL}
    for signal, node in numbering.nodes.items():
        if names.get(node, signal) != signal:
            raise InvalidInputError(
                f"node {node} is '{names[node]}', but in this network's own numbering it is signal {signal}; give --map"
            )
    if not set(names) & set(numbering.nodes.values()):
        raise InvalidInputError("no signal of the file has a number of this network's own; give --map")
    kept = {key: turn for key, turn in numbering.turns.items() if key[0] in names}
    return UtdfMap(kept)


def _mapped(exchange: Exchange, numbering: UtdfMap) -> Mapping[Turn, float]:
    found: dict[Turn, float] = {}
    nodes = set(numbering.nodes.values())
    for m in exchange.movements:
        if m.node in nodes:
            turn = numbering.turns.get((m.node, m.key))
            if turn is not None:
                found[turn] = m.volume_veh_h
            elif m.volume_veh_h > 0:
                raise InvalidInputError(f"node {m.node} {m.key} has {m.volume_veh_h:g} veh/h, but no row in the map")
    return found


def _hour(vehicles: Mapping[Turn, float], begin_s: float) -> Counts:
    if not vehicles:
        raise InvalidInputError("the file has no movement at a signal, hence no volumes")
    return Counts((CountPeriod(begin_s, begin_s + HOUR_S, vehicles),))


def _signal(exchange: Exchange, unit: SignalUnit, world: World, numbering: UtdfMap) -> SignalPlan | None:
    signal = unit.site.signal_id
    node = numbering.nodes.get(signal)
    if node is None or not exchange.units_of(node):
        if len(unit.site.stages) == 1:
            return None
        raise InvalidInputError("the file has no timing for it")
    exits = [world.net.lanes[e.lane_id].edge_id for e in unit.layout.exits]
    kernel = Kernel(unit.site)
    greens = groups_by_movement(unit, numbering.keys_of(signal), exits)
    for movement in _unknown(exchange, node, greens):
        raise InvalidInputError(f"{movement.key} has timing, but no row in the map")
    plan = signal_plan(exchange, node, kernel, greens)
    found = refusals(plan, kernel)
    if found:
        raise InvalidInputError(found[0])
    return plan


def _unknown(exchange: Exchange, node: int, greens: Mapping[str, tuple[int, ...]]) -> Iterator[Movement]:
    for movement in exchange.movements_of(node):
        if movement.key not in greens and movement.protected:
            yield movement
