"""The driver of a run with a closure: counts, proposes the diversion as the centre would, and plays the drivers."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from signal_ctrl.domain.documents import canonical
from signal_ctrl.domain.plan import Plan, SignalPlan
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.kernel.kernel import Kernel
from signal_ctrl.watch.diversion.passing import passing_of
from signal_ctrl.watch.diversion.proposal import RECOVERS_S, Proposal, Situation, propose
from signal_ctrl.watch.diversion.signal_plans import RouteSignal, route_signal
from signal_ctrl.watch.diversion.turning import Floats, turning_of
from signal_ctrl.watch.diversion.values import Limit
from signal_ctrl.watch.diversion.ways import Map
from sumo_scenarios.diversion_loop.counting import RoadCounts
from sumo_scenarios.diversion_loop.drivers import EVERY_S, Drivers
from sumo_scenarios.diversion_loop.order import COUNTED_S, ORDERED_AFTER_S, Arm, DiversionOrder
from sumo_scenarios.diversion_loop.street import guidance_of, roads_of_world
from sumo_scenarios.driver import Driver, make_driver
from sumo_scenarios.engine_driver import EngineDriver
from sumo_scenarios.logs import EventLog
from sumo_scenarios.outer_driver import OuterDriver
from sumo_scenarios.plan_driver import ScheduledJunction
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.world import World

COUNTS: Final = "road_counts.json"
PROPOSED: Final = "proposed.json"
DROVE: Final = "drivers.json"
_LOOK_EVERY_S: Final = 30.0
_CONCERNED: Final = 0.05


@dataclass(slots=True)
class DivertedPlans:
    """The plans in force: those that stand, or for a time those of a diversion."""

    standing: Plan
    diverted: dict[str, SignalPlan] = field(default_factory=dict)

    def of(self, signal: str, now_ds: int) -> SignalPlan | None:
        """Return the plan of a signal in force. [ds]"""
        return self.diverted.get(signal) or self.standing.of(signal)


class DiversionDriver(OuterDriver):
    """Acts for signals as usual, and for the closure besides."""

    def __init__(
        self,
        order: DiversionOrder,
        world: World,
        settings: RunSettings,
        simulation: Simulation,
        folder: Path,
        begin_s: float,
        events: EventLog,
    ) -> None:
        self._order, self._world, self._simulation, self._folder = order, world, simulation, folder
        self._plans = DivertedPlans(settings.plan) if settings.controller == "fixed" and settings.plan else None
        super().__init__(self._inner_driver(settings, begin_s, events))
        self._network = roads_of_world(world, begin_s)
        self._names = [road.road for road in self._network.roads]
        self._counts = RoadCounts(simulation, self._names)
        self._drivers = Drivers(simulation, order.road, settings.seed, order.compliance, order.patience_s)
        self._flow: Floats | None = None
        self._ways: dict[str, list[tuple[str, ...]]] = {}
        self._streets: Map | None = None
        self._before: list[str] = []
        self._recovery: dict[str, SignalPlan] = {}
        self._next_look_s = self._next_patience_s = begin_s

    def _inner_driver(self, settings: RunSettings, begin_s: float, events: EventLog) -> Driver:
        if self._plans is None:
            return make_driver(self._world, settings, self._simulation, self._folder, begin_s, events)
        plans, method = self._plans, settings.transition
        junctions = [ScheduledJunction(unit, plans, method, begin_s) for unit in self._world.units]
        return EngineDriver(junctions, self._simulation, self._folder, begin_s, events)

    def step(self, time_s: float) -> None:
        """Act for signals; count, propose, and let drivers read and lose patience. [s]"""
        self._inner.step(time_s)
        order = self._order
        if not order.arm.closed:
            self._counts.count(time_s)
            return
        if order.closed_from_s - COUNTED_S <= time_s < order.closed_from_s:
            self._counts.count(time_s)
        if self._flow is None and time_s >= order.closed_from_s:
            self._flow = self._counts.flow_veh_h(time_s)
            self._before = self._upstream(self._flow)
        if self._flow is not None and time_s <= order.closed_to_s:
            self._act(time_s, self._flow)
        elif self._plans is not None and time_s > order.closed_to_s:
            self._plans.diverted = self._recovery if time_s <= order.closed_to_s + RECOVERS_S else {}

    def _act(self, time_s: float, flow_veh_h: Floats) -> None:
        order = self._order
        if time_s >= self._next_look_s:
            self._counts.look()
            self._next_look_s = time_s + _LOOK_EVERY_S
        ordered = time_s >= order.closed_from_s + ORDERED_AFTER_S
        if order.arm.diverts and ordered and self._streets is None:
            self._propose(flow_veh_h)
        if self._streets is not None:
            self._drivers.read_signs(self._ways, self._streets)
        if math.isfinite(order.patience_s) and time_s >= self._next_patience_s:
            self._next_patience_s = time_s + EVERY_S
            self._drivers.lose_patience(self._before, time_s, self._map_now())

    def _map_now(self) -> Map:
        """Return the map as drivers know it who look round: by today's speeds."""
        return Map(self._network, dict(zip(self._names, self._counts.time_s(), strict=True)))

    def _upstream(self, flow_veh_h: Floats) -> list[str]:
        passing = passing_of(self._network, turning_of(self._network, flow_veh_h), self._order.road)
        return [name for name, chance in zip(self._names, passing.chance, strict=True) if chance > _CONCERNED]

    def _propose(self, flow_veh_h: Floats) -> None:
        self._streets, order = self._map_now(), self._order
        limit = Limit(order.road, 0.0, 0, round(1000 * (order.closed_s - ORDERED_AFTER_S)))
        guidance = guidance_of(self._world, self._network, dict(zip(self._names, flow_veh_h, strict=True)))
        situation = Situation(
            self._network, guidance, flow_veh_h, self._streets.time_s, self._signals(guidance.by_signal),
            order.wave, order.gated,
        )  # fmt: skip
        proposal = propose(situation, limit, order.compliance)
        for way in proposal.ways:
            self._ways.setdefault(way.roads[0], []).append(way.roads)
        if order.arm is Arm.SIGNALS and self._plans is not None:
            self._plans.diverted = {plan.signal_id: plan for plan in proposal.plans}
            self._recovery = {plan.signal_id: plan for plan in proposal.recovery_plans}
        (self._folder / PROPOSED).write_text(canonical(proposal_row(proposal)) + "\n", encoding="utf-8")

    def _signals(self, movements: Mapping[str, Any]) -> tuple[RouteSignal, ...]:
        if self._order.arm is not Arm.SIGNALS or self._plans is None:
            return ()
        found = []
        for unit in self._world.units:
            plan, own = self._plans.standing.of(unit.site.signal_id), movements.get(unit.site.signal_id)
            if plan is not None and own is not None:
                found.append(route_signal(Kernel(unit.site), own, plan))
        return tuple(found)

    def finish(self) -> None:
        """Close what is open, and write what was counted."""
        self._inner.finish()
        counts = dict(zip(self._names, map(int, self._counts.vehicles), strict=True))
        (self._folder / COUNTS).write_text(canonical({"vehicles": counts}) + "\n", encoding="utf-8")
        drove = self._drivers
        row = {"read": drove.read, "diverted": drove.diverted, "own_way": drove.own_way, "not_sent": drove.lost}
        (self._folder / DROVE).write_text(canonical(row) + "\n", encoding="utf-8")


def proposal_row(proposal: Proposal) -> dict[str, Any]:
    """Return a proposal as a row for people and figures."""
    return {
        "affected_veh_h": proposal.affected_veh_h,
        "delay_without_veh_h": proposal.delay_without_veh_h,
        "delay_with_veh_h": proposal.delay_with_veh_h,
        "ways": [
            {
                "sign": w.sign_id,
                "roads": list(w.roads),
                "flow_veh_h": w.flow_veh_h,
                "time_s": w.time_s,
                "usual_s": w.usual_s,
            }
            for w in proposal.ways
        ],
        "signals": [plan.signal_id for plan in proposal.plans],
        "recovering": [plan.signal_id for plan in proposal.recovery_plans],
        "gates": [{"road": g.road, "from_veh_h": g.from_veh_h, "to_veh_h": g.to_veh_h} for g in proposal.gates],
        "notes": list(proposal.notes),
    }


def usual_flows(network: RoadNetwork, counts: Mapping[str, int], hours: float) -> Floats:
    """Return the flows of a usual day from its counts. [veh/h]"""
    return np.array([counts.get(road.road, 0) / hours for road in network.roads])
