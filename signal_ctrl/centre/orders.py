"""What each cabinet is offered: made anew with each change, signed, kept, and served from memory (SAFETY part B).

A cabinet is never assumed to have done what it was sent: what it runs is what it said.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from threading import Lock
from typing import Final, NamedTuple, Protocol
from zlib import crc32

from signal_ctrl.centre.cabinets import Cabinet, cabinet_of, cabinets_of_names, every_cabinet
from signal_ctrl.centre.desk import Desk
from signal_ctrl.centre.known_orders import KnownOrders
from signal_ctrl.centre.order_values import (
    ASSIGNMENTS,
    DELIVERIES,
    UNACKNOWLEDGED_MS,
    Answer,
    Assignment,
    Delivery,
    PlanUse,
    delivery_key,
)
from signal_ctrl.centre.override_values import OVERRIDES, Leg, Override, OverrideState
from signal_ctrl.centre.ports import Importance, Reading, Transaction
from signal_ctrl.centre.preemptions import live_preemptions, with_preemption
from signal_ctrl.centre.shadow_values import MODES
from signal_ctrl.domain.errors import NotFoundError, RefusedError
from signal_ctrl.domain.link.acknowledgement import Acknowledgement, AckState
from signal_ctrl.domain.link.control import ControlMode
from signal_ctrl.domain.link.orders import (
    AHEAD_MS,
    MAX_OVERRIDES,
    Orders,
    Version,
    etag_of,
    orders_from_bytes,
    orders_to_bytes,
)
from signal_ctrl.domain.link.overrides import OverrideOrder

BACK_MS: Final = 3_600_000
"""Orders of a plan that has long begun say that it began at most so long ago. [ms]"""
RENEW_MS: Final = AHEAD_MS // 2
"""Orders are made anew when they are valid for less than this. [ms]"""
KEPT_PER_CABINET: Final = 200
_TRIM_EACH: Final = 50
_OVERTAKES: Final = 1_000
"""More versions than a centre makes in memory while it cannot write."""
_UNKNOWN_ORDERS: Final = "the cabinet has orders that are not known here"
_RANK: Final = {Answer.OFFERED: 0, Answer.RECEIVED: 1, Answer.STAGED: 2, Answer.ACTIVE: 3, Answer.REJECTED: 3}
_ANSWER: Final = {state: Answer(state.value) for state in AckState}


class Signer(Protocol):
    """Signs what cabinets get, with the key of the centre."""

    def sign(self, data: bytes) -> bytes:
        """Return the signature of some bytes."""
        ...


class Served(NamedTuple):
    """What a poll gets: the bytes of the orders, their ETag (without quotes) and their signature in hex."""

    body: bytes
    etag: str
    signature: str


class OrderBook:
    """The orders of every cabinet, in memory: a poll reads no database. Only what is durable comes in, or a release."""

    def __init__(self) -> None:
        self._deliveries: dict[str, Delivery] = {}
        self._served: dict[str, Served] = {}
        self._offered_ms: dict[str, int] = {}
        self._since_ms: dict[str, int] = {}
        self._known = KnownOrders()
        self._ahead: set[tuple[str, str]] = set()
        self._lock = Lock()

    def take(self, deliveries: Iterable[Delivery], now_mono_ms: int) -> None:
        """Serve these from now on; one that is older than what is served is left out. [ms, monotonic]"""
        with self._lock:
            for delivery in deliveries:
                held = self._deliveries.get(delivery.cabinet)
                if held is not None and delivery.version < held.version:
                    continue
                if held is None or held.version != delivery.version:
                    self._offered_ms[delivery.cabinet] = self._since_ms[delivery.cabinet] = now_mono_ms
                    served = Served(delivery.document.encode(), delivery.etag, delivery.signature)
                    self._served[delivery.cabinet] = served
                    self._known.name(delivery.cabinet, delivery.etag)
                self._deliveries[delivery.cabinet] = delivery

    def answer(self, cabinet: str, etag: str, now_mono_ms: int) -> Served | None:
        """Return what a poll gets, None if the cabinet has it already (304). [ms, monotonic]

        Who has it and has not acknowledged it for 30 s gets it whole once more; who has orders that are not known here
        is told of by `ahead`.
        Raises: NotFoundError for a cabinet without orders.
        """
        served = self._served.get(cabinet)
        if served is None:
            raise NotFoundError("there is no such cabinet")
        if etag != served.etag:
            with self._lock:
                if etag and not self._known.name(cabinet, etag):
                    self._ahead.add((cabinet, etag))
            return served
        silent = self._deliveries[cabinet].answer is Answer.OFFERED
        if silent and now_mono_ms - self._offered_ms[cabinet] > UNACKNOWLEDGED_MS:
            self._offered_ms[cabinet] = now_mono_ms
            return served
        return None

    def unanswered(self, now_mono_ms: int) -> tuple[Delivery, ...]:
        """Return what nobody has answered for over 30 s. [ms, monotonic]"""
        old = (d for d in self.deliveries() if now_mono_ms - self._since_ms[d.cabinet] > UNACKNOWLEDGED_MS)
        return tuple(delivery for delivery in old if delivery.answer is Answer.OFFERED)

    def ahead(self) -> tuple[tuple[str, str], ...]:
        """Return (cabinet, ETag) of polls since this was asked last that named orders which are not known here."""
        with self._lock:
            found, self._ahead = tuple(sorted(self._ahead)), set()
            return found

    def delivery(self, cabinet: str) -> Delivery | None:
        """Return what is served to a cabinet."""
        return self._deliveries.get(cabinet)

    def deliveries(self) -> tuple[Delivery, ...]:
        """Return what is served to each cabinet."""
        with self._lock:
            return tuple(self._deliveries.values())


class OrderDesk:
    """Makes orders and takes acknowledgements. Its methods with a transaction are parts of other services' acts."""

    def __init__(self, desk: Desk, signer: Signer, book: OrderBook) -> None:
        self._desk = desk
        self._signer = signer
        self.book = book

    def load(self) -> None:
        """Serve what was made before the centre was started, and make orders for who has none or older ones.

        After a take-over or a restore (a new epoch) every cabinet gets new orders, so that none sees a lower version.
        """

        def work(t: Transaction) -> list[Delivery]:
            cabinets = every_cabinet(t)
            last = t.shelf(DELIVERIES).newest("cabinet", [cabinet.cabinet for cabinet in cabinets])
            held = [delivery for delivery in last.values() if delivery.version.epoch == t.epoch]
            known = {delivery.cabinet for delivery in held}
            stale = [cabinet for cabinet in cabinets if cabinet.cabinet not in known]
            return held + self.make_all(t, stale, "start of the centre", self._desk.now_ms())

        self.serve(self._desk.store.write(work))

    def serve(self, deliveries: Iterable[Delivery]) -> None:
        """Serve what has become durable."""
        self.book.take(deliveries, self._desk.clock.mono_ms())

    def make(self, t: Transaction, cabinet: Cabinet, why: str, now_ms: int) -> Delivery:
        """Make the next version of a cabinet's orders, within the transaction that changed something. [ms]"""
        return self.make_all(t, [cabinet], why, now_ms)[0]

    def make_all(
        self,
        t: Transaction,
        cabinets: Sequence[Cabinet],
        why: str,
        now_ms: int,
    ) -> list[Delivery]:
        """Make the next version of many cabinets' orders, with a few statements for all of them. [ms]"""
        last = self._last_versions(t, [cabinet.cabinet for cabinet in cabinets])
        wanted = [(cabinet, _after(last[cabinet.cabinet], t.epoch)) for cabinet in cabinets]
        return self._put(t, wanted, why, now_ms)

    def _put(self, t: Transaction, wanted: Sequence[tuple[Cabinet, Version]], why: str, now_ms: int) -> list[Delivery]:
        if not wanted:
            return []
        overrides, preempted = by_cabinet(live_overrides(t)), live_preemptions(t)
        names = [cabinet.cabinet for cabinet, _ in wanted]
        assigned, modes = t.shelf(ASSIGNMENTS).several(names), t.shelf(MODES).several(names)
        made = []
        for cabinet, version in wanted:
            name = cabinet.cabinet
            orders = build_orders(cabinet, assigned.get(name), overrides.get(name, ()), version, now_ms)
            orders = with_preemption(orders, preempted.get(name), now_ms)
            control = modes[name].mode if name in modes else ControlMode.PLAN
            made.append(self.signed(replace(orders, control=control), why, now_ms))
        t.shelf(DELIVERIES).add_all(made)
        for delivery in made:
            if _is_trimmed(delivery):
                t.shelf(DELIVERIES).trim(KEPT_PER_CABINET, {"cabinet": delivery.cabinet})
        return made

    def signed(self, orders: Orders, why: str, now_ms: int) -> Delivery:
        """Return orders as they are offered. [ms]"""
        data = orders_to_bytes(orders)
        signature = self._signer.sign(data).hex()
        return Delivery(
            cabinet=orders.cabinet,
            version=orders.version,
            document=data.decode(),
            etag=etag_of(data),
            signature=signature,
            why=why,
            made_utc_ms=now_ms,
            valid_until_utc_ms=orders.valid_until_utc_ms,
            adaptive=orders.adaptive,
        )

    def without_store(self, override_ids: frozenset[str], now_ms: int, only: Collection[str] | None = None) -> None:
        """Take overrides off all orders (or `only` those of some cabinets) in memory: a release needs no store. [ms]"""
        for delivery in self.book.deliveries():
            if only is not None and delivery.cabinet not in only:
                continue
            if not any(f'"{override_id}"' in delivery.document for override_id in override_ids):
                continue
            orders = orders_from_bytes(delivery.document.encode())
            left = tuple(order for order in orders.overrides if order.override_id not in override_ids)
            if left != orders.overrides:
                version = Version(orders.version.epoch, orders.version.revision + 1)
                changed = replace(orders, version=version, overrides=left)
                self.serve([self.signed(changed, "release without the store", now_ms)])

    def acknowledged(self, t: Transaction, ack: Acknowledgement) -> Delivery | None:
        """Take what a cabinet says of a version; return the delivery as it stands, None if it is not known here.

        Who calls serves it after the commit. States only go forward; a version that was never made here, and is greater
        than ours, makes the next one greater than that.
        """
        delivery = t.shelf(DELIVERIES).get(delivery_key(ack.cabinet, ack.version))
        if delivery is None or delivery.etag != ack.etag:
            return self._overtaken(t, ack)
        answer = _ANSWER[ack.state]
        if _RANK[answer] < _RANK[delivery.answer] or delivery.answer is Answer.REJECTED:
            return delivery
        now_ms = self._desk.now_ms()
        active_ms = now_ms if answer is Answer.ACTIVE and delivery.active_utc_ms is None else delivery.active_utc_ms
        taken = replace(delivery, answer=answer, reasons=ack.reasons, answered_utc_ms=now_ms, active_utc_ms=active_ms)
        t.shelf(DELIVERIES).put(taken)
        return taken

    def _overtaken(self, t: Transaction, ack: Acknowledgement) -> Delivery | None:
        last = self._last_versions(t, [ack.cabinet])[ack.cabinet]
        if ack.version < last:
            return None
        version = Version(max(t.epoch, ack.version.epoch), ack.version.revision + 1)
        return self._put(t, [(cabinet_of(t, ack.cabinet), version)], _UNKNOWN_ORDERS, self._desk.now_ms())[0]

    def _last_versions(self, t: Reading, cabinets: Sequence[str]) -> dict[str, Version]:
        """Return the greatest version of each cabinet, in the store or served."""
        kept = t.shelf(DELIVERIES).newest("cabinet", cabinets)
        found = {}
        for cabinet in cabinets:
            known = [one.version for one in (kept.get(cabinet), self.book.delivery(cabinet)) if one is not None]
            found[cabinet] = max(known, default=Version(0, 0))
        return found

    def lost(self) -> tuple[str, ...]:
        """Return the cabinets that have orders of this centre which it does not know.

        A release without the store makes a version in memory alone; if the centre stops before that is written, it is
        lost here and the cabinet has it.
        """
        ahead = self.book.ahead()

        def look(reading: Reading) -> tuple[str, ...]:
            etags = [etag for _, etag in ahead]
            known = reading.shelf(DELIVERIES).find({"etag": etags}, limit=2 * len(etags))
            here = {(delivery.cabinet, delivery.etag) for delivery in known}
            return tuple(dict.fromkeys(name for name, etag in ahead if (name, etag) not in here))

        return self._desk.store.read(look) if ahead else ()

    def overtake(self, lost: Sequence[str]) -> None:
        """Make orders for cabinets that are greater than any that got lost here."""
        now_ms = self._desk.now_ms()

        def work(t: Transaction) -> list[Delivery]:
            last = self._last_versions(t, lost)
            wanted = [(cabinet, _beyond(last[cabinet.cabinet], t.epoch)) for cabinet in cabinets_of_names(t, lost)]
            return self._put(t, wanted, _UNKNOWN_ORDERS, now_ms)

        self.serve(self._desk.store.write(work))

    def renew(self, most: int = 50) -> None:
        """Make orders anew that would soon be too old and can be longer valid, at most so many at once."""
        now_ms = self._desk.now_ms()
        held = [d for d in self.book.deliveries() if not d.adaptive and d.valid_until_utc_ms - now_ms < RENEW_MS]
        if not held:
            return
        assigned = self._desk.store.read(lambda r: r.shelf(ASSIGNMENTS).several([d.cabinet for d in held]))
        old = [d.cabinet for d in held if _validity(_offered(assigned, d), now_ms)[1] > d.valid_until_utc_ms]
        if old:

            def work(t: Transaction) -> list[Delivery]:
                return self.make_all(t, cabinets_of_names(t, old[:most]), "renewal", now_ms)

            self.serve(self._desk.store.write(work, Importance.ESSENTIAL))


