"""A recorded run repeated with its sensors on, so that one decision can be asked for once more.

Lamps come from the record, so that the traffic is that of the run whatever today's code would decide. The estimators
see it as they did then; the controller of one signal is asked at each of its decisions, because it remembers what it
had planned.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from optimiser.controller import Decision, inputs_hash
from signal_ctrl.domain.view import JunctionView
from sumo_scenarios.controllers import maker_of, settings_of
from sumo_scenarios.decision_tape import DecisionTape
from sumo_scenarios.driver import ControlledJunction, choosing_units, couple, neighbour_of, partners
from sumo_scenarios.explanation import candidates_document, inputs_document, lamps_document
from sumo_scenarios.foretelling import hindsight_of
from sumo_scenarios.hindsight import Hindsight
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
        for junction, unit in zip(self._junctions, choosing_units(world, chosen), strict=True):
            junction.unit = unit
        couple(self._junctions, partners(world.units, chosen))
        around, other = neighbour_of(asked.unit, asked.engine.kernel), asked.partner
        self._partner = other
        neighbour = neighbour_of(other.unit, other.engine.kernel) if other is not None else None
        self._controller = maker_of(chosen, EXPLAINED)(around.layout, around.tables, neighbour)
        self._hindsight: Hindsight = hindsight_of(asked.engine, settings)
        self._rung = (EXPLAINED, "")

    def decide_one(self, junction: ControlledJunction, time_s: float, now_ds: int) -> None:
        """Look, ask if this is the signal in question, and repeat what the log says. [s], [ds]"""
        question, mine = self._question, junction.signal == self._question.junction
        if now_ds <= question.at_ds and (mine or self._joined or junction is self._partner):
            view = junction.look(time_s)
            if mine:
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
        same = rebuilt == was.inputs and decision.stage == was.choice
        if now_ds < self._question.at_ds:
            self._question.decisions += self._rung[0] == EXPLAINED
            self._question.same += same and self._rung[0] == EXPLAINED
            return
        site, core = junction.unit.site, junction.engine.core
        self._question.document = {
            "rung": {"name": self._rung[0], "why": self._rung[1]},
            "lit": lamps_document(site, situation, core, row.calls),
            **inputs_document(site, junction.engine.layout, view),
            **_decision_document(situation.stage, was, rebuilt, decision),
        }
        self._hindsight.note(time_s, view, situation.stage)

    def _look_back(self, junction: ControlledJunction, time_s: float) -> None:
        self._hindsight.see(time_s, junction.engine.core.stage)
        found = self._hindsight.due(time_s)
        if found:
            self._question.prediction = found[0]


def _decision_document(present: int, was: Logged, rebuilt: str, now: Decision) -> dict[str, Any]:
    """Return what was decided, what is decided on what was rebuilt, and why. Args: present, the stage that was lit."""
    same = rebuilt == was.inputs and now.stage == was.choice
    return {
        "inputs": {"recorded": was.inputs, "rebuilt": rebuilt, "same": rebuilt == was.inputs},
        "candidates": candidates_document(now),
        "choice": was.choice,
        "chosen_again": now.stage == was.choice,
        "reason": was.reason,
        "words": was.words(present, now.candidates if same else was.candidates),
        "wish": None if was.ask < 0 else {"stage": was.ask, "refused": was.refused or None},
    }
