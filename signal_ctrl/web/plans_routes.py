"""The library of plans, and who gets which plan when."""

import json
from typing import Annotated, Any

from fastapi import Query
from pydantic import Field

from signal_ctrl.centre.issuing import Issued, IssueWish
from signal_ctrl.centre.order_values import Change
from signal_ctrl.centre.plan_values import PLANS, LibraryItem
from signal_ctrl.centre.plans import SignalDifference, difference, item_of, items
from signal_ctrl.centre.ports import Reading
from signal_ctrl.domain.documents import canonical
from signal_ctrl.domain.plan import plan_from_json
from signal_ctrl.engine.plan_review import Reason
from signal_ctrl.web.bodies import BodyIn, BodyOut
from signal_ctrl.web.centre_bodies import (
    Document,
    Engineer,
    Limit,
    Name,
    NamePath,
    NameQuery,
    Names,
    Note,
    Reader,
    UtcMs,
    centre_of,
    people_only,
)
from signal_ctrl.web.routing import ContextOf, new_router

router = new_router("plans")

Number = Annotated[int, Query(ge=0, le=1_000_000)]


class PlanIn(BodyIn):
    """A plan document, as `signal-ctrl plan` writes it."""

    document: Document
    note: Note = ""


class IssueIn(BodyIn):
    """For whom a plan is, and from when until when. Neither cabinets nor corridor: all signals of the plan."""

    number: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    cabinets: Names = Field(default_factory=list)
    corridor: Name | None = None
    not_before_utc_ms: UtcMs | None = None
    valid_until_utc_ms: UtcMs | None = None
    together: bool = False


class ItemOut(BodyOut):
    """A plan or schedule of the library, without its document."""

    name: str
    number: int
    sha256: str
    uploaded_by: str
    uploaded_utc_ms: int
    note: str


class WholeItemOut(ItemOut):
    """A plan or schedule of the library with its document."""

    document: dict[str, Any]


class ReasonOut(BodyOut):
    """Why a site cannot keep a plan."""

    signal: str
    rule: str
    text: str


class CheckOut(BodyOut):
    """Whether the sites keep a plan, and every reason why not."""

    accepted: bool
    reasons: list[ReasonOut]


@router.get("/v1/plans")
def listed(actor: Reader, context: ContextOf, name: NameQuery = "", limit: Limit = 1000) -> list[ItemOut]:
    """List the plans of the library, the youngest first."""
    people_only(actor)
    found = centre_of(context).store.read(lambda r: items(r, PLANS, name, limit))
    return [item_out(item) for item in found]


@router.post("/v1/plan-checks")
def check(body: PlanIn, actor: Engineer, context: ContextOf) -> CheckOut:
    """Say whether the sites of the cabinets keep a plan, and every reason why not (K9). Nothing is kept."""
    reasons = centre_of(context).plans.reasons(canonical(body.document))
    return CheckOut(accepted=not reasons, reasons=[_reason(reason) for reason in reasons])


@router.post("/v1/plans", status_code=201)
def upload(body: PlanIn, actor: Engineer, context: ContextOf) -> ItemOut:
    """Take a plan into the library; one that a site cannot keep is refused."""
    return item_out(centre_of(context).plans.upload(actor, canonical(body.document), body.note))


@router.get("/v1/plans/{name}")
def one(name: NamePath, actor: Reader, context: ContextOf, number: Number = 0) -> WholeItemOut:
    """Show a plan of the library with its document; number 0 is the last one."""
    people_only(actor)
    return whole_item_out(centre_of(context).store.read(lambda r: item_of(r, PLANS, name, number)))


@router.get("/v1/plans/{name}/difference")
def differences(
    name: NamePath, actor: Reader, context: ContextOf, before: Number, after: Number = 0
) -> list[SignalDifference]:
    """Say what differs between two plans of one name, signal by signal."""
    people_only(actor)

    def look(reading: Reading) -> tuple[SignalDifference, ...]:
        one, other = (plan_from_json(item_of(reading, PLANS, name, number).document) for number in (before, after))
        return difference(one, other)

    return list(centre_of(context).store.read(look))


@router.post("/v1/plans/{name}/issue")
def issue(name: NamePath, body: IssueIn, actor: Engineer, context: ContextOf) -> Issued:
    """Issue a plan to cabinets, alone or together: staged on all, then committed."""
    wish = IssueWish(
        plan=name,
        number=body.number,
        cabinets=tuple(body.cabinets),
        corridor=body.corridor or "",
        not_before_utc_ms=body.not_before_utc_ms,
        valid_until_utc_ms=body.valid_until_utc_ms,
        together=body.together,
    )
    return centre_of(context).issuing.issue(actor, wish)


@router.get("/v1/changes")
def changes(actor: Reader, context: ContextOf, limit: Limit = 100) -> list[Change]:
    """List changes of several cabinets at one moment, the youngest first."""
    people_only(actor)
    return list(centre_of(context).issuing.changes(limit=limit))


@router.delete("/v1/changes/{change_id}")
def abandon(change_id: NamePath, actor: Engineer, context: ContextOf) -> Change:
    """Take a change back before it is committed."""
    return centre_of(context).issuing.abandon(actor, change_id)


def item_out(item: LibraryItem) -> ItemOut:
    """Return a document of a library as it is listed."""
    return ItemOut(**{key: getattr(item, key) for key in ItemOut.model_fields})


def whole_item_out(item: LibraryItem) -> WholeItemOut:
    """Return a document of a library as it is shown."""
    return WholeItemOut(**item_out(item).model_dump(), document=json.loads(item.document))


def _reason(reason: Reason) -> ReasonOut:
    return ReasonOut(signal=reason.signal_id, rule=reason.rule, text=reason.text)
