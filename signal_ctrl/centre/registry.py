"""The registry of cabinets: enrolled, moved, taken away; who is there, and what each says that it runs."""

from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from signal_ctrl.centre.alarm_desk import AlarmDesk
from signal_ctrl.centre.alarms import Severity
from signal_ctrl.centre.cabinets import CABINETS, Cabinet, Place, cabinet_of, enrolled, every_cabinet
from signal_ctrl.centre.desk import CENTRE, DONE, Desk
from signal_ctrl.centre.identity import Actor, Right, require
from signal_ctrl.centre.order_values import UNACKNOWLEDGED_MS, Answer, Delivery
from signal_ctrl.centre.orders import OrderDesk
from signal_ctrl.centre.ports import Reading, Transaction
from signal_ctrl.centre.presence import POLL_MS, Link, Presence
from signal_ctrl.domain.errors import ConflictError
from signal_ctrl.domain.link.orders import Version, orders_from_bytes

OFFLINE: Final = "offline"
UNACKNOWLEDGED: Final = "unacknowledged"
_SILENT: Final = "cabinet {} is silent; it runs its own plan after its time without the centre"
_UNANSWERED: Final = "cabinet {} has not answered its orders {} ({}) for 30 s; what it runs is what it said last"


class Acknowledged(Enum):
    """How far the newest orders of a cabinet have come, by what it said itself."""

    WAITING = "waiting"
    UNACKNOWLEDGED = "unacknowledged"
    RECEIVED = "received"
    STAGED = "staged"
    ACTIVE = "active"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class CabinetStatus:
    """What is known of a cabinet. `runs` is what it says that it runs, never what it was sent. [ms]"""

    cabinet: str
    district: str
    corridor: str
    place: str
    site_sha256: str
    link: Link
    heard_utc_ms: int | None
    sent: Version | None
    sent_why: str
    acknowledged: Acknowledged | None
    reasons: tuple[str, ...]
    runs: Version | None
    runs_plan_sha256: str
    says: tuple[tuple[str, str], ...]


