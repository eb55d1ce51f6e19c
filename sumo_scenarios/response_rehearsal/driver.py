"""The driver of a rehearsal: every signal keeps the plan that its cabinet is offered and takes its overrides up."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from signal_ctrl.cabinet.in_force import InForce
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import SignalPlan
from signal_ctrl.watch.responses.plan_values import Response
from sumo_scenarios.engine_driver import EngineDriver
from sumo_scenarios.logs import EventLog
from sumo_scenarios.plan_driver import ScheduledJunction
from sumo_scenarios.response_rehearsal.centre import RehearsalCentre, Town
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.world import World

ACTS: Final = "response.json"
"""What became of the response in a run: its parts, and what the kernels said to each override."""


@dataclass(frozen=True, slots=True)
class Script:
    """What is ordered, None for nothing, how long after the begin [s], and what else the centre knows."""

    response: Response | None
    at_s: float
    town: Town


class OfferedPlans:
    """The plan that each cabinet is offered, from its time on; the one before it until then."""

    def __init__(self, centre: RehearsalCentre) -> None:
        self._centre = centre
        self._kept: dict[str, SignalPlan] = {}

    def of(self, signal: str, now_ds: int) -> SignalPlan | None:
        """Return the plan of a signal in force. [ds]"""
        orders = self._centre.orders(signal)
        if orders.plan is not None and orders.not_before_utc_ms <= self._centre.clock.utc_ms():
            self._kept[signal] = orders.plan
        return self._kept.get(signal)


class RehearsalDriver(EngineDriver[ScheduledJunction]):
    """Signals of a centre that a response is ordered at; None: the same without one."""

    def __init__(
        self,
        script: Script,
        world: World,
        settings: RunSettings,
        simulation: Simulation,
        folder: Path,
        begin_s: float,
        events: EventLog,
    ) -> None:
        """Raises: InvalidInputError; RefusedError for a plan that no site keeps."""
        if settings.plan is None:
            raise InvalidInputError("a rehearsal needs the plan that is usual")
        sites = [unit.site for unit in world.units]
        self._response, self._order_s, self._folder = script.response, begin_s + script.at_s, folder
        self._centre = RehearsalCentre(sites, settings.plan, script.town, begin_s)
        plans = OfferedPlans(self._centre)
        junctions = [ScheduledJunction(unit, plans, settings.transition, begin_s) for unit in world.units]
        super().__init__(junctions, simulation, folder, begin_s, events)
        self._time_s, self._second = begin_s, -1
        self._said: list[dict[str, Any]] = []
        self._order: dict[str, Any] | None = None
        self._ended_s: float | None = None
        self._in_force = {j.signal: self._claims(j) for j in junctions}

    def _claims(self, junction: ScheduledJunction) -> InForce:
        def tell(override_id: str, code: str, words: str) -> None:
            said = {"at_s": self._time_s, "signal": junction.signal, "override": override_id}
            self._said.append({**said, "what": code, "text": words})

        return InForce(junction.engine.kernel.site, junction.engine, self._centre.clock, tell)

    def step(self, time_s: float) -> None:
        """Let the centre act once a second and bring its overrides in by the gate; then act for every signal. [s]"""
        self._centre.clock.pass_ms(round(1000 * time_s) - round(1000 * self._time_s))
        self._time_s = time_s
        if int(time_s) != self._second:
            self._second = int(time_s)
            self._act(time_s)
        super().step(time_s)

    def _act(self, time_s: float) -> None:
        if self._response is not None and self._order is None and time_s >= self._order_s:
            begun = self._centre.order(self._response)
            parts = [{"part": p.name, "kind": p.kind.value, "state": p.state.value} for p in begun.parts]
            self._order = {"at_s": time_s, "parts": parts}
        self._centre.tick()
        if self._order is not None and self._ended_s is None and not self._centre.live():
            self._ended_s = time_s
        for junction in self._junctions:
            orders = self._centre.orders(junction.signal)
            self._in_force[junction.signal].update(orders.overrides, junction.engine.frame_ds)

    def finish(self) -> None:
        """Write what became of the response, and end the centre."""
        super().finish()
        told = {"order": self._order, "ended_at_s": self._ended_s, "overrides": self._said}
        (self._folder / ACTS).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        self._centre.close()