def _offered(assigned: Mapping[str, Assignment], delivery: Delivery) -> PlanUse | None:
    assignment = assigned.get(delivery.cabinet)
    return assignment.offered if assignment is not None else None


def _after(last: Version, epoch: int) -> Version:
    return Version(max(epoch, last.epoch), last.revision + 1)


def _beyond(last: Version, epoch: int) -> Version:
    return Version(max(epoch, last.epoch), last.revision + _OVERTAKES)


def _is_trimmed(delivery: Delivery) -> bool:
    """Tell whether old versions are taken away now: each cabinet at revisions of its own, so that few come at once."""
    return (delivery.version.revision + crc32(delivery.cabinet.encode())) % _TRIM_EACH == 0


def by_cabinet(live: Iterable[Override]) -> Mapping[str, Sequence[tuple[Override, Leg]]]:
    """Return what each cabinet has of overrides, the one activated last at the end."""
    found: defaultdict[str, list[tuple[Override, Leg]]] = defaultdict(list)
    for override in sorted(live, key=lambda o: (o.activated_utc_ms or 0, o.override_id)):
        for leg in override.legs_left:
            found[leg.cabinet].append((override, leg))
    return found


def last_delivery(reading: Reading, cabinet: str) -> Delivery | None:
    """Return the newest version of a cabinet's orders that is kept."""
    return next(iter(reading.shelf(DELIVERIES).find({"cabinet": cabinet}, limit=1)), None)


