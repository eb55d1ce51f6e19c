"""A detailed run that also writes down what the model expects, so that it can be held against what happened.

Apart from the decisions: controllers do not hear of it, and neither lamps nor `decisions.jsonl` change. Asking the
model costs about a third of a decision, so that not every decision is taken, but those of every tenth second.
"""

from pathlib import Path
from typing import Final

from optimiser.foresight import Foresight
from optimiser.rollout_settings import RolloutSettings
from signal_ctrl.domain.detection import Detection
from signal_ctrl.domain.view import JunctionView
from signal_ctrl.engine.junction import JunctionEngine, Record
from signal_ctrl.engine.transitions import stage_tables
from sumo_scenarios.controllers import settings_of
from sumo_scenarios.driver import ControlledJunction, KernelDriver, couple
from sumo_scenarios.driver_ports import Sensor
from sumo_scenarios.engine_driver import last_ds
from sumo_scenarios.hindsight import Hindsight
from sumo_scenarios.logs import EventLog
from sumo_scenarios.measures.evidence import PREDICTIONS
from sumo_scenarios.measures.predictions import Prediction, write_predictions
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.world import SignalUnit, World

EVERY_DS: Final = 100


class RememberingSensor:
    """A sensor that remembers the last view."""

    def __init__(self, sensor: Sensor) -> None:
        self._sensor = sensor
        self.last: JunctionView | None = None

    def read(self, time_s: float) -> None:
        """Take in what the last step brought. [s]"""
        self._sensor.read(time_s)

    def view(self, time_s: float, engine: JunctionEngine) -> JunctionView:
        """Return the view of this moment. [s]"""
        self.last = self._sensor.view(time_s, engine)
        return self.last

    def detection(self) -> Detection:
        """Return how much of the junction is still seen."""
        return self._sensor.detection()


class ForetoldJunction(ControlledJunction):
    """A signal whose decisions are kept for a while."""

    def __init__(self, unit: SignalUnit, engine: JunctionEngine, sensor: Sensor, hindsight: Hindsight) -> None:
        self.remembering = RememberingSensor(sensor)
        super().__init__(unit, engine, self.remembering)
        self.hindsight = hindsight

    def decide(self, time_s: float, now_ds: int) -> Record | None:
        """Look and decide, and keep what the decision was made on. [s], [ds]"""
        stage = self.engine.core.stage
        record = super().decide(time_s, now_ds)
        view = self.remembering.last
        if record is not None and record.decision is not None and view is not None and now_ds % EVERY_DS == 0:
            self.hindsight.note(time_s, view, stage)
        self.hindsight.see(time_s, self.engine.core.stage)
        return record


class ForetellingDriver(KernelDriver):
    """Signals under adaptive control whose model is asked again in hindsight."""

    def __init__(
        self,
        evidence: Path,
        world: World,
        settings: RunSettings,
        simulation: Simulation,
        folder: Path,
        begin_s: float,
        events: EventLog,
    ) -> None:
        super().__init__(world, settings, simulation, folder, begin_s, events)
        junctions = self._junctions
        self._junctions = tuple(
            ForetoldJunction(each.unit, each.engine, each.sensor, hindsight_of(each.engine, settings))
            for each in junctions
        )
        couple(self._junctions, {each.signal: each.partner.signal for each in junctions if each.partner is not None})
        self._found: list[Prediction] = []
        self._file = evidence / PREDICTIONS

    def step(self, time_s: float) -> None:
        """Act as ever, then ask the model about the decisions whose time ahead has passed. [s]"""
        super().step(time_s)
        if last_ds(time_s) % EVERY_DS == 0:
            for junction in self._junctions:
                if isinstance(junction, ForetoldJunction):
                    self._found += junction.hindsight.due(time_s)

    def finish(self) -> None:
        """Write the predictions."""
        super().finish()
        write_predictions(self._file, self._found)


def hindsight_of(engine: JunctionEngine, settings: RunSettings) -> Hindsight:
    """Return the hindsight of a signal under adaptive control with the settings of a run."""
    found = settings_of(settings.controller, settings.options)
    rollout = found if isinstance(found, RolloutSettings) else RolloutSettings()
    model = Foresight(engine.layout, stage_tables(engine.kernel), rollout)
    return Hindsight(engine.layout.signal_id, model)
