"""Who decides at a cabinet, once a second: its plans, and where it has loops adaptive control beside or over them."""

from collections.abc import Callable
from typing import Final

from detectors.view_builder import empty_view
from optimiser.transition import TransitionSettings
from signal_ctrl.cabinet.advising import Advising, Sight
from signal_ctrl.cabinet.control import CabinetControl, Sources
from signal_ctrl.cabinet.drive import AdaptiveDrive
from signal_ctrl.cabinet.office import Office
from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.link.control import ControlMode
from signal_ctrl.domain.plan import SignalPlan
from signal_ctrl.domain.timing import to_s
from signal_ctrl.engine.junction import JunctionEngine, Record
from signal_ctrl.engine.ladder import Rung
from signal_ctrl.engine.schedule_rung import PlanAt
from signal_ctrl.engine.unseen import unseen_junction
from signal_ctrl.kernel.aspects import STOPS
from signal_ctrl.kernel.kernel import Kernel

DECIDED: Final = "decided"
"""The code of the event that tells why another stage was wished for."""
_MS_PER_DS: Final = 100


class Seat:
    """The deciding side of a cabinet. Its engine asks `decider`; whoever makes frames calls `second` once a second."""

    def __init__(
        self,
        kernel: Kernel,
        clock: Clock,
        office: Office,
        plans: tuple[PlanAt | None, SignalPlan | None],
        clock_fault: Callable[[], str],
        sight: Sight | None = None,
        joins: bool = False,
    ) -> None:
        """Args: plans, by time of day and local; sight, what it sees; joins, whether it begins by the clock at once."""
        self._clock = clock
        self._office = office
        sources = Sources(self._ordered, office.centre_fault, clock_fault, *plans)
        self.control = CabinetControl(kernel, sources, TransitionSettings(), joins)
        self._advising = None if sight is None else Advising(kernel.site, sight, office.report, self._is_heard)
        self._drive = None if self._advising is None else self._driven(self._advising)
        self._view = empty_view(unseen_junction(kernel.site))
        self._names = tuple(stage.name for stage in kernel.site.stages)
        self._stages = tuple(range(len(self._names)))
        self._broke = ""

    def _is_heard(self) -> bool:
        return not self._office.link_fault()

    def _ordered(self) -> SignalPlan | None:
        return self._office.ordered.plan_at(self._clock.utc_ms())

    def _mode(self) -> ControlMode:
        return self._office.ordered.control_at(self._clock.utc_ms())

    def _driven(self, advising: Advising) -> AdaptiveDrive:
        office = self._office
        return AdaptiveDrive(self.control, advising, self._mode, office.link_fault, office.happened)

    @property
    def decider(self) -> CabinetControl | AdaptiveDrive:
        """Whom the engine asks."""
        return self.control if self._drive is None else self._drive

    @property
    def rung(self) -> Rung:
        """Who decides now."""
        return self.decider.rung

    @property
    def running(self) -> SignalPlan | None:
        """The plan that is kept."""
        return self.control.running

    @property
    def adaptive(self) -> bool:
        """Whether adaptive control decides now."""
        return self._drive is not None and self._drive.adaptive

    def second(self, engine: JunctionEngine, now_ds: int, overridden: bool) -> Record | None:
        """Look, decide, and hand over to the adviser what was seen. [ds]

        Args: overridden, whether somebody else than plan and adviser decides what is lit.
        """
        utc_ms = self._clock.utc_ms()
        self.control.common_ds = utc_ms // _MS_PER_DS
        advising, drive = self._advising, self._drive
        if advising is None or drive is None:
            return engine.decide(self._view, self._stages, now_ds)
        self._guarded(lambda: self._look(advising, engine, now_ds, utc_ms, overridden))
        record = engine.decide(self._view, self._stages, now_ds, waiting=drive.calls(to_s(now_ds)))
        self._tell(record)
        return record

    def _tell(self, record: Record | None) -> None:
        """Tell why another stage was wished for, while the centre can be heard."""
        if record is None or record.decision is None or record.stage < 0 or not self._is_heard():
            return
        self._office.happened(DECIDED, f"{self._names[record.stage]}: {record.refused or record.decision.reason}")

    def _look(self, advising: Advising, engine: JunctionEngine, now_ds: int, utc_ms: int, overridden: bool) -> None:
        """Take in what the loops told and an answer, and hand the second over to the adviser."""
        now_s, mode = to_s(now_ds), self._mode()
        situation = engine.situation(self._stages, now_ds) if mode is not ControlMode.PLAN else None
        lit = [g for g, group in enumerate(engine.core.groups) if group.aspect not in STOPS]
        advising.begin(now_s, utc_ms, lit)
        compared = mode is ControlMode.SHADOW and situation is not None and not overridden
        running = self.control.turn(situation.stage) if compared and situation is not None else None
        coming = self._office.foretold(utc_ms) if mode is not ControlMode.PLAN else ()
        advising.ask(now_s, engine.lamps, situation, running, coming, engine.owed_s)

    def hurry(self, engine: JunctionEngine, now_ds: int) -> None:
        """Decide between two seconds if adaptive control drives and has answered meanwhile. [ds]"""
        drive = self._drive
        if drive is not None and drive.has_news(to_s(now_ds)):
            engine.decide(self._view, self._stages, now_ds, waiting=drive.calls(to_s(now_ds)))

    def _guarded(self, work: Callable[[], None]) -> None:
        """Do what concerns advice alone; whatever breaks in it is told once, and costs no frame (K11)."""
        try:
            work()
        except Exception as error:
            what = f"broke: {type(error).__name__} {error}"
            if what != self._broke:
                self._office.happened("adviser", what)
            self._broke = what
