"""Emergency plans: imported, checked, prepared, ordered as one act, approved, ended; the checklist; the ledger."""

from typing import Annotated, Literal

from fastapi import Path
from pydantic import StringConstraints

from signal_ctrl.centre.override_values import OVERRIDES, Override
from signal_ctrl.centre.plan_values import LibraryItem
from signal_ctrl.centre.ports import Reading
from signal_ctrl.watch.dispatch.mission_desk import missions
from signal_ctrl.watch.dispatch.missions import Mission
from signal_ctrl.watch.responses.library import response_item, response_items
from signal_ctrl.watch.responses.order_desk import ResponsePreparation, ResponseWish
from signal_ctrl.watch.responses.order_values import ResponseOrder
from signal_ctrl.watch.responses.order_views import Brought, ledger, order_by_id, response_orders
from signal_ctrl.watch.responses.resolving import PartReason
from signal_ctrl.watch.responses.response_file import response_from_text
from signal_ctrl.watch.responses.stored_routes import StoredRoute, stored_routes
from signal_ctrl.web.bodies import BodyIn, BodyOut
from signal_ctrl.web.body_limit import MAX_BYTES
from signal_ctrl.web.centre_bodies import Engineer, Limit, Name, NamePath, Note, Reader, UtcMs, people_only
from signal_ctrl.web.overrides_routes import ApproveIn, Approver, IssueIn, Issuer
from signal_ctrl.web.routing import ContextOf, new_router
from signal_ctrl.web.units_routes import Dispatcher

router = new_router("responses")


class ResponseIn(BodyIn):
    """A document of a response, TOML or JSON."""

    document: Annotated[str, StringConstraints(min_length=1, max_length=MAX_BYTES)]
    note: Note = ""


class CheckIn(BodyIn):
    """A document that is only looked at."""

    document: Annotated[str, StringConstraints(min_length=1, max_length=MAX_BYTES)]


class CheckOut(BodyOut):
    """Whether a response could be ordered now, and every reason why not."""

    name: str
    accepted: bool
    reasons: list[PartReason]


class WishIn(BodyIn):
    """Which response is wanted (number 0: the last), for which case, from when on (none: now). [ms]"""

    response: Name
    case: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    number: int = 0
    start_utc_ms: UtcMs | None = None


class TaskIn(BodyIn):
    """What else is to be said of a task that is done."""

    note: Note = ""


class OrderOut(BodyOut):
    """An ordered response with its overrides and missions as they stand."""

    order: ResponseOrder
    overrides: list[Override]
    missions: list[Mission]


@router.get("/v1/responses")
def listed(actor: Reader, context: ContextOf) -> list[LibraryItem]:
    """List the last response of each name."""
    people_only(actor)
    return list(context.centre.store.read(response_items))


@router.post("/v1/responses", status_code=201)
def import_(body: ResponseIn, actor: Engineer, context: ContextOf) -> LibraryItem:
    """Take a response into the library; refused with every reason where it could not be ordered."""
    return context.watch.responses.library.import_(actor, body.document, body.note)


@router.post("/v1/response-checks")
def check(body: CheckIn, actor: Reader, context: ContextOf) -> CheckOut:
    """Say whether a document could be ordered now, with every reason why not. Nothing is written."""
    people_only(actor)
    response = response_from_text(body.document)
    reasons = context.watch.responses.library.reasons(response)
    return CheckOut(name=response.name, accepted=not reasons, reasons=list(reasons))


@router.get("/v1/stored-routes")
def routes(actor: Reader, context: ContextOf) -> list[StoredRoute]:
    """List the green routes of the library, to begin one of today with."""
    people_only(actor)
    return stored_routes(context.centre.store.read(response_items))


@router.get("/v1/responses/{name}")
def one(name: NamePath, actor: Reader, context: ContextOf, number: int = 0) -> LibraryItem:
    """Show a response of the library."""
    people_only(actor)
    return context.centre.store.read(lambda r: response_item(r, name, number))


@router.get("/v1/responses/{name}/check")
def check_one(name: NamePath, actor: Reader, context: ContextOf, number: int = 0) -> CheckOut:
    """Say whether a response of the library could be ordered now, with every reason why not."""
    people_only(actor)
    item = context.centre.store.read(lambda r: response_item(r, name, number))
    reasons = context.watch.responses.library.reasons(response_from_text(item.document))
    return CheckOut(name=name, accepted=not reasons, reasons=list(reasons))


@router.post("/v1/response-preparations")
def prepare(body: WishIn, actor: Issuer, context: ContextOf) -> ResponsePreparation:
    """Resolve a response to cabinets and times, with what it may cost, to be confirmed within 60 s."""
    wish = ResponseWish(body.response, body.case, body.number, body.start_utc_ms)
    return context.watch.responses.desk.prepare(actor, wish)


@router.post("/v1/response-orders", status_code=201)
def order(body: IssueIn, actor: Issuer, context: ContextOf) -> ResponseOrder:
    """Order a prepared response; it waits for a second person."""
    return context.watch.responses.desk.order(actor, body.document, body.nonce)


@router.get("/v1/response-orders")
def orders(
    actor: Reader, context: ContextOf, state: Literal["live", "all"] = "live", limit: Limit = 200
) -> list[ResponseOrder]:
    """List responses that were ordered, the youngest first."""
    people_only(actor)
    return list(context.centre.store.read(lambda r: response_orders(r, state, limit)))


@router.get("/v1/response-orders/{order_id}")
def ordered(order_id: NamePath, actor: Reader, context: ContextOf) -> OrderOut:
    """Show an ordered response with its overrides and missions as they stand."""
    people_only(actor)

    def work(reading: Reading) -> OrderOut:
        found = order_by_id(reading, order_id)
        refs = [part.ref for part in found.parts if part.ref.startswith("ov-")]
        own = reading.shelf(OVERRIDES).several(refs)
        sent = missions(reading, "all", response=order_id)
        return OrderOut(order=found, overrides=list(own.values()), missions=list(sent))

    return context.centre.store.read(work)


@router.post("/v1/response-orders/{order_id}/approve")
def approve(order_id: NamePath, body: ApproveIn, actor: Approver, context: ContextOf) -> ResponseOrder:
    """Approve what somebody else has ordered, within 5 min: all parts begin, or none and the reasons are told."""
    return context.watch.responses.desk.approve(actor, order_id, body.sha256)


@router.delete("/v1/response-orders/{order_id}")
def end(order_id: NamePath, actor: Issuer, context: ContextOf) -> ResponseOrder:
    """End a response as one act: who ordered it may, and any supervisor."""
    return context.watch.responses.desk.end(actor, order_id)


@router.post("/v1/response-orders/{order_id}/tasks/{task}")
def tick_off(
    order_id: NamePath, task: Annotated[int, Path(ge=1, le=100)], body: TaskIn, actor: Dispatcher, context: ContextOf
) -> ResponseOrder:
    """Say that a task of the checklist is done; tasks count from 1."""
    return context.watch.responses.desk.tick_off(actor, order_id, task, body.note)


@router.get("/v1/response-ledger")
def brought(actor: Reader, context: ContextOf, limit: Limit = 200) -> list[Brought]:
    """Say what each ordered response brought: delay price, missions, tasks."""
    people_only(actor)
    return list(context.centre.store.read(lambda r: ledger(r, limit)))
