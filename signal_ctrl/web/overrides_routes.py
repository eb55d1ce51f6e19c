"""Overrides: prepared with an estimate of their delay price, issued, approved, released (SAFETY part C)."""

from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field, StringConstraints

from signal_ctrl.centre.identity import Actor, Right
from signal_ctrl.centre.override_checks import override_of, overrides
from signal_ctrl.centre.override_document import OverrideWish, RouteStop
from signal_ctrl.centre.override_values import Override, Reason, Scope, ScopeKind
from signal_ctrl.centre.overrides import Preparation
from signal_ctrl.centre.prices import Price
from signal_ctrl.domain.link.overrides import OverrideKind
from signal_ctrl.web.bodies import BodyIn, BodyOut
from signal_ctrl.web.centre_bodies import (
    Document,
    Limit,
    Name,
    NamePath,
    Names,
    Reader,
    Sha256,
    UtcMs,
    centre_of,
    people_only,
)
from signal_ctrl.web.guard import needs
from signal_ctrl.web.routing import ContextOf, new_router

router = new_router("overrides")

Issuer = Annotated[Actor, needs(Right.ISSUE_OVERRIDE)]
Approver = Annotated[Actor, needs(Right.APPROVE_OVERRIDE)]
StageName = Annotated[str, StringConstraints(max_length=64)]
Seconds = Annotated[int, Field(ge=-(1 << 31), le=1 << 31)]


class ScopeIn(BodyIn):
    """Whom an override is for."""

    kind: Literal["junction", "list", "corridor", "district"]
    names: Annotated[Names, Field(min_length=1)]


class StopIn(BodyIn):
    """Where a convoy passes. [s]"""

    cabinet: Name
    stage: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    arrival_s: Seconds


class WishIn(BodyIn):
    """What is asked for: its expiry is `end_utc_ms` or `lasts_s`, one of them."""

    kind: Literal["hold_stage", "call_stage", "green_route", "all_red", "flash", "dark"]
    scope: ScopeIn | None = None
    reason: Literal["accident", "congestion", "emergency", "escort", "event", "flood", "power", "roadworks", "other"]
    case: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    note: Annotated[str, StringConstraints(max_length=500)] = ""
    start_utc_ms: UtcMs | None = None
    end_utc_ms: UtcMs | None = None
    lasts_s: Seconds | None = None
    stage: StageName = ""
    stages: dict[str, StageName] = Field(default_factory=dict, max_length=2000)
    route: list[StopIn] = Field(default_factory=list, max_length=200)
    convoy_s: Seconds = 30
    ahead_s: Seconds | None = None


class IssueIn(BodyIn):
    """A document as it was prepared, and the nonce that came with it."""

    document: Document
    nonce: Annotated[str, StringConstraints(min_length=1, max_length=64)]


class ApproveIn(BodyIn):
    """The hash of the document that is approved."""

    sha256: Sha256


class GiveBackIn(BodyIn):
    """Cabinets that an override holds no more, from now on."""

    cabinets: Annotated[Names, Field(min_length=1)]


class PriceOut(BodyOut):
    """What an override was expected to cost, and what it did."""

    estimate: Price | None
    measured: Price | None


@router.post("/v1/override-preparations")
def prepare(body: WishIn, actor: Issuer, context: ContextOf) -> Preparation:
    """Resolve a wish to cabinets and times, with an estimate of its delay price, to be confirmed within 60 s."""
    return centre_of(context).overrides.prepare(actor, _wish(body))


@router.post("/v1/overrides", status_code=201)
def issue(body: IssueIn, actor: Issuer, context: ContextOf) -> Override:
    """Issue a prepared override: it is in force at once, at its start, or once somebody else has approved it."""
    return centre_of(context).overrides.issue(actor, body.document, body.nonce)


@router.get("/v1/overrides")
def listed(
    actor: Reader,
    context: ContextOf,
    state: Annotated[Literal["live", "all"], Query()] = "live",
    limit: Limit = 200,
) -> list[Override]:
    """List overrides, the youngest first: those that wait, are to come or are in force, or all."""
    people_only(actor)
    return list(centre_of(context).store.read(lambda r: overrides(r, state, limit)))


@router.get("/v1/overrides/{override_id}")
def one(override_id: NamePath, actor: Reader, context: ContextOf) -> Override:
    """Show one override."""
    people_only(actor)
    return centre_of(context).store.read(lambda r: override_of(r, override_id))


@router.get("/v1/overrides/{override_id}/price")
def price(override_id: NamePath, actor: Reader, context: ContextOf) -> PriceOut:
    """Show the delay price of an override: the estimate, and the measured one within 60 s of its end."""
    people_only(actor)
    override = centre_of(context).store.read(lambda r: override_of(r, override_id))
    return PriceOut(estimate=override.estimate, measured=override.measured)


@router.post("/v1/overrides/{override_id}/approve")
def approve(override_id: NamePath, body: ApproveIn, actor: Approver, context: ContextOf) -> Override:
    """Approve what somebody else has issued, within 5 min."""
    return centre_of(context).overrides.approve(actor, override_id, body.sha256)


@router.delete("/v1/overrides/{override_id}")
def release(override_id: NamePath, actor: Issuer, context: ContextOf) -> Override:
    """Release an override: its issuer may, and any supervisor."""
    return centre_of(context).overrides.release(actor, override_id)


@router.post("/v1/overrides/{override_id}/give-back")
def give_back(override_id: NamePath, body: GiveBackIn, actor: Issuer, context: ContextOf) -> Override:
    """Give single cabinets of an override in force back, as those behind a convoy: who may release it, may."""
    return centre_of(context).giving_back.give_back(actor, override_id, body.cabinets)


def _wish(body: WishIn) -> OverrideWish:
    scope = None if body.scope is None else Scope(ScopeKind(body.scope.kind), tuple(body.scope.names))
    return OverrideWish(
        kind=OverrideKind(body.kind),
        scope=scope,
        reason=Reason(body.reason),
        case=body.case,
        note=body.note,
        start_utc_ms=body.start_utc_ms,
        end_utc_ms=body.end_utc_ms,
        lasts_s=body.lasts_s,
        stage=body.stage,
        stages=tuple(sorted(body.stages.items())),
        route=tuple(RouteStop(stop.cabinet, stop.stage, stop.arrival_s) for stop in body.route),
        convoy_s=body.convoy_s,
        ahead_s=body.ahead_s,
    )
