"""Congestion foreseen: which roads will be jammed, from when, how sure, and the region."""

from typing import Annotated, Any, Final

from fastapi import Query

from signal_ctrl.domain.errors import InvalidInputError, NotFoundError
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.city_minute import Level
from signal_ctrl.watch.foresight.values import AHEAD_MIN, CityForecast
from signal_ctrl.watch.state.levels import Grading
from signal_ctrl.web.bodies import BodyOut
from signal_ctrl.web.centre_bodies import Reader, people_only
from signal_ctrl.web.routing import ContextOf, new_router

router = new_router("forecast")
MOST_JAMS: Final = 500


class JamOut(BodyOut):
    """A road that is jammed or will be. Interval: 80 %. `until_utc_ms` none: longer than an hour."""

    link: str
    now: bool
    probability: float
    from_utc_ms: int
    until_utc_ms: int | None
    travel_time_s: float
    low_s: float
    high_s: float


class RegionOut(BodyOut):
    """Vehicles on the network, 80 % interval; `critical_veh`: with more of them fewer get through."""

    ahead_min: int
    vehicles: float
    low: float
    high: float
    critical_veh: float | None
    over_probability: float | None


class LinksOut(BodyOut):
    """Every road at one horizon, in the order of `links`. [m/s] [s] `level`, as that travel time is graded."""

    links: list[str]
    level: list[str]
    speed_mps: list[float]
    travel_time_s: list[float]
    low_s: list[float]
    high_s: list[float]
    jam_probability: list[float]


class ForecastOut(BodyOut):
    """The forecast. `learned_days` 0: nothing was learned yet, and the present is said to last."""

    at_utc_ms: int
    ahead_min: int
    learned_days: int
    jams: list[JamOut]
    region: list[RegionOut]
    roads: LinksOut | None


@router.get("/v1/congestion/forecast")
def forecast(
    actor: Reader,
    context: ContextOf,
    ahead: Annotated[int, Query(description="15, 30 or 60 min")] = 15,
    roads: Annotated[bool, Query(description="with every road")] = False,
) -> ForecastOut:
    """Say which roads will be jammed, from when and how sure, and what the region holds at the horizon."""
    people_only(actor)
    if ahead not in AHEAD_MIN:
        raise InvalidInputError(f"ahead is one of {', '.join(map(str, AHEAD_MIN))} min, got {ahead}")
    found, network = context.watch.foresight.latest, context.watch.network()
    if found is None or network is None:
        raise NotFoundError("there is no forecast yet: it needs a road network and five complete minutes")
    at = found.ahead_min.index(ahead)
    return ForecastOut(
        at_utc_ms=found.at_utc_ms,
        ahead_min=ahead,
        learned_days=found.learned_days,
        jams=[JamOut(link=each.road, **_without_road(each)) for each in found.jams[:MOST_JAMS]],
        region=[RegionOut(**_fields(each)) for each in found.region if each.ahead_min == ahead],
        roads=_links(found, at, network) if roads else None,
    )


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__}


def _without_road(value: Any) -> dict[str, Any]:
    found = _fields(value)
    del found["road"]
    return found


def _links(found: CityForecast, at: int, network: RoadNetwork) -> LinksOut:
    levels = Grading(network).levels(found.travel_time_s[at].astype(float))
    return LinksOut(
        links=[each.road for each in network.roads],
        level=[Level(int(each)).name.lower() for each in levels],
        speed_mps=_rounded(found.speed_mps[at], 2),
        travel_time_s=_rounded(found.travel_time_s[at], 1),
        low_s=_rounded(found.travel_time_low_s[at], 1),
        high_s=_rounded(found.travel_time_high_s[at], 1),
        jam_probability=_rounded(found.jam_probability[at], 3),
    )


def _rounded(values: Any, digits: int) -> list[float]:
    return [round(float(each), digits) for each in values]
