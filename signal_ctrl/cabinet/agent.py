"""A cabinet: frames of lamps every 100 ms, decisions every second, and a link to the centre. No I/O of its own.

Two threads may share the work, or one may do it all. The one calls `frame` every 100 ms and nothing else: it never
waits for a disk. The other calls `housekeep` often, sends what `next_ask` gives, brings the answer to `take` or
`no_answer`, and carries out `review` where that holds up no frames.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from signal_ctrl.cabinet.desk import FORKED, Desk
from signal_ctrl.cabinet.held import Held
from signal_ctrl.cabinet.lamp_tale import LampTale
from signal_ctrl.cabinet.link_client import LinkClient, LinkSettings
from signal_ctrl.cabinet.office import Office
from signal_ctrl.cabinet.outbox import CAPACITY, Outbox
from signal_ctrl.cabinet.plan_gate import plan_faults
from signal_ctrl.cabinet.ports import Answer, Ask, Shelf, Verify
from signal_ctrl.cabinet.self_report import SelfReport, Starved, Status
from signal_ctrl.cabinet.signer import Signer
from signal_ctrl.cabinet.street import Fitting
from signal_ctrl.cabinet.timekeeping import CabinetClock
from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.errors import BackendError
from signal_ctrl.domain.link.foretold import Foretold
from signal_ctrl.domain.link.identity import ID_BYTES
from signal_ctrl.domain.link.lamps import lamps_query
from signal_ctrl.domain.link.reports import STARTED, Report, ReportKind
from signal_ctrl.domain.secrecy import RandomBytes
from signal_ctrl.domain.site_json import site_hash
from signal_ctrl.kernel.latch import latch_from_json, latch_to_json
from signal_ctrl.kernel.state import Starving

SEAL_MS: Final = 10_000
LOOK_MS: Final = 500
"""How often the cabinet looks whether there is anything new to be told of itself. [ms]"""
WANTED_MS: Final = 10_000
"""Whoever wanted so lately to know who is foretold still does. [ms]"""
_BOOT: Final = "boot"
_LATCH: Final = "latch"
_MAX_TEXT: Final = 500
_MAX_DIGITS: Final = 10
_ALARMS: Final = frozenset({FORKED, "B/signature", "B/answer", "B/duplicate", "D/shelf"})


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a cabinet is: its id, its key, and how it knows the centre's signatures."""

    cabinet: str
    key: bytes
    verify: Verify


