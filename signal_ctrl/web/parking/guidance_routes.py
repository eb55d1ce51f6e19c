"""Guidance: a driver asks, is told, asks again under way, and is forgotten. No account, nothing kept."""

from typing import Annotated, Any

from fastapi import Path, Query, Request
from pydantic import Field

from signal_ctrl.centre.throttle import household
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.roads import LonLat
from signal_ctrl.parking.facilities import SpaceKind
from signal_ctrl.parking.guidance.values import Choice
from signal_ctrl.parking.guidance_desk import Ask, Told
from signal_ctrl.parking.machines import Act
from signal_ctrl.parking.service import Parking
from signal_ctrl.web.bodies import BodyIn
from signal_ctrl.web.context import address_of
from signal_ctrl.web.parking.context import ANYBODY, ContextOf, signed
from signal_ctrl.web.routing import new_router

router = new_router("guidance")
GuidanceId = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
Place = Annotated[tuple[float, float], Field(strict=False)]
Heading = Annotated[float, Field(ge=0, le=360)]


class AskIn(BodyIn):
    """A driver's question: longitude and latitude of where he is and wants to go. [s] [degrees]

    `kind`, the space that he needs; `cent_s`, how many seconds of his way a cent is worth to him. Without a position
    he is told where to park and what the chances are, and no way.
    """

    position: Place | None = None
    destination: Place
    kind: str = "general"
    stay_s: Annotated[float, Field(gt=0, le=31 * 86_400)] = 7_200.0
    leaves_in_s: Annotated[float, Field(ge=0, le=3_600)] = 0.0
    cent_s: Annotated[float, Field(ge=0, le=60)] = 0.0
    heading_deg: Heading | None = None


class AgainIn(BodyIn):
    """Where a driver is now, if his phone knows it. [degrees]"""

    position: Place | None = None
    heading_deg: Heading | None = None


@router.post("/v1/parking/guidance", status_code=201, dependencies=[ANYBODY])
def ask(body: AskIn, request: Request, context: ContextOf) -> dict[str, Any]:
    """Say where to park: facilities by what they cost in all, the way to the first one, a space's number."""
    try:
        kind = SpaceKind(body.kind)
    except ValueError:
        kinds = ", ".join(each.value for each in SpaceKind)
        raise InvalidInputError(f"'{body.kind}' is no kind of space; choose of {kinds}") from None
    asked = Ask(
        place=_known_place(body.position),
        destination=_place(body.destination),
        kind=kind,
        stay_s=body.stay_s,
        leaves_in_s=body.leaves_in_s,
        cent_s=body.cent_s,
        heading_deg=body.heading_deg,
    )
    return told_view(context.parking, context.parking.guidance.ask(asked, household(address_of(request))))


@router.post("/v1/parking/guidance/{guidance_id}", dependencies=[ANYBODY])
def again(guidance_id: GuidanceId, body: AgainIn, context: ContextOf) -> dict[str, Any]:
    """Say it again from where he is now; another facility only if that is clearly better, and never within 200 m
    of where he was sent. Without a position nobody knows whether he is that near, and the first alone counts.
    """
    told = context.parking.guidance.again(guidance_id, _known_place(body.position), body.heading_deg)
    return told_view(context.parking, told)


@router.delete("/v1/parking/guidance/{guidance_id}", status_code=204, dependencies=[ANYBODY])
def end(guidance_id: GuidanceId, context: ContextOf) -> None:
    """Forget a driver, who has come or looks no more."""
    context.parking.guidance.end(guidance_id)


@router.get("/v1/parking/inflow", dependencies=[signed(Act.LOOK)])
def inflow(
    context: ContextOf,
    ahead_s: Annotated[int, Query(ge=0, le=300, description="Besides, each turn in the next seconds. [s]")] = 0,
) -> dict[str, Any]:
    """Say what guided drivers bring onto the roads: by road, and by turn, and five minutes from now. [veh]

    `coming`, by turn and in tenths of a second from now, those who were heard of in the last two minutes: for signals,
    which look ahead by the second.
    """
    guidance = context.parking.guidance
    if ahead_s:
        turns = guidance.turns_ahead(float(ahead_s)).items()
        coming = [{"from": here, "to": onto, "in_ds": [int(10 * s) for s in times]} for (here, onto), times in turns]
        return {"utc_ms": context.clock.utc_ms(), "under_way": guidance.under_way, "coming": coming}
    found = guidance.inflow()
    return {
        "utc_ms": context.clock.utc_ms(),
        "under_way": guidance.under_way,
        "entering": [
            {"road": road, "slot": slot, "veh": veh} for (road, slot), veh in found.entering.items() if slot >= 0
        ],
        "turning": [
            {"from": here, "to": onto, "slot": slot, "veh": veh}
            for (here, onto, slot), veh in found.turning.items()
            if slot >= 0
        ],
    }


def told_view(parking: Parking, told: Told) -> dict[str, Any]:
    """Return what a driver is told as a JSON object."""
    roads = parking.guidance.network.roads
    way = told.answer.way if told.located else None
    best = told.answer.best.lot.partition("/")[0]
    section = parking.book.facilities.of(best).section_of.get(told.space)
    return {
        "guidance": told.guidance_id,
        "utc_ms": told.at_utc_ms,
        "fitting": told.answer.fitting,
        "travel_times": told.source,
        "space": None if section is None else {"space": told.space, "level": section.level, "zone": section.zone},
        "choices": [_choice(parking, each, told.located) for each in told.answer.choices],
        "way": None
        if way is None
        else {
            "travel_s": round(way.travel_s, 1),
            "distance_m": round(way.distance_m, 1),
            "roads": [roads[at].road for at in way.roads],
            "line": [[round(a, 6), round(b, 6)] for at in way.roads for a, b in roads[at].shape],
        },
    }


def _choice(parking: Parking, choice: Choice, located: bool) -> dict[str, Any]:
    name, _, kind = choice.lot.partition("/")
    facility = parking.book.facilities.of(name)
    drives = located and choice.drive_s < 1e9
    return {
        "facility": name,
        "kind": kind,
        "name": facility.name,
        "name_en": facility.name_en,
        "place": list(facility.place),
        "drive_s": round(choice.drive_s, 1) if drives else None,
        "walk_s": round(choice.walk_s, 1),
        "walk_m": round(choice.walk_m, 1),
        "price_cents": choice.price_cents,
        "currency": facility.tariff.currency,
        "chance": round(choice.chance, 4) if parking.guidance.is_foreseen(choice.lot) else None,
    }


def _known_place(pair: tuple[float, float] | None) -> LonLat | None:
    return None if pair is None else _place(pair)


def _place(pair: tuple[float, float]) -> LonLat:
    longitude, latitude = pair
    if not (-180 <= longitude <= 180 and -85 <= latitude <= 85):
        raise InvalidInputError("a place is longitude and latitude")
    return longitude, latitude
