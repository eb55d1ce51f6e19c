"""What diversion knows of a SUMO network: its roads, signs set up by a rule, and which group each turn is made at."""

from collections.abc import Mapping
from typing import Final

from optimiser.gap_acceptance import SATURATION_VEH_H
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.domain.signs import Sign
from signal_ctrl.watch.diversion.guidance import Guidance, SignalMovement, SignalMovements
from sumo_scenarios.city_feed.road_network import Equipment, network_of
from sumo_scenarios.demand_model import TURN_FACTOR
from sumo_scenarios.net_reader import Net
from sumo_scenarios.world import SignalUnit, World

SIGN_FLOW_VEH_H: Final = 100.0
SIGN_ROAD_M: Final = 80.0
"""A sign stands on each road that carries so much on a usual day, is so long, and leaves drivers a choice."""


def roads_of_world(world: World, begin_s: float) -> RoadNetwork:
    """Return the roads of a world. [s]"""
    return network_of(world.net, world.additional, begin_s, Equipment(loops_share=1.0))


def guidance_of(world: World, network: RoadNetwork, flow_veh_h: Mapping[str, float]) -> Guidance:
    """Return signs and movements. Args: flow_veh_h, what roads carry on a usual day. [veh/h]"""
    turns = {(turn.from_road, turn.to_road) for turn in network.turns}
    signals = (_movements(unit, world.net, turns) for unit in world.units)
    return Guidance(
        tuple(
            Sign(f"sign-{road.road}", road.road, 0.0)
            for road in network.roads
            if _has_sign(network, road.road, flow_veh_h)
        ),
        tuple(signal for signal in signals if signal is not None),
    )


def _has_sign(network: RoadNetwork, road: str, flow_veh_h: Mapping[str, float]) -> bool:
    own = network.of(road)
    onward = [t for t in network.following[road] if network.of(t.to_road).to_node != own.from_node]
    return flow_veh_h.get(road, 0.0) >= SIGN_FLOW_VEH_H and own.length_m >= SIGN_ROAD_M and len(onward) > 1


def _movements(unit: SignalUnit, net: Net, turns: set[tuple[str, str]]) -> SignalMovements | None:
    layout, found = unit.layout, []
    kept: dict[int, int] = {}
    for m, movement in enumerate(layout.movements):
        pair = (layout.lanes[movement.lane].edge_id, net.lanes[layout.exits[movement.exit].lane_id].edge_id)
        if movement.group >= 0 and pair in turns and net.lanes[layout.lanes[movement.lane].lane_id].motorised:
            kept[m] = len(kept)
    for m in kept:
        movement, lane = layout.movements[m], layout.lanes[layout.movements[m].lane]
        found.append(
            SignalMovement(
                group=unit.site.groups[movement.group].name,
                from_road=lane.edge_id,
                lane=int(lane.lane_id.rpartition("_")[2]),
                to_road=net.lanes[layout.exits[movement.exit].lane_id].edge_id,
                saturation_veh_h=SATURATION_VEH_H * TURN_FACTOR.get(movement.direction, 1.0),
                yields_to=tuple(kept[f] for f in movement.yields_to if f in kept),
            )
        )
    return SignalMovements(unit.site.signal_id, tuple(found)) if found else None
