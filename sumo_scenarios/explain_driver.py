"""A recorded run repeated with its sensors on, so that one decision can be asked for once more.

Lamps come from the record, so that the traffic is that of the run whatever today's code would decide. The estimators
see it as they did then; the controller of one signal is asked at each of its decisions, because it remembers what it
had planned.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from optimiser.bus_priority import PriorityController
from optimiser.controller import Decision, inputs_hash
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.domain.site import Site
from signal_ctrl.domain.view import JunctionView
from signal_ctrl.engine.bus_gate import NOT_KEPT, WITHHELD, cheapest_now
from signal_ctrl.watch.buses.fleet import key_of
from sumo_scenarios.buses.run_buses import RunBuses
from sumo_scenarios.buses.weighed import weighing
from sumo_scenarios.controllers import maker_of, settings_of
from sumo_scenarios.decision_tape import DecisionTape
from sumo_scenarios.driver import ControlledJunction, LoopSensor, choosing_units, couple, neighbour_of, partners
from sumo_scenarios.explanation import (
    bus_document,
    candidates_document,
    inputs_document,
    lamps_document,
    loops_document,
    weights_document,
)
from sumo_scenarios.foretelling import hindsight_of
from sumo_scenarios.hindsight import Hindsight
from sumo_scenarios.kerbs import RECALL, unit_with_crossings
from sumo_scenarios.logged import Logged, logged_of
from sumo_scenarios.logs import EventLog
from sumo_scenarios.measures.predictions import Prediction
from sumo_scenarios.replay import ReplayDriver
from sumo_scenarios.settings import EVENTS, RunSettings
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.world import World

EXPLAINED: Final = "adaptive"


@dataclass(slots=True)
class Question:
    """Which decision is asked for, and what was found: document, later prediction, how the others before fit. [ds]"""

    junction: str
    at_ds: int
    document: dict[str, Any] | None = None
    prediction: Prediction | None = None
    decisions: int = 0
    same: int = 0


class ExplainDriver(ReplayDriver):
    """Repeats a record, looks as the run looked, and asks the controller of one signal."""

    def __init__(
        self,
        tape: DecisionTape,
        question: Question,
        world: World,
        settings: RunSettings,
        simulation: Simulation,
        folder: Path,
        begin_s: float,
        events: EventLog,
    ) -> None:
        super().__init__(tape, world, settings, simulation, folder, begin_s, events)
        self._question = question
        self._joined = settings.sensing in EVENTS
        asked = next(each for each in self._junctions if each.signal == question.junction)
        chosen = settings_of(EXPLAINED, settings.options)
        units = choosing_units(world, chosen)
        if settings.crossings != RECALL:
            units = [unit_with_crossings(unit) for unit in units]
        for junction, unit in zip(self._junctions, units, strict=True):
            junction.unit = unit
        couple(self._junctions, partners(world.units, chosen))
        around, other = neighbour_of(asked.unit, asked.engine.kernel), asked.partner
        self._partner = other
        neighbour = neighbour_of(other.unit, other.engine.kernel) if other is not None else None
        self._buses, maker = None, maker_of(chosen, EXPLAINED)
        if settings.buses is not None:
            self._buses = RunBuses(world, settings.buses, simulation, settings.seed, begin_s)
            maker = weighing(maker, chosen, self._buses)
        self._decided_ds = frozenset(row.at_ds for row in tape.rows.values() if row.decided)
        self._controller = maker(around.layout, around.tables, neighbour)
        self._hindsight: Hindsight = hindsight_of(asked.engine, settings)
        self._rung = (EXPLAINED, "")

    def step(self, time_s: float) -> None:
        """Hear the buses as the run heard them, then act for every signal. [s]"""
        if self._buses is not None:
            self._buses.step(time_s)
            if round(time_s * 10) in self._decided_ds:  # whoever was asked then had who asks told, and that counts on
                self._buses.fleet.coming(time_s)
        super().step(time_s)

    def decide_one(self, junction: ControlledJunction, time_s: float, now_ds: int) -> None:
        """Look, ask if this is the signal in question, and repeat what the log says. [s], [ds]"""
        question, mine = self._question, junction.signal == self._question.junction
        if now_ds <= question.at_ds and (mine or self._joined or junction is self._partner):
            view = junction.look(time_s)
            if mine:
                view = junction.engine.compensated(view)
                self._follow_rungs(now_ds)
                self._ask(junction, view, time_s, now_ds)
        super().decide_one(junction, time_s, now_ds)
        if mine:
            self._look_back(junction, time_s)

    def _follow_rungs(self, now_ds: int) -> None:
        row = self._tape.rows.get((now_ds, self._question.junction))
        if row is not None and row.rung:
            self._rung = (row.rung, str(json.loads(row.text).get("why", "")))

    def _ask(self, junction: ControlledJunction, view: JunctionView, time_s: float, now_ds: int) -> None:
        situation = junction.engine.situation(junction.stages(time_s), now_ds, junction.beside)
        if situation is None:
            return
        decision, row = self._controller.decide(view, situation), self._tape.rows.get((now_ds, junction.signal))
        if row is None or not row.decided:
            return
        was = logged_of(self._tape, row)
        rebuilt = inputs_hash(view, junction.beside)
        same = rebuilt == was.inputs and _is_choice(decision, was, situation.stage)
        if now_ds < self._question.at_ds:
            self._question.decisions += self._rung[0] == EXPLAINED
            self._question.same += same and self._rung[0] == EXPLAINED
            return
        site, core = junction.unit.site, junction.engine.core
        self._question.document = {
            "rung": {"name": self._rung[0], "why": self._rung[1]},
            "lit": lamps_document(site, situation, core, row.calls),
            **inputs_document(site, junction.engine.layout, view),
            "doubted_loops": self._doubted(junction),
            **weights_document(site, junction.engine.layout, view, junction.engine.owed_s),
            "buses": self._weighed(site, junction.engine.layout),
            **_decision_document(situation.stage, was, rebuilt, decision),
        }
        self._hindsight.note(time_s, view, situation.stage)

    def _weighed(self, site: Site, layout: JunctionLayout) -> list[dict[str, Any]]:
        """Return the buses that were weighed in the last decision."""
        if self._buses is None or not isinstance(self._controller, PriorityController):
            return []
        names = {key_of(vehicle): vehicle for vehicle in self._buses.fleet.buses}
        return [bus_document(site, layout, bus, names.get(bus.key, "")) for bus in self._controller.near]

    @staticmethod
    def _doubted(junction: ControlledJunction) -> list[dict[str, Any]]:
        """Return the loops of a signal that were not fully believed; nothing where no loops are listened to."""
        sensor = junction.sensor
        return loops_document(junction.unit.layout, sensor.estimator.health) if isinstance(sensor, LoopSensor) else []

    def _look_back(self, junction: ControlledJunction, time_s: float) -> None:
        self._hindsight.see(time_s, junction.engine.core.stage)
        found = self._hindsight.due(time_s)
        if found:
            self._question.prediction = found[0]


def _decision_document(present: int, was: Logged, rebuilt: str, now: Decision) -> dict[str, Any]:
    """Return what was decided, what is decided on what was rebuilt, and why. Args: present, the stage that was lit."""
    again = _is_choice(now, was, present)
    same = rebuilt == was.inputs and again
    return {
        "inputs": {"recorded": was.inputs, "rebuilt": rebuilt, "same": rebuilt == was.inputs},
        "candidates": candidates_document(now),
        "choice": was.choice,
        "chosen_again": again,
        "priority": None
        if now.plain is None and was.plain is None
        else {
            "without_buses": was.plain,
            "with_buses": now.stage,
            "withheld": was.reason.removeprefix(WITHHELD) if was.reason.startswith(WITHHELD) else None,
            "rebuilt_without": now.plain,
        },
        "reason": was.reason,
        "words": was.words(present, now.candidates if same else was.candidates),
        "wish": None if was.ask < 0 else {"stage": was.ask, "refused": was.refused or None},
    }


def _is_choice(now: Decision, was: Logged, lit: int) -> bool:
    """Return whether a decision made again is the recorded one. The limits of priority may have put the plain one in
    its place, or the cheapest other stage where the lit one may be kept no longer; then the record says so.
    """
    withheld = was.reason.startswith(WITHHELD) and now.plain is not None and now.stage != now.plain
    ended = was.reason.startswith(NOT_KEPT) and now.plain is not None and now.stage == lit
    wanted = cheapest_now(now, lit) if ended else now.stage
    return now.plain == was.plain and was.choice == (now.plain if withheld else wanted)
