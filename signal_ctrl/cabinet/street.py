"""The side of a cabinet that makes frames: it looks at lamps, decides, lights, and waits for no disk and no wire."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from signal_ctrl.cabinet.advising import Sight
from signal_ctrl.cabinet.board import Board
from signal_ctrl.cabinet.control import LABEL
from signal_ctrl.cabinet.in_force import InForce
from signal_ctrl.cabinet.office import Office
from signal_ctrl.cabinet.seat import Seat
from signal_ctrl.cabinet.timekeeping import ISOLATED_MS, CabinetClock
from signal_ctrl.domain.plan import SignalPlan
from signal_ctrl.engine.junction import JunctionEngine
from signal_ctrl.engine.ladder import Rung
from signal_ctrl.engine.longer_hours import is_longer_at
from signal_ctrl.engine.schedule_rung import PlanAt
from signal_ctrl.engine.unseen import unseen_junction
from signal_ctrl.kernel.kernel import Kernel
from signal_ctrl.kernel.latch import Latch
from signal_ctrl.kernel.monitor import Monitor
from signal_ctrl.kernel.state import Mode

_MS_PER_DS: Final = 100
_MS_PER_S: Final = 1000
_OFF_THE_STREET: Final = frozenset({Mode.START_FLASH, Mode.START_RED, Mode.FAULT})
"""Modes without a stage: no cycle that a step of the clock could tear."""


@dataclass(frozen=True, slots=True)
class Equipment:
    """What a cabinet has: its kernel with the site, lamps, plans of its own, the groups of each approach, its sight."""

    kernel: Kernel
    board: Board
    local: SignalPlan | None = None
    schedule: PlanAt | None = None
    approaches: Sequence[Sequence[int]] | None = None
    sight: Sight | None = None

    def street(self, clock: CabinetClock, latch: Latch | None, office: Office) -> "Street":
        """Return the side of the cabinet that makes frames."""
        return Street(self, clock, latch, office)


class Deciding(Protocol):
    """Who decides at a cabinet, to look at."""

    @property
    def rung(self) -> Rung:
        """Who decides now."""
        ...

    @property
    def running(self) -> SignalPlan | None:
        """The plan that is kept."""
        ...

    @property
    def adaptive(self) -> bool:
        """Whether adaptive control decides now."""
        ...


class Frames(Protocol):
    """The side of a cabinet that makes frames, as the rest of it sees it."""

    engine: JunctionEngine
    in_force: InForce

    @property
    def control(self) -> Deciding:
        """Who decides."""
        ...

    @property
    def may_step(self) -> bool:
        """Whether no stage is on the street, so that the clock may be set."""
        ...

    def frame(self) -> None:
        """Make the frame of now."""
        ...

    def prepare(self) -> None:
        """Do ahead what a frame has no time for."""
        ...

    def ask_reset(self) -> None:
        """Ask for a reset of a latched fault."""
        ...


class Fitting(Protocol):
    """What a cabinet is equipped with."""

    @property
    def kernel(self) -> Kernel:
        """Its kernel."""
        ...

    def street(self, clock: CabinetClock, latch: Latch | None, office: Office) -> Frames:
        """Return the side of the cabinet that makes frames."""
        ...


class Street:
    """Lamps, kernel, and who decides. `clock` is the cabinet's."""

    def __init__(self, equipment: Equipment, clock: CabinetClock, latch: Latch | None, office: Office) -> None:
        kernel = self._kernel = equipment.kernel
        self._latch = latch
        self._clock = clock
        self._office = office
        self._board = equipment.board
        plans = (equipment.schedule, equipment.local)
        self._seat = Seat(kernel, clock, office, plans, self._clock_fault, equipment.sight)
        state = kernel.power_on(self._now_ds, latch)
        self.engine = JunctionEngine(kernel, unseen_junction(kernel.site), None, state, self._seat.decider)
        self.in_force = InForce(kernel.site, self.engine, clock, self._of_override)
        self._monitor = Monitor(kernel.site, equipment.approaches)
        self._watch = self._monitor.begin()
        self._shown = False
        self._second = -1
        self._reset_asked = False
        self.prepare()

    @property
    def _now_ds(self) -> int:
        return self._clock.mono_ms() // _MS_PER_DS

    @property
    def control(self) -> Seat:
        """Who decides."""
        return self._seat

    @property
    def may_step(self) -> bool:
        """Whether no stage is on the street, so that the clock may be set."""
        return self.engine.core.mode in _OFF_THE_STREET

    def frame(self) -> None:
        """Look at the lamps, make the frame of now, light it; once a second decide."""
        now_ds = self._now_ds
        if self._shown:
            self._look(now_ds)
        else:
            self.engine.begin(self._kernel.power_on(now_ds, self._latch))
        if self._reset_asked:
            self._reset_asked = False
            self._office.happened("reset", self.engine.reset(self._watch, now_ds) or "done")
        self.engine.frame(now_ds)
        self._show(now_ds)
        second = self._clock.utc_ms() // _MS_PER_S
        if second != self._second:
            self._second = second
            self._decide(now_ds)  # it may take longer than a frame should: the lamps of now are lit
            self._show(now_ds)
        else:
            self._seat.hurry(self.engine, now_ds)

    def _show(self, now_ds: int) -> None:
        self._board.show(self.engine.core, now_ds)
        self._shown = True

    def _look(self, now_ds: int) -> None:
        """Compare the lamps of the frame before with what they should have been (K6)."""
        look = self._monitor.look(self._watch, self.engine.core, self._board.seen())
        self._watch = look.watch
        if look.reason and self.engine.core.mode is not Mode.FAULT:
            self.engine.trip(look.reason, now_ds)

    def _decide(self, now_ds: int) -> None:
        """Decide about overrides and stages."""
        self.engine.longer(is_longer_at(self._kernel.site, self._clock.utc_ms()))
        before = self._seat.control.rung
        self.in_force.update(self._office.ordered.overrides, now_ds)
        record = self._seat.second(self.engine, now_ds, bool(self.in_force.ids))
        if record is not None and record.rung:
            self._office.happened("rung", f"{LABEL[before]} -> {LABEL[self._seat.control.rung]}: {record.why}")

    def _of_override(self, override_id: str, code: str, text: str) -> None:
        self._office.happened(code, f"{override_id}: {text}")

    def _clock_fault(self) -> str:
        offset_ms = self._clock.offset_ms
        return f"the clock is {offset_ms} ms off" if abs(offset_ms) > ISOLATED_MS else ""

    def prepare(self) -> None:
        """Rehearse plans of the cabinet's own before they are needed; for who is not the thread of the frames."""
        self._seat.control.prepare(self._clock.utc_ms() // _MS_PER_DS)

    def ask_reset(self) -> None:
        """Ask for a reset of a latched fault, as somebody at the cabinet does; the kernel says whether it may be."""
        self._reset_asked = True