class Agent:
    """One start of one cabinet."""

    def __init__(
        self,
        identity: Identity,
        equipment: Fitting,
        shelf: Shelf,
        clock: Clock,
        random_bytes: RandomBytes,
        settings: LinkSettings,
        capacity: int = CAPACITY,
    ) -> None:
        """Raises: BackendError if nothing can be stored."""
        self._shelf = shelf
        self._kernel = equipment.kernel
        self.clock = CabinetClock(clock)
        self.boot = random_bytes(ID_BYTES).hex()
        self._inbox: deque[Report] = deque()
        self._self_report = SelfReport(self.report)
        self._lamp_tale = LampTale()
        self.outbox = Outbox(identity.cabinet, self.boot, _next_boot(shelf), shelf, capacity)
        self.signer = Signer(identity.cabinet, identity.key, self.boot, self.clock, random_bytes)
        self._asked_mono_ms: int | None = None
        self.link = LinkClient(
            self.signer,
            self.clock,
            random_bytes,
            self.outbox,
            settings,
            self._notice,
            self._lamps,
            self._wants_foretold,
        )
        site_sha256 = site_hash(equipment.kernel.site)
        self.desk = Desk(identity.cabinet, site_sha256, shelf, identity.verify, self.link.acknowledge)
        latch = latch_from_json(_text(shelf.get(_LATCH)))
        office = Office(self.desk, self._centre_fault, self._link_fault, self.report, self._foretold)
        self.street = equipment.street(self.clock, latch, office)
        self._latched = latch is not None
        self._sealed_ms = self.clock.mono_ms()
        self._looked_ms: int | None = None
        self._verdict: tuple[str, tuple[str, ...]] | None = None
        self.report(ReportKind.EVENT, STARTED, self.boot)

    def report(self, kind: ReportKind, code: str, text: str = "", values: Sequence[tuple[str, int]] = ()) -> None:
        """Note something for the centre; `housekeep` stores it."""
        self._inbox.append(Report(kind, self.clock.utc_ms(), code, text[:_MAX_TEXT], tuple(sorted(values))))

    def _notice(self, rule: str, detail: str) -> None:
        if self._self_report.is_new(rule, detail):
            kind = ReportKind.FAULT if rule in _ALARMS else ReportKind.EVENT
            self.report(kind, rule.replace("/", "-"), detail)

    def _lamps(self) -> str:
        return lamps_query(self._lamp_tale.look(self.street.engine))

    def _centre_fault(self) -> str:
        """Return why the centre is not to be followed now, empty if it is."""
        if fault := self._link_fault():
            return fault
        return "" if self.desk.has_plan(self.clock.utc_ms()) else "no plan of the centre is in its time"

    def _link_fault(self) -> str:
        """Return why the centre cannot be heard now, empty if it can."""
        if self.link.duplicate:
            return "the centre sees this cabinet twice"
        return "the centre does not answer" if self.link.lost else ""

    def _foretold(self, utc_ms: int) -> tuple[Foretold, ...]:
        """Return who comes by what the centre said last; nobody while it is not heard, or what it said is old. [ms]"""
        self._asked_mono_ms, told = self.clock.mono_ms(), self.link.foretelling
        return () if told is None or self._link_fault() else told.at(utc_ms)

    def _wants_foretold(self) -> bool:
        """Return whether anybody wants to know who comes: an adviser that is to decide, or to say what it would."""
        asked_ms = self._asked_mono_ms
        return asked_ms is not None and self.clock.mono_ms() - asked_ms <= WANTED_MS

    def frame(self) -> None:
        """Make the frame of now. For the thread of the frames; it waits for nothing."""
        self.street.frame()

    def housekeep(self) -> None:
        """Store what is to be stored. What the disk refuses is tried again next time, and told when it can be."""
        self._stored(self._keep_latch)
        self._lamp_tale.look(self.street.engine)
        mono_ms = self.clock.mono_ms()
        if self._looked_ms is None or mono_ms - self._looked_ms >= LOOK_MS:
            self._looked_ms = mono_ms
            self.street.prepare()
            self._self_report.look(self.status(), mono_ms)
        self._stored(self._take_reports)
        self._stored(lambda: self.desk.settle(self.clock.utc_ms()))

    def _stored(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BackendError as error:
            self._notice("D/shelf", str(error))

    def _keep_latch(self) -> None:
        latch = self.street.engine.latch()
        if (latch is not None) == self._latched:
            return
        if latch is not None:
            self._shelf.put(_LATCH, latch_to_json(latch).encode())
        else:
            self._shelf.drop(_LATCH)
        self._latched = latch is not None

    def _take_reports(self) -> None:
        while self._inbox:
            self.outbox.add(self._inbox[0])
            self._inbox.popleft()
        mono_ms = self.clock.mono_ms()
        if mono_ms - self._sealed_ms >= SEAL_MS:
            self.outbox.seal(self.link.answers)
            self._sealed_ms = mono_ms

    def put_away(self) -> None:
        """Store all that has gathered: the program ends in order. What the disk refuses is lost, as without power."""
        self.housekeep()
        self._stored(self.outbox.seal)

    def next_ask(self) -> Ask | None:
        """Return the request to be sent now, None if none is due or one is under way, or the shelf lets none go."""
        try:
            return self.link.next_ask(self.desk.etag)
        except BackendError as error:
            self._notice("D/shelf", str(error))
            return None

    def take(self, answer: Answer) -> None:
        """Take in the answer to the request under way."""
        self._stored(lambda: self.link.answered(answer, self.desk, self.street.may_step))

    def no_answer(self) -> None:
        """Take in that the request under way has no answer."""
        self.link.failed()

    def review(self) -> tuple[Held, Callable[[], tuple[str, ...]]] | None:
        """Return orders whose plan is new, and the rehearsal that they need, which may run in any thread."""
        held = self.desk.unreviewed
        if held is None:
            return None
        if self._verdict is not None and self._verdict[0] == held.etag:
            known = self._verdict[1]  # the shelf refused it: what is to be found is known
            return held, lambda: known
        plan, running, kernel = held.orders.plan, self.street.control.running, self._kernel
        hasty = self.desk.hasty_reasons(held, self.clock.utc_ms())
        return held, lambda: hasty if hasty or plan is None else plan_faults(plan, running, kernel)

    def reviewed(self, held: Held, reasons: Sequence[str]) -> None:
        """Take in what a rehearsal has found."""
        self._verdict = (held.etag, tuple(reasons))
        self._stored(lambda: self.desk.reviewed(held, reasons))

    def status(self) -> Status:
        """Return what there is to be said of the cabinet now."""
        control, active, core = self.street.control, self.desk.active, self.street.engine.core
        return Status(
            mode=core.mode,
            reason=core.reason,
            rung=control.rung,
            running=control.running,
            active=None if active is None else active.orders.version,
            overrides=self.street.in_force.ids,
            offset_ms=self.clock.offset_ms,
            waiting=self.outbox.waiting,
            answers=self.link.answers and not self.link.lost,
            adaptive=control.adaptive,
            starving=self._starved(core.claims.starving),
        )

    def _starved(self, raised: Starving | None) -> Starved | None:
        """Return what the kernel raised, with the groups by name."""
        groups = self._kernel.site.groups
        return None if raised is None else Starved(raised.at_ds, tuple(groups[g].name for g in raised.groups))


def _next_boot(shelf: Shelf) -> int:
    """Return the number of this start, counted on the shelf."""
    text = _text(shelf.get(_BOOT)) or "0"
    number = int(text) + 1 if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS else 1
    shelf.put(_BOOT, str(number).encode())
    return number


def _text(data: bytes | None) -> str | None:
    return None if data is None else data.decode("utf-8", "replace")
