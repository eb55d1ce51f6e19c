"""A run over HTTP under plans: the centre issues them, each cabinet keeps its own, and adaptive control may advise.

The plan is issued before the first second to all cabinets at once, staged on each and committed, and begins with the
run. On a perfect wire the lamps are those of the plan kept in one process, to the frame.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from detectors.crossings.approaches import with_crossings
from detectors.crossings.waiting import CrossingSense
from detectors.loops.events import LoopEvent
from optimiser.rollout_settings import RolloutSettings
from signal_ctrl.cabinet.advising import Sight
from signal_ctrl.cabinet.control import LABEL
from signal_ctrl.cabinet.in_force import InForce
from signal_ctrl.cabinet.office import Office
from signal_ctrl.cabinet.seat import Seat
from signal_ctrl.cabinet.self_report import ADAPTIVE
from signal_ctrl.cabinet.timekeeping import CabinetClock
from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.control import ControlMode
from signal_ctrl.domain.plan import Plan, SignalPlan
from signal_ctrl.engine.adviser import Advised, Glimpse, JunctionAdviser, Looking
from signal_ctrl.engine.junction import JunctionEngine, Record
from signal_ctrl.engine.unseen import unseen_junction
from signal_ctrl.kernel.kernel import Kernel
from signal_ctrl.kernel.latch import Latch
from sumo_scenarios.driver import EventReader
from sumo_scenarios.engine_driver import EngineDriver, start_engine
from sumo_scenarios.kerbs import RECALL, Kerbs, note
from sumo_scenarios.logs import EventLog
from sumo_scenarios.loop_reader import LoopReader, broken_loops
from sumo_scenarios.net_reader import Net
from sumo_scenarios.over_http.centre import Served
from sumo_scenarios.over_http.run_link import RunLink
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.warm_up import compile_rollout
from sumo_scenarios.world import SignalUnit, World

LEAD_S: Final = 40
"""So long before the run the cabinets are switched on, so that they have their plan when it begins. [s]"""


class PromptAdviser:
    """An adviser in the process of the run: it answers at once, and the answer is looked at a second later."""

    def __init__(self, looking: Looking) -> None:
        self._looking = looking
        self.answer: Advised | None = None

    def ask(self, glimpse: Glimpse) -> None:
        """Answer a second."""
        self.answer = self._looking.look(glimpse)


class RunLoops:
    """The loops of a signal, and the buttons at its kerbs: what they told since they were last asked.

    `shown` says what the lamps show.
    """

    def __init__(
        self, reader: EventReader, kerbs: Kerbs | None = None, tell: Callable[[LoopEvent], None] | None = None
    ) -> None:
        """Args: tell, is told of each edge of a button."""
        self._reader = reader
        self._kerbs = kerbs
        self._tell = tell
        self._lamps = ""
        self._events: list[LoopEvent] = []
        self.shown: Callable[[], str] = str

    def listen(self, time_s: float) -> None:
        """Take in what the last step brought; who stands at a kerb sees the lamps of the last second. [s]"""
        self._events += self._reader.read(time_s)
        for event in () if self._kerbs is None or not self._lamps else self._kerbs.read(time_s, self._lamps):
            if self._tell is not None:
                self._tell(event)
            self._events.append(event)

    def read(self, now_s: float) -> list[LoopEvent]:
        """Return it. [s]"""
        self._lamps = self.shown()
        found, self._events = self._events, []
        return found


@dataclass(slots=True)
class PlannedStreet:
    """The side of a cabinet that makes frames: the run steps the engine, the cabinet's own seat decides."""

    engine: JunctionEngine
    in_force: InForce
    control: Seat
    office: Office
    clock: Clock
    may_step: bool = False

    def frame(self) -> None:
        """Do nothing: the run makes the frame."""

    def prepare(self) -> None:
        """Rehearse the local plan before it is needed."""
        self.control.control.prepare(self.clock.utc_ms() // 100)

    def ask_reset(self) -> None:
        """Do nothing: nobody is at the cabinet."""

    def second(self, now_ds: int) -> Record | None:
        """Put overrides into force and decide. [ds]"""
        self.in_force.update(self.office.ordered.overrides, now_ds)
        return self.control.second(self.engine, now_ds, bool(self.in_force.ids))


@dataclass(slots=True)
class PlannedEquipment:
    """A signal of a run as a cabinet's equipment; `street` is there once the cabinet is switched on."""

    kernel: Kernel
    local: SignalPlan | None
    sight: Sight
    begin_s: float
    made: PlannedStreet | None = None

    def street(self, clock: CabinetClock, latch: Latch | None, office: Office) -> PlannedStreet:
        """Return the side that makes frames."""
        site = self.kernel.site
        seat = Seat(self.kernel, clock, office, (None, self.local), lambda: "", self.sight, joins=True)
        engine = start_engine(self.kernel, unseen_junction(site), None, self.begin_s, seat.decider)
        in_force = InForce(site, engine, clock, lambda name, code, text: office.happened(code, f"{name}: {text}"))
        self.made = PlannedStreet(engine, in_force, seat, office, clock)
        return self.made


@dataclass(slots=True)
class CabinetJunction:
    """One signal of a run that is a cabinet under its plan."""

    signal: str
    engine: JunctionEngine
    street: PlannedStreet
    loops: RunLoops

    def read(self, time_s: float) -> None:
        """Take in what the last step brought. [s]"""
        self.loops.listen(time_s)

    def is_due(self, now_ds: int) -> bool:
        """Return True: the cabinet looks every second."""
        return True

    def decide(self, time_s: float, now_ds: int) -> Record | None:
        """Let the cabinet decide; a record is worth keeping where something was asked for. [s], [ds]"""
        record = self.street.second(now_ds)
        if record is None or not (record.stage >= 0 or record.wish or record.rung or record.priority):
            return None
        return record


class PlansOverHttpDriver(EngineDriver[CabinetJunction]):
    """Signals that are cabinets of a centre and keep the plan that it issued."""

    def __init__(
        self,
        world: World,
        settings: RunSettings,
        simulation: Simulation,
        folder: Path,
        begin_s: float,
        events: EventLog,
        served: Served | None = None,
    ) -> None:
        """Args: served, how the centre of the run is served."""
        self._served = served or Served()
        if settings.plan is None:
            raise InvalidInputError("over HTTP a plan is kept, no schedule; give --plan")
        if settings.advise:
            compile_rollout()
        self._folder = folder
        self._link = RunLink(settings.link, begin_s - LEAD_S, lambda: None, self._served)
        self._mode = ControlMode(settings.advise or ControlMode.PLAN.value)
        plan = by_utc(settings.plan, self._served.utc_ms)
        self._cabinets = {unit.site.signal_id: f"cab-{k + 1}" for k, unit in enumerate(world.units)}
        junctions = [
            self._junction(unit, plan, settings, simulation, begin_s, events, world.net) for unit in world.units
        ]
        super().__init__(junctions, simulation, folder, begin_s, events)
        self._begin(plan, begin_s)

    def _junction(
        self,
        unit: SignalUnit,
        plan: Plan,
        settings: RunSettings,
        simulation: Simulation,
        begin_s: float,
        events: EventLog,
        net: Net,
    ) -> CabinetJunction:
        site, own = unit.site, plan.of(unit.site.signal_id)
        if own is None and len(site.stages) > 1:
            raise InvalidInputError(f"plan {plan.name} has no part for signal {site.signal_id}; over HTTP it needs one")
        broken = broken_loops(unit, settings.seed, settings.failure_rate, settings.failure_kind)
        reader, chosen, sense = LoopReader(simulation, unit, events, broken), RolloutSettings(), None
        loops = RunLoops(reader)
        if settings.crossings != RECALL:
            sense, whole = CrossingSense(settings.crossings), with_crossings(unit.layout, site)
            kerbs = Kerbs(simulation, net, whole, site, settings)
            loops = RunLoops(reader, kerbs, partial(note, events, site.signal_id, kerbs))
        adviser = PromptAdviser(JunctionAdviser(site, unit.layout, chosen, sense)) if settings.advise else None
        sight = Sight(unit.layout, loops, adviser, chosen.horizon_s, sense)
        equipment = PlannedEquipment(Kernel(site), own, sight, begin_s)
        self._link.enrol(self._cabinets[site.signal_id], site, equipment)
        if equipment.made is None:
            raise InvalidInputError(f"cabinet of signal {site.signal_id} was not switched on")
        engine = equipment.made.engine
        loops.shown = lambda: engine.lamps
        return CabinetJunction(site.signal_id, engine, equipment.made, loops)

    def _begin(self, plan: Plan, begin_s: float) -> None:
        """Issue the plan, switch to who decides, and let the cabinets talk until the run begins. [s]"""
        centre = self._link.centre
        centre.issue(plan, self._served.utc_ms + round(1000 * begin_s))
        for left_s in range(LEAD_S, 0, -1):
            if left_s == LEAD_S // 2 and self._mode is not ControlMode.PLAN:
                centre.switch(sorted(self._link.cabinets), self._mode)
            self._link.run_to(begin_s - left_s)

    def step(self, time_s: float) -> None:
        """Let the cabinets talk once a second, then act for every signal. [s]"""
        self._link.run_to(time_s)
        super().step(time_s)

    def finish(self) -> None:
        """Write what the link did and what was advised, and end the centre."""
        super().finish()
        seats = {junction.signal: junction.street.control for junction in self._junctions}
        figures: dict[str, Any] = {
            "cabinets": {cabinet: signal for signal, cabinet in self._cabinets.items()},
            "decides": {signal: ADAPTIVE if seat.adaptive else LABEL[seat.rung] for signal, seat in seats.items()},
            "centre": self._link.centre.figures(sorted(self._link.cabinets)),
        }
        self._link.close(self._folder, figures)


def by_utc(plan: Plan, utc_ms: int) -> Plan:
    """Return a plan whose offsets count from the epoch of UTC in place of simulation second 0, under a plain name.

    Args: utc_ms, when second 0 is. [ms]
    """
    epoch_ds = utc_ms // 100
    shifted = [replace(own, offset_ds=(own.offset_ds + epoch_ds) % own.cycle_ds) for own in plan.signals]
    return Plan("run", tuple(shifted))
