"""The routes of cabinets: orders, acknowledgements, reports, the time; and what people do about credentials.

Who asks was found out by `link_front`, before the application; see docs/cabinets.md for the headers.
"""

from typing import Annotated, Any, Final

from fastapi import Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from signal_ctrl.centre.cabinets import Place
from signal_ctrl.centre.identity import Actor, Right, Role
from signal_ctrl.centre.link import LinkAnswer
from signal_ctrl.centre.link_admin import OVERLAP_S, LinkAdmin
from signal_ctrl.domain.documents import canonical
from signal_ctrl.domain.errors import NotLoggedInError
from signal_ctrl.domain.link.credential import credential_to_json
from signal_ctrl.domain.link.mac import SIGNATURE
from signal_ctrl.web.cabinets_routes import PlaceIn
from signal_ctrl.web.centre_bodies import Document, Name
from signal_ctrl.web.guard import needs, own_cabinet
from signal_ctrl.web.link_front import SCOPE_KEY, Entered
from signal_ctrl.web.routing import new_router

router = new_router("link")


class EnrolIn(PlaceIn):
    """A new cabinet: its name, the document of its site, where it stands."""

    cabinet: Name
    site: Document


_JSON: Final = "application/json"
Cabinet = Annotated[Actor, needs(Right.CABINET_LINK)]
Admin = Annotated[Actor, needs(Right.MANAGE_USERS)]


async def who_signed(request: Request) -> Actor:
    """Return the cabinet that signed a request. Raises: NotLoggedInError if none did."""
    return Actor(_entered(request).verified.stamp.cabinet, Role.CABINET)


def _entered(request: Request) -> Entered:
    found = request.scope.get(SCOPE_KEY)
    if not isinstance(found, Entered):
        raise NotLoggedInError("no cabinet with this key is known here")
    return found


def _admin(request: Request) -> LinkAdmin:
    admin: LinkAdmin = request.app.state.link_admin
    return admin


def _response(answer: LinkAnswer) -> Response:
    headers = {"cache-control": "private, no-cache"}
    headers |= {"etag": f'"{answer.etag}"'} if answer.etag else {}
    headers |= {SIGNATURE: answer.signature} if answer.signature else {}
    return Response(answer.body, answer.status, headers, _JSON if answer.body else None)


@router.get("/v1/cabinets/{cabinet}/plan", response_model=None)
def plan(cabinet: str, actor: Cabinet, request: Request) -> Response:
    """Return the orders of a cabinet, 304 if it has them (`If-None-Match`), 423 while it is there twice."""
    own_cabinet(actor, cabinet)
    entered = _entered(request)
    etag = request.headers.get("if-none-match", "").strip('"')
    return _response(entered.link.poll(entered.verified, etag))


@router.post("/v1/cabinets/{cabinet}/acknowledgements", response_model=None)
async def acknowledge(cabinet: str, actor: Cabinet, request: Request) -> Response:
    """Take how far orders have come; the same again gets the same answer, another under its key 409."""
    own_cabinet(actor, cabinet)
    entered = _entered(request)
    return _response(await entered.link.acknowledge(entered.verified, await request.body()))


@router.post("/v1/cabinets/{cabinet}/events", response_model=None)
async def events(
    cabinet: str,
    actor: Cabinet,
    request: Request,
    old: Annotated[int, Query(ge=0, le=1, description="1: made long before it was sent.")] = 0,
) -> Response:
    """Take a batch of reports, each number of each start once; the answer names the numbers that are missing."""
    own_cabinet(actor, cabinet)
    entered = _entered(request)
    return _response(await entered.link.report(entered.verified, await request.body(), bool(old)))


@router.post("/v1/cabinets/{cabinet}/decisions", response_model=None)
async def decide(cabinet: str, actor: Cabinet, request: Request) -> Response:
    """Say which stage to wish for, where the optimiser of a cabinet runs at the centre; nothing is stored."""
    own_cabinet(actor, cabinet)
    entered = _entered(request)
    return _response(await run_in_threadpool(entered.link.decide, entered.verified, await request.body()))


@router.get("/v1/cabinets/{cabinet}/foretold", response_model=None)
def foretold(cabinet: str, actor: Cabinet, request: Request) -> Response:
    """Return who comes to a cabinet whom it does not see yet: buses with their weights, guided drivers."""
    own_cabinet(actor, cabinet)
    entered = _entered(request)
    return _response(entered.link.foretell(entered.verified))


@router.get("/v1/time", response_model=None)
def time(actor: Cabinet, request: Request) -> Response:
    """Return the centre's time, whatever the cabinet's is."""
    return _response(_entered(request).link.time())


@router.post("/v1/cabinets", status_code=201)
def enrol(body: EnrolIn, actor: Admin, request: Request) -> dict[str, Any]:
    """Take a cabinet in with its site document; its credential is shown this once."""
    place = Place(body.district, body.corridor or "", body.words, body.lon, body.lat)
    credential = _admin(request).enrol_by(actor, body.cabinet, canonical(body.site), place)
    return {"cabinet": body.cabinet, "credential": credential_to_json(credential)}


@router.post("/v1/cabinets/{cabinet}/credential")
def rotate(
    cabinet: str,
    actor: Admin,
    request: Request,
    overlap_s: Annotated[int, Query(description="For so long the old key counts too. [s]")] = OVERLAP_S,
) -> dict[str, Any]:
    """Give a cabinet a new key; the credential is shown this once."""
    return {"credential": credential_to_json(_admin(request).rotate(actor.login, cabinet, overlap_s))}


@router.delete("/v1/cabinets/{cabinet}/credential")
def revoke(cabinet: str, actor: Admin, request: Request) -> dict[str, Any]:
    """Take every key of a cabinet back; it is refused within a minute."""
    _admin(request).revoke(actor.login, cabinet)
    return {"revoked": cabinet}


@router.post("/v1/cabinets/{cabinet}/true-start/{boot}")
def true_start(cabinet: str, boot: str, actor: Admin, request: Request) -> dict[str, Any]:
    """Name the true one of a cabinet that is there twice; the others get no orders any more."""
    _admin(request).resolve(actor, cabinet, boot)
    return {"cabinet": cabinet, "boot": boot}
