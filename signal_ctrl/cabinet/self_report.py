"""What a cabinet tells of itself: a heartbeat a minute, and each change of what matters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from signal_ctrl.cabinet.control import LABEL
from signal_ctrl.cabinet.timekeeping import ISOLATED_MS, WARN_MS
from signal_ctrl.domain.link.orders import Version, signal_plan_hash
from signal_ctrl.domain.link.reports import STARVING, STARVING_OVER, ReportKind
from signal_ctrl.domain.plan import SignalPlan
from signal_ctrl.engine.ladder import Rung
from signal_ctrl.kernel.state import Mode

HEARTBEAT_MS: Final = 60_000
"""A summary so often, as RSMP's watchdog, and whenever who decides or the mode has changed. SAFETY part B. [ms]"""
REPEAT_MS: Final = 600_000
"""The same notice is not repeated before. [ms]"""
ADAPTIVE: Final = "adaptive control"
_MODES: Final = tuple(Mode)

Tell = Callable[[ReportKind, str, str, Sequence[tuple[str, int]]], None]


class Starved(NamedTuple):
    """What the kernel raised last while a police hold passes a limit of K4: when, and the groups that wait. [ds]"""

    at_ds: int
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """A cabinet at one moment."""

    mode: Mode
    reason: str
    rung: Rung
    running: SignalPlan | None
    active: Version | None
    overrides: tuple[str, ...]
    offset_ms: int
    waiting: int
    answers: bool
    adaptive: bool
    starving: Starved | None

    @property
    def clock(self) -> str:
        """How good the clock is."""
        if abs(self.offset_ms) > ISOLATED_MS:
            return "isolated"
        return "warn" if abs(self.offset_ms) > WARN_MS else "good"

    @property
    def decides(self) -> str:
        """Who decides, in words."""
        return ADAPTIVE if self.adaptive else LABEL[self.rung]

    @property
    def summary(self) -> str:
        """Words for people."""
        plan = "no plan" if self.running is None else f"plan {signal_plan_hash(self.running)[:12]}"
        return f"{self.mode.value}, {self.decides}, {plan}, clock {self.clock}"


@dataclass(slots=True)
class SelfReport:
    """Looks at the status now and then and tells what is new in it."""

    tell: Tell
    _before: Status | None = None
    _beat_mono_ms: int | None = None
    _noticed: dict[str, int] = field(default_factory=dict)
    _now_mono_ms: int = 0

    def is_new(self, rule: str, detail: str) -> bool:
        """Return whether a notice was not told in the last ten minutes."""
        key = f"{rule} {detail}"
        told_ms = self._noticed.get(key)
        if told_ms is not None and self._now_mono_ms - told_ms < REPEAT_MS:
            return False
        if len(self._noticed) > 100:
            self._noticed.clear()
        self._noticed[key] = self._now_mono_ms
        return True

    def look(self, status: Status, mono_ms: int) -> None:
        """Tell what is new, and a heartbeat if one is due. [ms]"""
        self._now_mono_ms = mono_ms
        before, self._before = self._before, status
        if before is None or before.mode is not status.mode:
            self._tell_mode(before, status)
        if before is not None and before.clock != status.clock:
            self.tell(ReportKind.EVENT, "clock", status.clock, (("offset_ms", status.offset_ms),))
        self._tell_starving(before, status)
        is_due = self._beat_mono_ms is None or mono_ms - self._beat_mono_ms >= HEARTBEAT_MS
        if is_due or (before is not None and (before.mode, before.rung) != (status.mode, status.rung)):
            self._beat_mono_ms = mono_ms
            self.tell(ReportKind.HEARTBEAT, "heartbeat", status.summary, _values(status))

    def _tell_starving(self, before: Status | None, status: Status) -> None:
        """Tell who waits, each time that the kernel raises it, which is once a minute; and when it is over. K4."""
        was = None if before is None else before.starving
        if status.starving is not None and status.starving != was:
            waiting = ", ".join(status.starving.groups) or "nobody"
            text = f"a police hold passes the limits of K4; waiting: {waiting}"
            self.tell(ReportKind.EVENT, STARVING, text, (("groups", len(status.starving.groups)),))
        elif status.starving is None and was is not None:
            self.tell(ReportKind.EVENT, STARVING_OVER, "the limits of K4 are kept again", ())

    def _tell_mode(self, before: Status | None, status: Status) -> None:
        if status.mode is Mode.FAULT:
            self.tell(ReportKind.FAULT, "K6-latched", status.reason, ())
            return
        if before is not None and before.mode is Mode.FAULT:
            self.tell(ReportKind.CLEARED, "K6-latched", "reset at the cabinet", ())
        self.tell(ReportKind.EVENT, "mode", f"{status.mode.value} ({status.reason})", ())


def _values(status: Status) -> tuple[tuple[str, int], ...]:
    version = status.active if status.active is not None else Version(0, 0)
    return (
        ("epoch", version.epoch),
        ("revision", version.revision),
        ("mode", _MODES.index(status.mode)),
        ("rung", int(status.rung)),
        ("offset_ms", status.offset_ms),
        ("waiting", status.waiting),
        ("overrides", len(status.overrides)),
        ("adaptive", int(status.adaptive)),
    )
