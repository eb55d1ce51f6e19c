"""Responses ordered: prepared, ordered, approved by a second person, ended; each as one act with one audit record.

All parts come about or none: what fails is told part by part, and everything else is undone. A response ends by itself
at its end, and even where nothing can be written: its overrides then end in memory and the rest is written later.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from signal_ctrl.centre.cabinets import cabinets_of_names
from signal_ctrl.centre.centre import Centre
from signal_ctrl.centre.desk import CENTRE
from signal_ctrl.centre.identity import Actor, Grant, Right, require
from signal_ctrl.centre.late_writes import LateWrites
from signal_ctrl.centre.nonces import Nonces, fingerprint
from signal_ctrl.centre.order_values import Answer
from signal_ctrl.centre.override_checks import Awaited, check_approval, check_reach, check_second_factor, check_still
from signal_ctrl.centre.override_values import APPROVAL_MS, NONCE_MS
from signal_ctrl.centre.ports import Importance, Reading, Transaction
from signal_ctrl.centre.prices import Price
from signal_ctrl.centre.pricing import estimate
from signal_ctrl.domain.errors import ConflictError, InvalidInputError, NotFoundError, RefusedError
from signal_ctrl.domain.signs import SignText
from signal_ctrl.watch.dispatch.mission_desk import MissionDesk
from signal_ctrl.watch.responses.acting import Acted, PartsFailedError, ResponseActs
from signal_ctrl.watch.responses.library import response_item, told
from signal_ctrl.watch.responses.order_document import (
    OrderDocument,
    order_hash,
    order_json,
    order_of,
    order_of_text,
    order_text,
)
from signal_ctrl.watch.responses.order_values import (
    RESPONSE_ORDERS,
    OrderState,
    PartState,
    ResponseOrder,
    Tick,
)
from signal_ctrl.watch.responses.order_views import LIVE, carried, carries, order_by_id, parts_of, with_outcome
from signal_ctrl.watch.responses.prices import sum_of
from signal_ctrl.watch.responses.resolving import Surroundings, resolved
from signal_ctrl.watch.responses.response_file import response_from_text

_Outcome = list[tuple[ResponseOrder, Acted]]
"""What came of an end, once it is written."""
_OVER: Final = {OrderState.WAITING: OrderState.WITHDRAWN, OrderState.ACTIVE: OrderState.ENDED}


@dataclass(frozen=True, slots=True)
class ResponseWish:
    """Which response of the library is wanted (number 0: the last), for which case, from when (None: now). [ms]"""

    response: str
    case: str
    number: int = 0
    start_utc_ms: int | None = None


@dataclass(frozen=True, slots=True)
class ResponsePreparation:
    """What is shown before somebody orders a response: document, hash, nonce, and what it may cost. [ms]"""

    nonce: str
    valid_for_ms: int
    document: dict[str, Any]
    sha256: str
    cabinets: tuple[str, ...]
    estimate: Price


class ResponseDesk:
    """The responses that were ordered."""

    def __init__(self, centre: Centre, missions: MissionDesk, around: Callable[[], Surroundings]) -> None:
        """Args: around, the signs and roads that there are now."""
        self._centre = centre
        self._desk = centre.desk
        self._around = around
        self._acts = ResponseActs(centre, missions)
        self._nonces = Nonces(self._desk.random)
        self._late = LateWrites(self._desk.store)
        self._owed: list[_Outcome] = []
        self._live: dict[str, ResponseOrder] = {}
        self._until_mono_ms: dict[str, int] = {}

    def load(self) -> None:
        """Take up what was live before the start of the centre."""
        for order in self._desk.store.read(lambda r: r.shelf(RESPONSE_ORDERS).find({"state": LIVE})):
            self._keep(order)

    def prepare(self, actor: Actor, wish: ResponseWish) -> ResponsePreparation:
        """Return what would be ordered, with a nonce to confirm it. Nothing is written.

        Raises: ForbiddenError; NotFoundError; RefusedError `R/check` with every reason why it cannot be ordered.
        """
        now_ms = self._desk.now_ms()
        require(actor, Right.ISSUE_OVERRIDE, now_ms)
        around = self._around()

        def work(reading: Reading) -> tuple[OrderDocument, Price]:
            item = response_item(reading, wish.response, wish.number)
            response = response_from_text(item.document)
            start_ms = now_ms if wish.start_utc_ms is None else wish.start_utc_ms
            said = item.number, item.sha256, wish.case
            document, reasons = resolved(reading, response, said, start_ms, now_ms, around)
            if document is None:
                raise RefusedError("R/check", told(reasons))
            self._districts(reading, actor, document)
            prices = [estimate(reading, one, now_ms) for _, one in document.overrides]
            return document, sum_of(prices, now_ms)

        document, price = self._desk.store.read(work)
        sha256 = order_hash(document)
        nonce = self._nonces.give(actor.login, actor.session, sha256, price, self._desk.clock.mono_ms())
        return ResponsePreparation(nonce, NONCE_MS, order_json(document), sha256, document.cabinets, price)

    def order(self, actor: Actor, document: dict[str, Any], nonce: str) -> ResponseOrder:
        """Order a prepared response; it waits for a second person.

        Raises: ForbiddenError; RefusedError `C/nonce`, `C/hash`, `C/second-factor`; InvalidInputError.
        """
        order_id = self._desk.new_id("re")

        def work(t: Transaction) -> ResponseOrder:
            now_ms = self._desk.now_ms()
            require(actor, Right.ISSUE_OVERRIDE, now_ms)
            asked = order_of(document)
            sha256 = order_hash(asked)
            self._nonces.take(nonce, actor.login, actor.session, sha256, self._desk.clock.mono_ms())
            check_second_factor(actor, True, now_ms)
            order = ResponseOrder(
                order_id=order_id,
                response=asked.response,
                number=asked.number,
                document=order_text(asked),
                sha256=sha256,
                districts=self._districts(t, actor, asked),
                case=asked.case,
                nonce=fingerprint(nonce),
                issuer=actor.login,
                issued_utc_ms=now_ms,
                start_utc_ms=asked.start_utc_ms,
                end_utc_ms=asked.end_utc_ms,
                state=OrderState.WAITING,
                parts=parts_of(asked),
                checklist=tuple(Tick(text) for text in asked.checklist),
            )
            t.shelf(RESPONSE_ORDERS).add(order)
            what = f"{order.response} number {order.number}, {len(order.parts)} parts, case {order.case}"
            t.record(actor.login, "order response", f"response {order_id}", f"{what}, document {sha256}", now_ms)
            return order

        return self._keep(self._desk.act(actor.login, "order response", f"response {order_id}", work))

    def approve(self, actor: Actor, order_id: str, sha256: str) -> ResponseOrder:
        """Approve what somebody else has ordered, within 5 min, by the hash of its document: all parts begin, or none.

        Returns: the order, `FAILED` with the reasons of its parts where one of them did not come about.
        Raises: ForbiddenError; NotFoundError; RefusedError `C/self`, `C/hash`, `C/late`, `C/second-factor`;
            ConflictError if it waits for nobody.
        """
        order = self._desk.store.read(lambda r: order_by_id(r, order_id))
        document = order_of_text(order.document)
        obj = f"response {order_id}"
        try:
            missions = self._acts.planned(document, order_id, actor.login)
        except InvalidInputError as error:  # the roads are gone by now
            missions = None
            failed = {part.name: str(error) for part in document.missions}

        def work(t: Transaction) -> tuple[ResponseOrder, Acted]:
            now_ms = self._desk.now_ms()
            require(actor, Right.APPROVE_OVERRIDE, now_ms)
            held = order_by_id(t, order_id)
            self._check_approval(t, actor, held, sha256, now_ms)
            if missions is None:
                raise PartsFailedError.of(failed)
            approved = replace(held, approver=actor.login, approved_utc_ms=now_ms, state=OrderState.ACTIVE)
            begun, acted = self._acts.begin(t, approved, document, missions)
            t.shelf(RESPONSE_ORDERS).put(begun)
            t.record(actor.login, "approve response", obj, f"document {sha256}", now_ms)
            return begun, acted

        try:
            begun, acted = self._desk.act(actor.login, "approve response", obj, work)
        except PartsFailedError as error:
            return self._failed(order_id, actor.login, error.failed)
        self._acts.take_up(acted)
        return self._keep(begun)

    def end(self, actor: Actor, order_id: str) -> ResponseOrder:
        """End a response as one act, or withdraw it before it was approved: its issuer may, and any supervisor.

        Raises: ForbiddenError; NotFoundError; ConflictError if it is over.
        """
        now_ms = self._desk.now_ms()
        order = self._live.get(order_id) or self._desk.store.read(lambda r: order_by_id(r, order_id))
        if not order.state.live:
            raise ConflictError(f"response {order_id} is {order.state.value} already")
        if actor.login != order.issuer or actor.grant(Right.ISSUE_OVERRIDE) is Grant.NO:
            require(actor, Right.APPROVE_OVERRIDE, now_ms)
            check_reach(actor, order.districts)
        return self._end(order, _OVER[order.state], actor.login)

    def tick_off(self, actor: Actor, order_id: str, task: int, note: str = "") -> ResponseOrder:
        """Say that a task of the checklist is done; tasks count from 1. Raises: ForbiddenError; NotFoundError; ..."""
        now_ms = self._desk.now_ms()
        require(actor, Right.DISPATCH, now_ms)

        def work(t: Transaction) -> ResponseOrder:
            order = order_by_id(t, order_id)
            if not 1 <= task <= len(order.checklist):
                raise NotFoundError(f"response {order_id} has no task {task}; it has {len(order.checklist)}")
            done = order.checklist[task - 1]
            if done.done_by:
                raise ConflictError(f"task {task} was done by {done.done_by}")
            ticked = replace(done, done_by=actor.login, done_utc_ms=now_ms, note=note)
            changed = replace(order, checklist=(*order.checklist[: task - 1], ticked, *order.checklist[task:]))
            t.shelf(RESPONSE_ORDERS).put(changed)
            t.record(actor.login, "do task", f"response {order_id}", f"task {task}: {done.text}"[:500], now_ms)
            return changed

        changed = self._desk.act(actor.login, "do task", f"response {order_id}", work)
        return self._keep(changed) if changed.state.live else changed

    def tick(self) -> None:
        """Do what time has brought: ends that are unwritten, approvals that never came, ends, beginnings, refusals."""
        self._write_late()
        now_ms, mono_ms = self._desk.now_ms(), self._desk.clock.mono_ms()
        for order in sorted(self._live.values(), key=_needs_store):
            over = mono_ms >= self._until_mono_ms[order.order_id]
            if order.state is OrderState.WAITING:
                if over or now_ms >= order.issued_utc_ms + APPROVAL_MS:
                    self._end(order, OrderState.LAPSED, CENTRE)
            elif over or now_ms >= order.end_utc_ms:
                self._end(order, OrderState.EXPIRED, CENTRE)
            elif rejected := self._rejected(order):
                self._end(order, OrderState.FAILED, CENTRE, rejected)
        for order in tuple(self._live.values()):
            waits = order.state is OrderState.ACTIVE and now_ms >= order.start_utc_ms
            if waits and any(part.state is PartState.WAITING for part in order.parts):
                self._open_missions(order)

    def live(self) -> tuple[ResponseOrder, ...]:
        """Return the responses that wait or are in force; from memory."""
        return tuple(self._live.values())

    def texts(self, now_utc_ms: int) -> tuple[SignText, ...]:
        """Return what responses want on signs now. [ms]"""
        active = [order for order in self._live.values() if order.state is OrderState.ACTIVE]
        wanted = [
            replace(text, source=f"response {order.order_id}")
            for order in active
            for _, text in order_of_text(order.document).signs
        ]
        return tuple(text for text in wanted if text.is_live(now_utc_ms))

    def _districts(self, reading: Reading, actor: Actor, document: OrderDocument) -> tuple[str, ...]:
        cabinets = cabinets_of_names(reading, document.cabinets)
        districts = tuple(sorted({cabinet.district for cabinet in cabinets}))
        check_reach(actor, districts)
        return districts

    def _check_approval(self, t: Transaction, actor: Actor, order: ResponseOrder, sha256: str, now_ms: int) -> None:
        if order.state is not OrderState.WAITING:
            raise ConflictError(f"response {order.order_id} is {order.state.value}")
        until_mono_ms = self._until_mono_ms.get(order.order_id, 0)
        awaited = Awaited(order.issuer, order.districts, order.sha256, order.issued_utc_ms, until_mono_ms, "ordered")
        check_approval(actor, awaited, sha256, now_ms, self._desk.clock.mono_ms())
        check_still(t, order.issuer, Right.ISSUE_OVERRIDE)

    def _failed(self, order_id: str, who: str, failed: Mapping[str, str]) -> ResponseOrder:
        """Write down that a response failed before anything of it was kept, part by part."""
        now_ms = self._desk.now_ms()

        def work(t: Transaction) -> ResponseOrder:
            over = with_outcome(order_by_id(t, order_id), failed, PartState.UNDONE)
            why = "; ".join(f"{name}: {text}" for name, text in failed.items())[:500]
            over = replace(over, state=OrderState.FAILED, ended_utc_ms=now_ms, ended_by=who, why=why)
            t.shelf(RESPONSE_ORDERS).put(over)
            t.record(who, "fail response", f"response {order_id}", why, now_ms)
            return over

        return self._keep(self._desk.store.write(work))

    def _end(
        self, order: ResponseOrder, state: OrderState, who: str, failed: dict[str, str] | None = None
    ) -> ResponseOrder:
        """End a response. What was in force ends even if nothing can be written."""
        now_ms = self._desk.now_ms()
        ended_ms = min(now_ms, order.end_utc_ms) if state is OrderState.EXPIRED else now_ms
        outcome: _Outcome = []
        work = partial(self._end_within, outcome, order, (state, who, ended_ms), failed or {})
        if order.state is not OrderState.ACTIVE:
            self._desk.store.write(lambda t: work(t, False), Importance.ESSENTIAL)
        elif not self._late.write(work):
            self._owed.append(outcome)
            self._acts.end_without_store(order, who)
            over = replace(order, state=state, ended_utc_ms=ended_ms, ended_by=who, late=True)
            return self._keep(over)
        over, acted = outcome[-1]
        self._acts.take_up(acted)
        return self._keep(over)

    def _end_within(
        self,
        outcome: _Outcome,
        seen: ResponseOrder,
        end: tuple[OrderState, str, int],
        failed: dict[str, str],
        t: Transaction,
        late: bool,
    ) -> None:
        state, who, ended_ms = end
        held = order_by_id(t, seen.order_id)
        if held.state is not seen.state:
            outcome.append((held, Acted()))  # somebody was quicker
            return
        acted = Acted()
        if held.state is OrderState.ACTIVE:
            acted = self._acts.undo(t, held, who, late)
        over = with_outcome(held, failed, PartState.UNDONE if failed else PartState.ENDED)
        why = "; ".join(f"{name}: {text}" for name, text in failed.items())[:500]
        over = replace(over, state=state, ended_utc_ms=ended_ms, ended_by=who, why=why, late=late)
        t.shelf(RESPONSE_ORDERS).put(over)
        result = f"{state.value}: {why}" if why else state.value
        t.record(who, "end response", f"response {held.order_id}", result, ended_ms, late)
        outcome.append((over, acted))

    def _rejected(self, order: ResponseOrder) -> dict[str, str]:
        """Return which parts a cabinet has refused, and why: orders that carry them, and no others."""
        failed = dict[str, str]()
        for part, cabinet in carried(order):
            delivery = self._centre.orders.book.delivery(cabinet)
            if delivery is not None and delivery.answer is Answer.REJECTED and carries(delivery, order, part, cabinet):
                failed[part.name] = f"cabinet {cabinet} rejected its orders: {'; '.join(delivery.reasons)}"
        return failed

    def _open_missions(self, order: ResponseOrder) -> None:
        document = order_of_text(order.document)
        try:
            missions, gone = self._acts.planned(document, order.order_id, order.issuer), ""
        except InvalidInputError as error:  # the roads are gone by now
            missions, gone = (), str(error)

        def work(t: Transaction) -> ResponseOrder:
            held = order_by_id(t, order.order_id)
            if held.state is not OrderState.ACTIVE:
                return held
            opened = self._acts.open_missions(t, held, document, missions, gone)
            t.shelf(RESPONSE_ORDERS).put(opened)
            return opened

        self._keep(self._desk.store.write(work))

    def _write_late(self) -> None:
        """Write the ends that could not be written, in their order; try again later what still cannot be."""
        if self._owed:
            done = len(self._owed) - self._late.settle()
            for outcome in self._owed[:done]:
                self._acts.take_up(outcome[-1][1])
            self._owed = self._owed[done:]

    def _keep(self, order: ResponseOrder) -> ResponseOrder:
        """Take up what has become durable."""
        if not order.state.live:
            self._live.pop(order.order_id, None)
            self._until_mono_ms.pop(order.order_id, None)
            return order
        waits = order.state is OrderState.WAITING
        end_ms = order.issued_utc_ms + APPROVAL_MS if waits else order.end_utc_ms
        self._live[order.order_id] = order
        self._until_mono_ms[order.order_id] = self._desk.clock.mono_ms() + end_ms - self._desk.now_ms()
        return order


def _needs_store(order: ResponseOrder) -> bool:
    """Tell whether the end of a response can only be written: what is in force ends before that may fail."""
    return order.state is not OrderState.ACTIVE