class Registry:
    """The cabinets and their links."""

    def __init__(self, desk: Desk, orders: OrderDesk, alarms: AlarmDesk) -> None:
        self._desk = desk
        self._orders = orders
        self._alarms = alarms
        self._presence = Presence()
        self._says: dict[str, dict[str, str]] = {}
        self._runs: dict[str, tuple[Version, str]] = {}
        self._was: dict[str, Link] = {}
        self._late: dict[str, bool] = {}

    def enrol(self, who: str, cabinet: str, site: str, place: Place) -> Cabinet:
        """Take a cabinet in, with the document of its site, and make its first orders.

        Raises: ConflictError if the name is taken; InvalidInputError for what is not valid.
        """
        now_ms = self._desk.now_ms()
        new = enrolled(cabinet, site, place, now_ms)

        def work(t: Transaction) -> Delivery:
            return self.enrol_within(t, who, new)

        self._orders.serve([self._desk.act(who, "enrol cabinet", f"cabinet {cabinet}", work)])
        return new

    def enrol_within(self, t: Transaction, who: str, new: Cabinet) -> Delivery:
        """Take a cabinet in as part of another act; who calls serves the orders after the commit."""
        if t.shelf(CABINETS).get(new.cabinet) is not None:
            raise ConflictError(f"cabinet {new.cabinet} is enrolled already")
        t.shelf(CABINETS).put(new)
        t.record(who, "enrol cabinet", f"cabinet {new.cabinet}", f"site {new.site_sha256}", new.enrolled_utc_ms)
        return self._orders.make(t, new, "enrolled", new.enrolled_utc_ms)

    def move(self, actor: Actor, cabinet: str, place: Place) -> Cabinet:
        """Give a cabinet another district, corridor or place. Raises: ForbiddenError; NotFoundError."""
        now_ms = self._desk.now_ms()
        require(actor, Right.MANAGE_USERS, now_ms)

        def work(t: Transaction) -> Cabinet:
            old = cabinet_of(t, cabinet)
            moved = replace(
                old, district=place.district, corridor=place.corridor, place=place.words, lon=place.lon, lat=place.lat
            )
            t.shelf(CABINETS).put(moved)
            t.record(actor.login, "move cabinet", f"cabinet {cabinet}", DONE, now_ms)
            return moved

        return self._desk.act(actor.login, "move cabinet", f"cabinet {cabinet}", work)

    def heard(self, cabinet: str, poll_ms: int = POLL_MS) -> None:
        """Note an authenticated request of a cabinet; nothing is written. [ms]"""
        self._presence.heard(cabinet, self._desk.clock.mono_ms(), self._desk.now_ms(), poll_ms)

    def says(self, cabinet: str, said: dict[str, str]) -> None:
        """Note what a cabinet says of itself in its heartbeat: rung, stage, mode, clock."""
        self._says[cabinet] = said

    def acknowledged(self, delivery: Delivery) -> None:
        """Note a durable acknowledgement; what is active is what the cabinet runs."""
        self._orders.serve([delivery])
        if delivery.answer is Answer.ACTIVE:
            orders = orders_from_bytes(delivery.document.encode())
            held = self._runs.get(delivery.cabinet)
            if held is None or held[0] < delivery.version:
                self._runs[delivery.cabinet] = (delivery.version, orders.plan_sha256)

    def link(self, cabinet: str) -> Link:
        """Return whether a cabinet is heard."""
        return self._presence.link(cabinet, self._desk.clock.mono_ms())

    def status(self, cabinet: Cabinet) -> CabinetStatus:
        """Return what is known of a cabinet now."""
        name, heard = cabinet.cabinet, self._presence.last(cabinet.cabinet)
        delivery, runs = self._orders.book.delivery(name), self._runs.get(name)
        return CabinetStatus(
            cabinet=name,
            district=cabinet.district,
            corridor=cabinet.corridor,
            place=cabinet.place,
            site_sha256=cabinet.site_sha256,
            link=self.link(name),
            heard_utc_ms=heard.utc_ms if heard is not None else None,
            sent=delivery.version if delivery is not None else None,
            sent_why=delivery.why if delivery is not None else "",
            acknowledged=None if delivery is None else acknowledged(delivery, self._desk.now_ms()),
            reasons=delivery.reasons if delivery is not None else (),
            runs=runs[0] if runs is not None else None,
            runs_plan_sha256=runs[1] if runs is not None else "",
            says=tuple(sorted(self._says.get(name, {}).items())),
        )

    def marks(self, cabinet: str) -> tuple[object, ...]:
        """Return what a status is made of but for the time of the last poll: equal marks, equal status."""
        delivery = self._orders.book.delivery(cabinet)
        answer = None if delivery is None else acknowledged(delivery, self._desk.now_ms())
        return self.link(cabinet), delivery, answer, self._runs.get(cabinet), self._says.get(cabinet)

    def statuses(self, reading: Reading) -> tuple[CabinetStatus, ...]:
        """Return what is known of all cabinets."""
        return tuple(self.status(cabinet) for cabinet in every_cabinet(reading))

    def watch(self) -> None:
        """Raise an alarm for who is silent and for orders that nobody answers; clear it when they are heard again."""
        self._watch_links()
        self._watch_answers()

    def _watch_links(self) -> None:
        now = {d.cabinet: self.link(d.cabinet) for d in self._orders.book.deliveries()}
        changed = {name: link for name, link in now.items() if link is not self._was.get(name, Link.NEVER)}
        if changed:
            silent = {name: _SILENT.format(name) for name, link in changed.items() if link is Link.OFFLINE}
            self._desk.store.write(lambda t: self._tell_links(t, silent, changed.keys() - silent.keys()))
            self._was = now

    def _tell_links(self, t: Transaction, silent: Mapping[str, str], heard: Set[str]) -> None:
        now_ms = self._desk.now_ms()
        self._alarms.raise_all(t, OFFLINE, Severity.WARNING, silent)
        for name in silent:
            t.record(CENTRE, "cabinet offline", f"cabinet {name}", DONE, now_ms)
        for alarm in self._alarms.clear_all(t, OFFLINE, sorted(heard), "heard again"):
            t.record(CENTRE, "cabinet online", f"cabinet {alarm.subject}", DONE, now_ms)

    def _watch_answers(self) -> None:
        """Orders are unacknowledged after 30 s; newer ones change nothing about that until the cabinet answers them."""
        book = self._orders.book
        old = (d for d in book.unanswered(self._desk.clock.mono_ms()) if self._is_there(d))
        late = {
            d.cabinet: _UNANSWERED.format(d.cabinet, d.version, d.why) for d in old if not self._late.get(d.cabinet)
        }
        heard = (d.cabinet for d in book.deliveries() if d.answer is not Answer.OFFERED)
        answered = [name for name in heard if self._late.get(name) is not False]
        if late or answered:
            self._desk.store.write(lambda t: self._tell_answers(t, late, answered))
            self._late.update(dict.fromkeys(late, True) | dict.fromkeys(answered, False))

    def _tell_answers(self, t: Transaction, late: Mapping[str, str], answered: Collection[str]) -> None:
        self._alarms.raise_all(t, UNACKNOWLEDGED, Severity.WARNING, late)
        self._alarms.clear_all(t, UNACKNOWLEDGED, answered, "answered")

    def _is_there(self, delivery: Delivery) -> bool:
        """Tell whether a cabinet stands in the street yet: it was heard, or was sent more than its first orders."""
        return delivery.version.revision > 1 or self.link(delivery.cabinet) is not Link.NEVER


def acknowledged(delivery: Delivery, now_ms: int) -> Acknowledged:
    """Return how far orders have come by what the cabinet said; silence for 30 s has a name of its own. [ms]"""
    if delivery.answer is not Answer.OFFERED:
        return Acknowledged(delivery.answer.value)
    late = now_ms - delivery.made_utc_ms > UNACKNOWLEDGED_MS
    return Acknowledged.UNACKNOWLEDGED if late else Acknowledged.WAITING
