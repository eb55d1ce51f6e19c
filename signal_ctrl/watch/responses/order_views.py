"""Responses that were ordered, as they are read; what became of their parts, and what each of them brought."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from signal_ctrl.centre.order_values import Delivery
from signal_ctrl.centre.override_values import OVERRIDES, Override
from signal_ctrl.centre.ports import Reading
from signal_ctrl.centre.prices import MEASURED, Price
from signal_ctrl.domain.errors import NotFoundError
from signal_ctrl.domain.link.orders import orders_from_bytes
from signal_ctrl.watch.dispatch.missions import MISSIONS, Mission
from signal_ctrl.watch.responses.order_document import OrderDocument, order_of_text
from signal_ctrl.watch.responses.order_values import (
    RESPONSE_ORDERS,
    OrderState,
    PartKind,
    PartOutcome,
    PartState,
    ResponseOrder,
)
from signal_ctrl.watch.responses.prices import sum_of

LIVE: Final = tuple(state.value for state in OrderState if state.live)


@dataclass(frozen=True, slots=True)
class Brought:
    """What one ordered response brought: expected and measured price of its overrides, missions and tasks done. [s]

    `overrides_unpriced`, how many of its overrides are not measured yet. `lasted_s`, from its approval to its end.
    """

    order_id: str
    response: str
    number: int
    case: str
    state: OrderState
    issuer: str
    approver: str
    approved_utc_ms: int | None
    ended_utc_ms: int | None
    lasted_s: float | None
    estimate: Price
    measured: Price
    overrides_unpriced: int
    missions: int
    missions_closed: int
    tasks: int
    tasks_done: int
    why: str


def order_by_id(reading: Reading, order_id: str) -> ResponseOrder:
    """Return a response that was ordered. Raises: NotFoundError."""
    order = reading.shelf(RESPONSE_ORDERS).get(order_id)
    if order is None:
        raise NotFoundError(f"no response {order_id} was ordered")
    return order


def response_orders(reading: Reading, state: str = "live", limit: int = 200) -> tuple[ResponseOrder, ...]:
    """Return responses that were ordered, the youngest first. Args: state, `live`, `all`, or one of `OrderState`."""
    if state == "all":
        return reading.shelf(RESPONSE_ORDERS).find(limit=limit)
    states = LIVE if state == "live" else (OrderState(state).value,)
    return reading.shelf(RESPONSE_ORDERS).find({"state": states}, limit=limit)


def parts_of(document: OrderDocument) -> tuple[PartOutcome, ...]:
    """Return all parts of what is ordered, waiting."""
    named = [
        *((name, PartKind.OVERRIDE, "") for name, _ in document.overrides),
        *((plan.name, PartKind.PLAN, f"{plan.plan}/{plan.number}") for plan in document.plans),
        *((name, PartKind.SIGN, text.sign_id) for name, text in document.signs),
        *((part.name, PartKind.MISSION, "") for part in document.missions),
    ]
    return tuple(PartOutcome(name, kind, PartState.WAITING, ref) for name, kind, ref in named)


def carried(order: ResponseOrder) -> Iterator[tuple[PartOutcome, str]]:
    """Yield each override and plan of an order with each of its cabinets."""
    document = order_of_text(order.document)
    reached = {name: [leg.cabinet for leg in one.legs] for name, one in document.overrides}
    reached |= {plan.name: list(plan.cabinets) for plan in document.plans}
    for part in order.parts:
        for cabinet in reached.get(part.name, ()):
            yield part, cabinet


def carries(delivery: Delivery, order: ResponseOrder, part: PartOutcome, cabinet: str) -> bool:
    """Tell whether orders hold a part of a response: its override, or its plan."""
    if part.kind is PartKind.OVERRIDE:
        return f'"{part.ref}"' in delivery.document
    ours = [before.ours.plan for before in order.before if before.cabinet == cabinet]
    return orders_from_bytes(delivery.document.encode()).plan in ours


def with_outcome(order: ResponseOrder, failed: Mapping[str, str], otherwise: PartState) -> ResponseOrder:
    """Return an order that is over, with what became of each part."""

    def told_of(part: PartOutcome) -> PartOutcome:
        if part.name in failed:
            return replace(part, state=PartState.FAILED, text=failed[part.name])
        return part if part.state is PartState.FAILED else replace(part, state=otherwise)

    return replace(order, parts=tuple(told_of(part) for part in order.parts))


def ledger(reading: Reading, limit: int = 200) -> tuple[Brought, ...]:
    """Return what ordered responses brought, the youngest first."""
    found = reading.shelf(RESPONSE_ORDERS).find(limit=limit)
    refs = {kind: [p.ref for o in found for p in o.parts if p.kind is kind and p.ref] for kind in PartKind}
    overrides = reading.shelf(OVERRIDES).several(refs[PartKind.OVERRIDE])
    missions = reading.shelf(MISSIONS).several(refs[PartKind.MISSION])
    return tuple(_brought(order, overrides, missions) for order in found)


def _brought(order: ResponseOrder, overrides: Mapping[str, Override], missions: Mapping[str, Mission]) -> Brought:
    own = [overrides[part.ref] for part in order.parts if part.ref in overrides]
    sent = [missions[part.ref] for part in order.parts if part.ref in missions]
    ended_ms, approved_ms = order.ended_utc_ms, order.approved_utc_ms
    at_ms = ended_ms or order.issued_utc_ms
    return Brought(
        order_id=order.order_id,
        response=order.response,
        number=order.number,
        case=order.case,
        state=order.state,
        issuer=order.issuer,
        approver=order.approver,
        approved_utc_ms=approved_ms,
        ended_utc_ms=ended_ms,
        lasted_s=None if ended_ms is None or approved_ms is None else (ended_ms - approved_ms) / 1000,
        estimate=sum_of([o.estimate for o in own if o.estimate is not None], at_ms),
        measured=sum_of([o.measured for o in own if o.measured is not None], at_ms, MEASURED),
        overrides_unpriced=sum(o.measured is None for o in own),
        missions=len(sent),
        missions_closed=sum(mission.state.value == "closed" for mission in sent),
        tasks=len(order.checklist),
        tasks_done=sum(bool(task.done_by) for task in order.checklist),
        why=order.why,
    )
