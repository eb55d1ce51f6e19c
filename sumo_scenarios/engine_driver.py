"""One engine per signal under way: kernels stepped, decisions asked for once a second, lamps shown when they change."""

from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Final, Generic, Protocol, TypeVar

from optimiser.controller import Controller
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.engine.junction import Decider, JunctionEngine, Record
from signal_ctrl.engine.longer_hours import is_longer_on_monday
from signal_ctrl.kernel.kernel import Kernel
from sumo_scenarios.logs import DecisionLog, EventLog
from sumo_scenarios.simulation import Simulation

DECISION_EVERY_DS: Final = 10
_MS: Final = 1000.0


class Junction(Protocol):
    """One signal of a run: its engine, and who decides for it."""

    engine: JunctionEngine

    @property
    def signal(self) -> str:
        """Its name."""
        ...

    def read(self, time_s: float) -> None:
        """Take in what the last step brought. [s]"""
        ...

    def is_due(self, now_ds: int) -> bool:
        """Return whether there is anything to decide. [ds]"""
        ...

    def decide(self, time_s: float, now_ds: int) -> Record | None:
        """Look and decide; None if nothing is worth a record. [s], [ds]"""
        ...


J = TypeVar("J", bound=Junction)


class EngineDriver(Generic[J]):
    """Acts for every signal after each step; every lamp goes through its kernel."""

    def __init__(
        self, junctions: Sequence[J], simulation: Simulation, folder: Path, begin_s: float, events: EventLog
    ) -> None:
        self.signals = tuple(junction.signal for junction in junctions)
        self.decisions = 0
        self.decision_ms: list[float] = []
        self._junctions = tuple(junctions)
        self._simulation = simulation
        self._events = events
        self._log = DecisionLog(folder / "decisions.jsonl")
        self._next_decision_ds = last_ds(begin_s)
        self._shown: dict[str, str] = {}

    @property
    def junctions(self) -> tuple[J, ...]:
        """The signals."""
        return self._junctions

    @property
    def frames(self) -> int:
        """Kernel frames. [0.1 s]"""
        return sum(j.engine.frames for j in self._junctions)

    @property
    def refusals(self) -> int:
        """Wishes that the gate refused."""
        return sum(j.engine.refusals for j in self._junctions)

    @property
    def violations(self) -> int:
        """Frames that the monitor found wrong."""
        return sum(j.engine.violations for j in self._junctions)

    def begin(self) -> None:
        """Light the first stage before the first step."""
        for junction in self._junctions:
            self._show(junction, self._next_decision_ds)

    def step(self, time_s: float) -> None:
        """Read the sensors, step the kernels, and once a second decide. [s]"""
        now_ds = last_ds(time_s)
        due = now_ds >= self._next_decision_ds
        if due:
            self._next_decision_ds = now_ds + DECISION_EVERY_DS
        for junction in self._junctions:
            junction.read(time_s)
            if due:
                junction.engine.longer(is_longer_on_monday(junction.engine.kernel.site, time_s))
            junction.engine.run_to(now_ds)
            if due and junction.is_due(now_ds):
                self.decide_one(junction, time_s, now_ds)
            self._show(junction, now_ds)

    def decide_one(self, junction: J, time_s: float, now_ds: int) -> None:
        """Let one signal look and decide. [s], [ds]"""
        start_s = perf_counter()
        record = junction.decide(time_s, now_ds)
        self.decision_ms.append((perf_counter() - start_s) * _MS)
        if record is not None:
            self.decisions += record.decision is not None
            self._log.add(record)
            self._events.changes(record.signal, now_ds, record.rung, record.failed, record.restored)

    def _show(self, junction: J, now_ds: int) -> None:
        signal, lamps = junction.signal, junction.engine.lamps
        if self._shown.get(signal) != lamps:
            self._simulation.show(signal, lamps)
            self._shown[signal] = lamps
            self._events.lamps(signal, lamps, now_ds)

    def finish(self) -> None:
        """Close the decision log."""
        self._log.close()


def start_engine(
    kernel: Kernel,
    layout: JunctionLayout,
    controller: Controller | None,
    begin_s: float,
    fallback: Decider | None = None,
) -> JunctionEngine:
    """Return the engine of a signal: in service at once, or by the start-up that its profile wants. [s]"""
    begin_ds, site = last_ds(begin_s), kernel.site
    starts_up = site.startup_all_red_ds or site.startup_flash_ds
    state = kernel.power_on(begin_ds) if starts_up else kernel.in_service(begin_ds)
    return JunctionEngine(kernel, layout, controller, state, fallback)


def last_ds(time_s: float) -> int:
    """Return the last whole tenth of a second. [ds]

    >>> last_ds(0.3), last_ds(0.25)
    (3, 2)
    """
    return int(time_s * 10 + 1e-6)
