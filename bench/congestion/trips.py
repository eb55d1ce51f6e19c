"""Demand of a day for SUMO: the trips of a scenario drawn with replacement, departing as the day's lots say."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, tostring

import numpy as np

from bench.congestion.lots import SLOT_S, DayLots
from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.xml_input import parse_xml

BLOCKER = "blocked"
_SLOWER, _LATER = 0.15, 0.25


@dataclass(frozen=True, slots=True)
class TripPool:
    """Trips of a scenario by the road they begin on, how many depart in an hour, and what they refer to."""

    by_origin: dict[str, tuple[Element, ...]]
    per_hour: float
    definitions: tuple[Element, ...]

    @property
    def origins(self) -> tuple[str, ...]:
        """The roads that trips begin on."""
        return tuple(sorted(self.by_origin))


def read_pool(files: Sequence[Path], from_s: float, to_s: float) -> TripPool:
    """Return the trips that depart in a time. Raises: InvalidInputError if there is none."""
    rows = [each for file in files for each in _children(file)]
    routes = {each.get("id"): each.get("edges", "").split() for each in rows if each.tag == "route"}
    found: dict[str, list[Element]] = {}
    number = 0
    for each in rows:
        if each.tag in {"trip", "vehicle"} and from_s <= float(each.get("depart", "-1")) < to_s:
            found.setdefault(_origin(each, routes), []).append(each)
            number += 1
    if not number:
        raise InvalidInputError(
            f"no trip departs between {from_s:.0f} and {to_s:.0f} s in {', '.join(map(str, files))}"
        )
    kept = tuple(each for each in rows if each.tag in {"vType", "route", "vTypeDistribution"})
    return TripPool({road: tuple(trips) for road, trips in found.items()}, number * 3600.0 / (to_s - from_s), kept)


def _children(file: Path) -> list[Element]:
    return list(parse_xml(file))


def _origin(trip: Element, routes: dict[str | None, list[str]]) -> str:
    inner = trip.find("route")
    edges = inner.get("edges", "").split() if inner is not None else routes.get(trip.get("route"), [])
    return trip.get("from") or (edges[0] if edges else "")


def write_trips(path: Path, pool: TripPool, lots: DayLots, begin_s: float) -> int:
    """Write the trips of a day in the order of departure, and return how many they are."""
    root = Element("routes")
    for each in pool.definitions:
        root.append(_wet(each, lots.rain) if each.tag == "vType" else each)
    SubElement(root, "vType", id=BLOCKER, vClass="passenger", length="5")
    dice = np.random.default_rng(lots.seed + 1_000_003)
    rows = [_departures(pool, lots, dice, origin) for origin in pool.origins]
    number = 0
    for depart_s, trip in heapq.merge(*rows, _standing(lots), key=lambda row: row[0]):
        own = Element(
            trip.tag, {**trip.attrib, "id": f"{trip.get('id')}.{number}", "depart": f"{begin_s + depart_s:.2f}"}
        )
        own.extend(list(trip))
        root.append(own)
        number += 1
    path.write_bytes(tostring(root))
    return number


def _departures(pool: TripPool, lots: DayLots, dice: np.random.Generator, origin: str) -> list[tuple[float, Element]]:
    trips = pool.by_origin[origin]
    share = len(trips) / sum(len(each) for each in pool.by_origin.values())
    found = []
    for slot, level in enumerate(lots.level):
        mean = (
            pool.per_hour * SLOT_S / 3600.0 * share * level * lots.origins[origin] * _event_factor(lots, origin, slot)
        )
        for at_s in slot * SLOT_S + SLOT_S * np.sort(dice.random(int(dice.poisson(mean)))):
            found.append((float(at_s), trips[int(dice.integers(len(trips)))]))
    return found


def _event_factor(lots: DayLots, origin: str, slot: int) -> float:
    event = lots.event
    return event.factor if event and event.road == origin and event.from_s <= slot * SLOT_S < event.to_s else 1.0


def _standing(lots: DayLots) -> list[tuple[float, Element]]:
    """Return the vehicles that block a lane, by the time they do."""
    found = []
    for number, each in enumerate(sorted(lots.blocked, key=lambda one: one.from_s)):
        start_m = max(each.position_m - 1.0, 5.2)
        lane = f"{each.road}_{each.lane}"
        vehicle = Element("vehicle", id=f"{BLOCKER}.{number}", type=BLOCKER, departLane=str(each.lane))
        vehicle.attrib |= {"departPos": f"{start_m:.1f}", "departSpeed": "0", "insertionChecks": "collision"}
        SubElement(vehicle, "route", edges=each.road)
        stop = {"lane": lane, "startPos": f"{start_m - 5.1:.1f}", "endPos": f"{start_m + 1.0:.1f}"}
        SubElement(vehicle, "stop", {**stop, "duration": f"{each.to_s - each.from_s:.0f}"})
        found.append((each.from_s, vehicle))
    return found


def _wet(kind: Element, rain: float) -> Element:
    """Return a vehicle type that drives more slowly and keeps more distance, as far as it rains."""
    if not rain:
        return kind
    own = Element(kind.tag, dict(kind.attrib))
    own.set("tau", f"{float(kind.get('tau', '1.0')) * (1 + _LATER * rain):.3f}")
    own.set("speedFactor", f"normc({1 - _SLOWER * rain:.3f},0.1,0.2,2)")
    return own
