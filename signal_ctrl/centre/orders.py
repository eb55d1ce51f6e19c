"""What each cabinet is offered: made anew with each change, signed, kept, and served from memory (SAFETY part B).

A cabinet is never assumed to have done what it was sent: what it runs is what it said.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from threading import Lock
from typing import Final, NamedTuple, Protocol

from signal_ctrl.centre.cabinets import Cabinet, cabinet_of, every_cabinet
from signal_ctrl.centre.desk import Desk
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
from signal_ctrl.centre.override_values import OVERRIDES, Override, OverrideState
from signal_ctrl.centre.ports import Importance, Reading, Transaction
from signal_ctrl.domain.errors import NotFoundError, RefusedError
from signal_ctrl.domain.link.acknowledgement import Acknowledgement, AckState
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
        self._known: defaultdict[str, set[str]] = defaultdict(set)
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
                    self._offered_ms[delivery.cabinet] = now_mono_ms
                    served = Served(delivery.document.encode(), delivery.etag, delivery.signature)
                    self._served[delivery.cabinet] = served
                    self._known[delivery.cabinet].add(delivery.etag)
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
            if etag and etag not in self._known[cabinet]:
                self._known[cabinet].add(etag)
                self._ahead.add((cabinet, etag))
            return served
        silent = self._deliveries[cabinet].answer is Answer.OFFERED
        if silent and now_mono_ms - self._offered_ms[cabinet] > UNACKNOWLEDGED_MS:
            self._offered_ms[cabinet] = now_mono_ms
            return served
        return None

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
            now_ms, found = self._desk.now_ms(), []
            for cabinet in every_cabinet(t):
                last = last_delivery(t, cabinet.cabinet)
                stale = last is None or last.version.epoch != t.epoch
                found.append(self.make(t, cabinet, "start of the centre", now_ms) if stale or last is None else last)
            return found

        self.serve(self._desk.store.write(work))

    def serve(self, deliveries: Iterable[Delivery]) -> None:
        """Serve what has become durable."""
        self.book.take(deliveries, self._desk.clock.mono_ms())

    def make(
        self, t: Transaction, cabinet: Cabinet, why: str, now_ms: int, live: Iterable[Override] | None = None
    ) -> Delivery:
        """Make the next version of a cabinet's orders, within the transaction that changed something. [ms]

        Args: live, the overrides in force, where the caller has them.
        """
        last = self._last_version(t, cabinet.cabinet)
        return self._put(t, cabinet, Version(max(t.epoch, last.epoch), last.revision + 1), why, now_ms, live)

    def _put(
        self,
        t: Transaction,
        cabinet: Cabinet,
        version: Version,
        why: str,
        now_ms: int,
        live: Iterable[Override] | None = None,
    ) -> Delivery:
        overrides = live_overrides(t) if live is None else live
        orders = build_orders(cabinet, t.shelf(ASSIGNMENTS).get(cabinet.cabinet), overrides, version, now_ms)
        delivery = self.signed(orders, why, now_ms)
        t.shelf(DELIVERIES).add(delivery)
        if version.revision % _TRIM_EACH == 0:
            t.shelf(DELIVERIES).trim(KEPT_PER_CABINET, {"cabinet": cabinet.cabinet})
        return delivery

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

    def without_store(self, override_ids: frozenset[str], now_ms: int) -> None:
        """Take overrides off all orders in memory alone: a release works although nothing can be written. [ms]"""
        for delivery in self.book.deliveries():
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
        last = self._last_version(t, ack.cabinet)
        if ack.version < last:
            return None
        version = Version(max(t.epoch, ack.version.epoch), ack.version.revision + 1)
        why = "the cabinet has orders that are not known here"
        return self._put(t, cabinet_of(t, ack.cabinet), version, why, self._desk.now_ms())

    def _last_version(self, t: Reading, cabinet: str) -> Version:
        last, served = last_delivery(t, cabinet), self.book.delivery(cabinet)
        known = [delivery.version for delivery in (last, served) if delivery is not None]
        return max(known, default=Version(0, 0))

    def lost(self) -> tuple[str, ...]:
        """Return the cabinets that have orders of this centre which it does not know.

        A release without the store makes a version in memory alone; if the centre stops before that is written, it is
        lost here and the cabinet has it.
        """
        ahead = self.book.ahead()

        def look(reading: Reading) -> tuple[str, ...]:
            shelf = reading.shelf(DELIVERIES)
            return tuple(name for name, etag in ahead if not shelf.count({"cabinet": name, "etag": etag}))

        return self._desk.store.read(look) if ahead else ()

    def overtake(self, lost: Iterable[str]) -> None:
        """Make orders for cabinets that are greater than any that got lost here."""
        now_ms = self._desk.now_ms()

        def work(t: Transaction) -> list[Delivery]:
            return [self._overtaking(t, name, now_ms) for name in lost]

        self.serve(self._desk.store.write(work))

    def _overtaking(self, t: Transaction, name: str, now_ms: int) -> Delivery:
        last = self._last_version(t, name)
        version = Version(max(t.epoch, last.epoch), last.revision + _OVERTAKES)
        return self._put(t, cabinet_of(t, name), version, "the cabinet has orders that are not known here", now_ms)

    def renew(self, most: int = 50) -> None:
        """Make orders anew that would soon be too old, at most so many at once."""
        now_ms = self._desk.now_ms()
        held = (d for d in self.book.deliveries() if not d.adaptive)
        old = [d.cabinet for d in held if d.valid_until_utc_ms - now_ms < RENEW_MS]
        if old:

            def work(t: Transaction) -> list[Delivery]:
                return [self.make(t, cabinet_of(t, name), "renewal", now_ms) for name in old[:most]]

            self.serve(self._desk.store.write(work, Importance.ESSENTIAL))


def last_delivery(reading: Reading, cabinet: str) -> Delivery | None:
    """Return the newest version of a cabinet's orders that is kept."""
    return next(iter(reading.shelf(DELIVERIES).find({"cabinet": cabinet}, limit=1)), None)


def live_overrides(reading: Reading) -> tuple[Override, ...]:
    """Return the overrides that are in force."""
    return reading.shelf(OVERRIDES).find({"state": OverrideState.ACTIVE.value})


def build_orders(
    cabinet: Cabinet, assignment: Assignment | None, live: Iterable[Override], version: Version, now_ms: int
) -> Orders:
    """Return the orders of one cabinet: its plan, and the overrides in force, the one activated last at the end. [ms]

    Raises: RefusedError if there are too many overrides.
    """
    use = assignment.offered if assignment is not None else None
    begin_ms, end_ms = _validity(use, now_ms)
    orders = [order for override in _in_turn(live) if (order := order_of(override, cabinet.cabinet, now_ms))]
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


def order_of(override: Override, cabinet: str, now_ms: int) -> OverrideOrder | None:
    """Return what a cabinet gets of an override: absolute end and what is left, None if that is nothing. [ms]"""
    leg = override.leg(cabinet)
    if leg is None or leg.end_utc_ms <= now_ms:
        return None
    lasts_ms = leg.end_utc_ms - max(now_ms, leg.start_utc_ms)
    return OverrideOrder(
        override.override_id, override.document.kind, leg.stage, leg.start_utc_ms, leg.end_utc_ms, lasts_ms
    )


def _in_turn(live: Iterable[Override]) -> list[Override]:
    return sorted(live, key=lambda o: (o.activated_utc_ms or 0, o.override_id))


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
