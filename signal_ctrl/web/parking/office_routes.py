"""What machines and offices ask and tell: readings, documents, credentials, permits, admissions, travel times."""

from typing import Annotated, Any, Final, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import Path, Request, Response
from pydantic import Field, StringConstraints
from starlette.concurrency import run_in_threadpool

from signal_ctrl.domain.errors import InvalidInputError, NotFoundError
from signal_ctrl.domain.link.credential import Credential, credential_to_json
from signal_ctrl.domain.roads_json import roads_from_json
from signal_ctrl.parking.facilities import SpaceKind
from signal_ctrl.parking.facilities_json import facilities_from_json
from signal_ctrl.parking.machines import Act, Machine, MachineKind
from signal_ctrl.parking.overview import overview
from signal_ctrl.parking.permits import Pass, PassKind, Wish
from signal_ctrl.parking.service import FACILITIES, ROADS, SIGNS, Parking
from signal_ctrl.parking.signs.rules import signs_from_json
from signal_ctrl.web.bodies import BodyIn
from signal_ctrl.web.body_limit import PARKING_DOCUMENTS, PARKING_READINGS_PATH
from signal_ctrl.web.parking.context import ContextOf, signed
from signal_ctrl.web.parking.public_routes import JSON
from signal_ctrl.web.routing import new_router
from signal_ctrl.web.strict_json import text_of

router = new_router("office")
Name = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9._-]{1,64}$")]
NamePath = Annotated[str, Path(pattern="^[A-Za-z0-9._-]{1,64}$")]
UtcMs = Annotated[int, Field(ge=0, le=1 << 43)]
Keeper = Annotated[Machine, signed(Act.KEEP)]
K = TypeVar("K", MachineKind, PassKind, SpaceKind)
NO_PUBLIC_KEY: Final = bytes(32)
"""Stands in a credential where a cabinet's has the key of its centre: nothing here is signed by it."""


def _body(*keys: str) -> dict[str, Any]:
    schema = {"type": "object", "required": list(keys)}
    return {"requestBody": {"required": True, "content": {JSON: {"schema": schema}}}}


class CredentialIn(BodyIn):
    """A credential to be made. `only`: for facilities, or for the sign, of these names."""

    name: Name
    kind: str
    only: Annotated[tuple[Name, ...], Field(max_length=100, strict=False)] = ()


class PassIn(BodyIn):
    """A permit or a reservation; the plate is coded and forgotten. [ms]"""

    kind: str
    facility: Name
    plate: Annotated[str, StringConstraints(min_length=2, max_length=20)]
    from_utc_ms: UtcMs
    until_utc_ms: UtcMs
    space_kind: str = "general"
    space: Annotated[str, StringConstraints(max_length=32)] = ""


class AdmissionIn(BodyIn):
    """A car at a gate; the plate is coded and forgotten."""

    facility: Name
    plate: Annotated[str, StringConstraints(min_length=2, max_length=20)]


class TimesIn(BodyIn):
    """Travel times of roads. [s]"""

    source: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    seconds: Annotated[dict[str, float], Field(max_length=2_000)]


@router.post(PARKING_READINGS_PATH, response_model=None, openapi_extra=_body("format", "readings"))
async def readings(
    request: Request, machine: Annotated[Machine, signed(Act.POST_READINGS)], context: ContextOf
) -> Response:
    """Take a batch of readings; the receipt is given when it is durable, and is the same if it comes again."""
    body = await request.body()
    limiter = request.app.state.__dict__.setdefault("readings_at_once", CapacityLimiter(1))
    receipt = await to_thread.run_sync(lambda: context.parking.intake.take(machine, body), limiter=limiter)
    return Response(receipt, media_type=JSON)


@router.put(PARKING_DOCUMENTS + "{name}", openapi_extra=_body("format"))
async def put_document(name: NamePath, request: Request, machine: Keeper, context: ContextOf) -> dict[str, Any]:
    """Put a document in force: facilities, signs or roads (docs/file-formats.md)."""
    text = text_of(await request.body(), "the document")
    sha256 = await run_in_threadpool(_put, context.parking, machine.machine, name, text)
    return {"document": name, "sha256": sha256}


@router.get(
    PARKING_DOCUMENTS + "{name}", dependencies=[signed(Act.LOOK)], response_class=Response,
    responses={200: {"content": {JSON: {}}}},
)  # fmt: skip
def get_document(name: NamePath, context: ContextOf) -> Response:
    """Return a document in force."""
    text = context.parking.document(name)
    if not text:
        raise NotFoundError(f"no {name} are in force")
    return Response(text, media_type=JSON)