def live_overrides(reading: Reading) -> tuple[Override, ...]:
    """Return the overrides that are in force."""
    return reading.shelf(OVERRIDES).find({"state": OverrideState.ACTIVE.value})


def build_orders(
    cabinet: Cabinet,
    assignment: Assignment | None,
    live: Iterable[tuple[Override, Leg]],
    version: Version,
    now_ms: int,
) -> Orders:
    """Return the orders of one cabinet: its plan, and what it has of the overrides in force, in their order. [ms]

    Raises: RefusedError if there are too many overrides.
    """
    use = assignment.offered if assignment is not None else None
    begin_ms, end_ms = _validity(use, now_ms)
    orders = [order for override, leg in live if (order := order_of(override, leg, now_ms))]
    if len(orders) > MAX_OVERRIDES:
        raise RefusedError("C/too-many", f"cabinet {cabinet.cabinet} has {MAX_OVERRIDES} overrides already")
    return Orders(
        cabinet=cabinet.cabinet,
        version=version,
        site_sha256=cabinet.site_sha256,
        plan=use.plan if use is not None else None,
        not_before_utc_ms=begin_ms,
        valid_until_utc_ms=end_ms,
        adaptive=use is not None and use.adaptive,
        commit=use.change if use is not None else "",
        committed=use is not None and use.committed,
        overrides=tuple(orders),
    )


def order_of(override: Override, leg: Leg, now_ms: int) -> OverrideOrder | None:
    """Return what a cabinet gets of an override: absolute end and what is left, None if that is nothing. [ms]"""
    if leg.end_utc_ms <= now_ms:
        return None
    lasts_ms = leg.end_utc_ms - max(now_ms, leg.start_utc_ms)
    return OverrideOrder(
        override.override_id, override.document.kind, leg.stage, leg.start_utc_ms, leg.end_utc_ms, lasts_ms
    )


def _validity(use: PlanUse | None, now_ms: int) -> tuple[int, int]:
    """Return from when until when orders are valid. [ms]"""
    wanted_ms = now_ms if use is None else use.not_before_utc_ms
    if use is not None and use.adaptive and use.valid_until_utc_ms is not None:
        return wanted_ms, use.valid_until_utc_ms
    begin_ms = max(wanted_ms, now_ms - BACK_MS, 0)
    end_ms = begin_ms + AHEAD_MS
    if use is not None and use.valid_until_utc_ms is not None:
        end_ms = max(min(end_ms, use.valid_until_utc_ms), begin_ms + 1)
    return begin_ms, end_ms
