"""Shadow mode: who decides at a junction, and what adaptive control would have done."""

from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field

from signal_ctrl.centre.shadow import ShadowReport
from signal_ctrl.centre.shadow_values import ADVICE, MODES, Advice, ModeOf
from signal_ctrl.domain.link.control import ControlMode
from signal_ctrl.web.bodies import BodyIn
from signal_ctrl.web.centre_bodies import Engineer, Limit, NamePath, Names, Reader, centre_of, people_only
from signal_ctrl.web.routing import ContextOf, new_router

router = new_router("shadow")

Moment = Annotated[int, Query(ge=0, le=1 << 43)]


class SwitchIn(BodyIn):
    """Who decides from now on, and where."""

    cabinets: Annotated[Names, Field(min_length=1)]
    mode: Literal["plan", "shadow", "adaptive"]


@router.get("/v1/shadow")
def modes(actor: Reader, context: ContextOf, limit: Limit = 5000) -> list[ModeOf]:
    """List who decides where that was ever switched; everywhere else the plan does."""
    people_only(actor)
    return list(centre_of(context).store.read(lambda r: r.shelf(MODES).find(limit=limit)))


@router.post("/v1/shadow/switch")
def switch(body: SwitchIn, actor: Engineer, context: ContextOf) -> list[ModeOf]:
    """Let the plan, the plan with advice, or adaptive control decide at some junctions: one audited act."""
    return list(centre_of(context).shadow.switch(actor, body.cabinets, ControlMode(body.mode)))


@router.get("/v1/shadow/{cabinet}/report")
def report(cabinet: NamePath, actor: Reader, context: ContextOf, since: Moment, until: Moment) -> ShadowReport:
    """Say what adaptive control would have done at a junction in a time, as its own model predicts it."""
    people_only(actor)
    return centre_of(context).shadow.report(cabinet, since, until)


@router.get("/v1/shadow/{cabinet}/advice")
def advice(cabinet: NamePath, actor: Reader, context: ContextOf, limit: Limit = 100) -> list[Advice]:
    """List the last decisions of adaptive control at a junction in shadow mode, the youngest first."""
    people_only(actor)
    return list(centre_of(context).store.read(lambda r: r.shelf(ADVICE).find({"cabinet": cabinet}, limit=limit)))