@router.get("/v1/parking/credentials", dependencies=[signed(Act.KEEP)])
def credentials(context: ContextOf) -> dict[str, Any]:
    """List credentials, revoked ones too; keys are never shown."""
    return {"credentials": [_machine(each) for each in context.parking.machines.all()]}


@router.post("/v1/parking/credentials", status_code=201)
def enrol(body: CredentialIn, machine: Keeper, context: ContextOf) -> dict[str, str]:
    """Make a credential; it is shown this once."""
    kind = _choice(MachineKind, body.kind, "credential")
    key = context.parking.machines.enrol(machine.machine, body.name, kind, body.only)
    return {"credential": credential_to_json(Credential(body.name, key, NO_PUBLIC_KEY))}


@router.delete("/v1/parking/credentials/{name}")
def revoke(name: NamePath, machine: Keeper, context: ContextOf) -> dict[str, Any]:
    """Take a credential back."""
    return _machine(context.parking.machines.revoke(machine.machine, name))


@router.get("/v1/parking/passes", dependencies=[signed(Act.KEEP)])
def passes(context: ContextOf) -> dict[str, Any]:
    """List permits and reservations that count or will; no plate is among them, nor its code."""
    return {"passes": [_pass(each) for each in context.parking.passes.all()]}


@router.post("/v1/parking/passes", status_code=201)
def give(body: PassIn, machine: Keeper, context: ContextOf) -> dict[str, Any]:
    """Give a car a permit or a reservation, for 28 days at most."""
    wish = Wish(
        kind=_choice(PassKind, body.kind, "pass"),
        facility=body.facility,
        plate=body.plate,
        from_utc_ms=body.from_utc_ms,
        until_utc_ms=body.until_utc_ms,
        space_kind=_choice(SpaceKind, body.space_kind, "space"),
        space=body.space,
    )
    return _pass(context.parking.passes.give(machine.machine, wish))


@router.delete("/v1/parking/passes/{pass_id}", status_code=204)
def end_pass(pass_id: NamePath, machine: Keeper, context: ContextOf) -> None:
    """Take a permit or reservation back."""
    context.parking.passes.end(machine.machine, pass_id)


@router.post("/v1/parking/admissions")
def admit(body: AdmissionIn, machine: Annotated[Machine, signed(Act.ADMIT)], context: ContextOf) -> dict[str, Any]:
    """Say whether a car may enter by a permit or reservation, and which space is kept for it."""
    if not machine.speaks_for(body.facility):
        raise NotFoundError(f"there is no facility {body.facility}")
    found = context.parking.passes.admit(machine.machine, body.facility, body.plate)
    return {"admitted": found is not None, "pass": None if found is None else _pass(found)}


@router.put("/v1/parking/travel-times", dependencies=[signed(Act.TELL)])
def travel_times(body: TimesIn, context: ContextOf) -> dict[str, int]:
    """Take the travel times of roads as the traffic centre sees them; they count for five minutes."""
    return {"roads": context.parking.guidance.times(body.seconds, body.source)}


@router.get("/v1/parking/overview", dependencies=[signed(Act.LOOK)])
def look(context: ContextOf) -> dict[str, Any]:
    """Return what an operator looks at: occupancy, turnover, estimated revenue, overstays, health of sensors."""
    return overview(context.parking)


def _put(parking: Parking, who: str, name: str, text: str) -> str:
    if name == FACILITIES:
        return parking.import_facilities(who, facilities_from_json(text))
    if name == SIGNS:
        return parking.import_signs(who, signs_from_json(text))
    if name == ROADS:
        return parking.import_roads(who, roads_from_json(text))
    raise NotFoundError(f"there is no document '{name}'; choose of {FACILITIES}, {SIGNS}, {ROADS}")


def _choice(kinds: type[K], text: str, what: str) -> K:
    try:
        return kinds(text)
    except ValueError:
        raise InvalidInputError(
            f"'{text}' is no kind of {what}; choose of {', '.join(each.value for each in kinds)}"
        ) from None


def _machine(machine: Machine) -> dict[str, Any]:
    return {
        "name": machine.machine,
        "kind": machine.kind.value,
        "only": list(machine.only),
        "made_utc_ms": machine.made_utc_ms,
        "revoked_utc_ms": machine.revoked_utc_ms,
    }


def _pass(given: Pass) -> dict[str, Any]:
    return {
        "pass": given.pass_id,
        "kind": given.kind.value,
        "facility": given.facility,
        "space_kind": given.space_kind.value,
        "space": given.space or None,
        "from_utc_ms": given.from_utc_ms,
        "until_utc_ms": given.until_utc_ms,
        "arrived_utc_ms": given.arrived_utc_ms,
    }
