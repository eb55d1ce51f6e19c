"""What weather does to saturation flow and free speed, and what events add to demand.

Sources: FHWA-HOP-13-042, appendix A, table 33 (Highway Capacity Manual 2010, exhibit 10-15: snow and visibility);
Oyaro and Ben-Edigbe 2020, "The Extent of Capacity Loss Caused by Rainfall at Signalised Intersections", doi
10.2174/1874447802014010214 (rain, through traffic); FHWA, "How Do Weather Events Impact Roads?" (speed on arterials
with signals: 10 to 25 % less on wet pavement, 30 to 40 % less on snow). Where the last gives a range, the light class
has its lower end and the heavy class its upper end; the middle between is of this project, and so is ice, which counts
as snow of the worst class.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from signal_ctrl.watch.conditions.values import CalendarEvent, Conditions, Weather

MINUTE_MS: Final = 60_000
_INCH_MM: Final = 25.4
_MILE_M: Final = 1609.344


class Effect(NamedTuple):
    """Factors on saturation flow and on free speed."""

    saturation: float
    free_speed: float


FAIR: Final = Effect(1.0, 1.0)
RAIN: Final = ((2.5, Effect(0.9575, 0.90)), (10.0, Effect(0.9082, 0.83)), (float("inf"), Effect(0.8847, 0.75)))
"""Up to a rate of rain [mm/h], exclusive, what it does; no rain does nothing."""
SNOW: Final = (
    (0.05 * _INCH_MM, Effect(0.9571, 0.70)),
    (0.10 * _INCH_MM, Effect(0.9134, 0.67)),
    (0.50 * _INCH_MM, Effect(0.8896, 0.63)),
    (float("inf"), Effect(0.7757, 0.60)),
)
VIEW: Final = ((0.25 * _MILE_M, 0.8951), (0.5 * _MILE_M, 0.8833), (1.0 * _MILE_M, 0.9033))
"""Below a visibility [m], the factor on saturation flow. The speed is not in the source and stays."""
ICE: Final = SNOW[-1][1]
WET_MM_H: Final = 2.5
"""From here on it is `rain` for a schedule: moderate rain by the World Meteorological Organization. [mm/h]"""
FOG_M: Final = 400.0
"""Below this visibility it is `fog` for a schedule: a quarter of a mile, as in `VIEW`. [m]"""


def effect_of(weather: Weather | None) -> Effect:
    """Return what weather does: of rain, snow, ice and visibility the worst of each factor; none: fair.

    They do not multiply: the sources measured each with whatever else came along.
    """
    if weather is None:
        return FAIR
    found = [FAIR, _of_rate(RAIN, weather.rain_mm_h), _of_rate(SNOW, weather.snow_mm_h)]
    if weather.ice:
        found.append(ICE)
    found += [Effect(factor, 1.0) for below_m, factor in VIEW if weather.visibility_m < below_m][:1]
    return Effect(min(each.saturation for each in found), min(each.free_speed for each in found))


def _of_rate(table: tuple[tuple[float, Effect], ...], rate_mm_h: float) -> Effect:
    if rate_mm_h <= 0:
        return FAIR
    return next(effect for below, effect in table if rate_mm_h < below)


def flow_of(event: CalendarEvent, at_utc_ms: int) -> float:
    """Return how many vehicles an event adds at a time: those who come before it, those who leave after. [veh/h]

    They come evenly over `arrive_min`, and leave evenly over `leave_min`.
    """
    vehicles = event.persons * event.car_share / event.per_car
    found = 0.0
    if event.from_utc_ms - event.arrive_min * MINUTE_MS <= at_utc_ms < event.from_utc_ms:
        found += vehicles * 60 / event.arrive_min
    if event.to_utc_ms <= at_utc_ms < event.to_utc_ms + event.leave_min * MINUTE_MS:
        found += vehicles * 60 / event.leave_min
    return found


def conditions_of(weather: Weather | None, events: Iterable[CalendarEvent], at_utc_ms: int) -> Conditions:
    """Return what weather and events make of a moment. [ms]

    What an event adds is shared evenly by the roads that it names; with none it counts for its district.
    """
    by_road: dict[str, float] = defaultdict(float)
    by_district: dict[str, float] = defaultdict(float)
    active = [(event, flow) for event in events if (flow := flow_of(event, at_utc_ms)) > 0]
    for event, flow in active:
        _share(event, flow, by_road if event.roads else by_district)
    effect = effect_of(weather)
    return Conditions(
        at_utc_ms,
        effect.saturation,
        effect.free_speed,
        dict(by_road),
        dict(by_district),
        weather,
        tuple(event for event, _ in active),
    )


def _share(event: CalendarEvent, flow_veh_h: float, into: dict[str, float]) -> None:
    names = event.roads or (event.district,)
    for name in names:
        into[name] += flow_veh_h / len(names)


def names_of(conditions: Conditions) -> frozenset[str]:
    """Return the conditions that hold, as schedules name them."""
    found = {"event", *(f"event:{each.district}" for each in conditions.events)} if conditions.events else set()
    weather = conditions.weather
    if weather is not None:
        found |= {"rain"} if weather.rain_mm_h >= WET_MM_H else set()
        found |= {"snow"} if weather.snow_mm_h > 0 else set()
        found |= {"ice"} if weather.ice else set()
        found |= {"fog"} if weather.visibility_m < FOG_M else set()
    return frozenset(found)


def by_road(conditions: Conditions, districts: Mapping[str, str]) -> dict[str, float]:
    """Return what events add to each road, what counts for a district spread evenly over its roads. [veh/h]

    Args: districts, of each road by its name.
    """
    found = dict(conditions.extra_by_road)
    for district, flow in conditions.extra_by_district.items():
        roads = [road for road, own in districts.items() if own == district]
        for road in roads:
            found[road] = found.get(road, 0.0) + flow / len(roads)
    return found
