"""Demand drawn anew within its counts: another day of the same traffic.

Per origin edge and 15-minute interval the number of vehicles stays. Each departs at a new time, uniform
in its interval, and takes route, type and everything else but its id from a vehicle of the same origin edge
and interval, drawn with replacement; a lone vehicle keeps its route. An interval is cut where the run or the
demand begins or ends, so that the counts inside a run stay too.

Left as they are: vehicles with a line or with stops, vehicles that somebody rides by name, vehicles without a
time of their own, persons, containers, and everything in additional files. Flows stay too: equal headways are
what their author asked for, and the random ones already follow SUMO's seed.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, tostring

import numpy as np

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.xml_input import INCLUDE, elements, included, parse_time_s

INTERVAL_S: Final = 900.0
_VEHICLES: Final = frozenset({"vehicle", "trip"})
_FLOWS: Final = frozenset({"flow", "personFlow", "containerFlow"})
_TIMED: Final = _VEHICLES | _FLOWS | {"person", "container", "interval"}
_RIDES: Final = frozenset({"ride", "transport"})
_ORIGINS: Final = ("from", "fromTaz", "fromJunction", "fromXY", "fromLonLat")
_HUNDREDTHS: Final = 100.0

Pool = tuple[str, float, float]
"""Origin, and the interval's begin and end. [s]"""


@dataclass(frozen=True, slots=True)
class Resampled:
    """The demand drawn anew: its one file, vehicles redrawn and left as they are [veh], and flows left."""

    path: Path
    redrawn_veh: int
    left_veh: int
    left_flows: int

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user has to know: what the seed did not touch."""
        left = [
            text
            for count, text in (
                (self.left_veh, f"{self.left_veh} vehicles with a line, stops or passengers"),
                (self.left_flows, f"{self.left_flows} flows"),
            )
            if count
        ]
        if not left and self.redrawn_veh:
            return ()
        why = " and ".join(left) if left else "no vehicle in the route files"
        return (f"--demand-seed redraws {self.redrawn_veh} vehicles; left as they are: {why}",)


@dataclass(slots=True)
class _Row:
    """One timed element. `sorted_s` is where SUMO wants it in the file [s]; without a `pool` it stays."""

    element: Element
    sorted_s: float
    pool: Pool | None = None


@dataclass(frozen=True, slots=True)
class _Routes:
    """What is known of routes by name: where they begin, and which have stops."""

    origins: dict[str, str]
    with_stops: frozenset[str]


def resample(
    routes: Sequence[Path],
    additional: Sequence[Path],
    seed: int,
    run_s: tuple[float, float],
    target: Path,
) -> Resampled:
    """Write the demand of the route files, drawn anew, into one file sorted by departure.

    Args: additional, files that may define routes; seed of a PCG64; run_s, begin and end of the run [s].
    Raises: InvalidInputError for damaged files.
    """
    definitions, rows = _read(routes)
    named = _named_routes([*definitions, *_definitions(additional)])
    riders = frozenset(_ridden(row.element for row in rows))
    movable = [row for row in rows if _is_free(row.element, named, riders)]
    span_s = _span_s(movable)
    for row in movable:
        row.pool = _pool(row, named, (*span_s, *run_s))
    drawn = _drawn(rows, np.random.Generator(np.random.PCG64(seed)))
    _write(target, definitions, drawn)
    kinds = Counter(row.element.tag for row in rows if row.pool is None)
    left_veh = sum(kinds[tag] for tag in _VEHICLES)
    return Resampled(target, len(movable), left_veh, sum(kinds[tag] for tag in _FLOWS))


def _read(paths: Iterable[Path]) -> tuple[list[Element], list[_Row]]:
    """Return what defines and what departs; an element without a time goes with the one before it."""
    definitions: list[Element] = []
    rows: list[_Row] = []
    for path in paths:
        last_s = -math.inf
        for element in _children(path):
            if element.tag not in _TIMED:
                definitions.append(element)
                continue
            departs_s = _departs_s(element)
            last_s = last_s if departs_s is None else departs_s
            rows.append(_Row(element, last_s))
    return definitions, rows


def _children(path: Path, depth: int = 0) -> Iterator[Element]:
    """Yield the elements right under the root of a file, and in place of an `<include>` those of its file."""
    level = 0
    for event, element in elements(path, ("start", "end")):
        level += 1 if event == "start" else -1
        if event == "start" or level != 1:
            continue
        if element.tag == INCLUDE:
            yield from _children(included(path, element, depth), depth + 1)
        else:
            element.tail = None
            yield element


def _departs_s(element: Element) -> float | None:
    """Return the departure of a vehicle or the begin of a flow [s], None where somebody else sets it off."""
    text = element.get("depart") or element.get("begin") or ""
    try:
        return parse_time_s(text)
    except InvalidInputError:
        return None  # 'triggered', 'begin', ...


def _definitions(paths: Iterable[Path]) -> Iterator[Element]:
    for path in paths:
        for _, element in elements(path):
            if element.tag in ("route", "routeDistribution") and element.get("id"):
                yield element


def _named_routes(definitions: Iterable[Element]) -> _Routes:
    origins: dict[str, str] = {}
    with_stops: set[str] = set()
    for element in definitions:
        if element.tag not in ("route", "routeDistribution"):
            continue
        for route in element.iter("route"):
            name = route.get("id", "")
            if route.get("edges", "").split():
                origins[name] = route.attrib["edges"].split()[0]
            if route.find("stop") is not None:
                with_stops |= {name, element.get("id", "")}
        if element.tag == "routeDistribution":
            name = element.get("id", "")
            origins[name] = _common_origin(name, element, origins)
    return _Routes(origins, frozenset(with_stops))


def _common_origin(name: str, distribution: Element, origins: dict[str, str]) -> str:
    """Return the edge where all routes of a distribution begin, or the distribution if there is none."""
    names = distribution.get("routes", "").split()
    names += [route.get("refId", route.get("id", "")) for route in distribution.findall("route")]
    found = {route.attrib["edges"].split()[0] for route in distribution.findall("route") if route.get("edges")}
    found |= {origins[known] for known in names if known in origins}
    return found.pop() if len(found) == 1 else f"distribution {name}"


def _ridden(departing: Iterable[Element]) -> Iterator[str]:
    """Yield the names of vehicles that persons or containers ask for."""
    for element in departing:
        for ride in element.iter():
            if ride.tag in _RIDES:
                yield from ride.get("lines", "").split()


def _is_free(element: Element, named: _Routes, riders: frozenset[str]) -> bool:
    """Tell whether a vehicle may be redrawn."""
    if element.tag not in _VEHICLES or _departs_s(element) is None:
        return False
    bound = element.get("line") or element.get("id") in riders or element.get("route") in named.with_stops
    return not bound and next(element.iter("stop"), None) is None


def _span_s(rows: Sequence[_Row]) -> tuple[float, float]:
    """Return the first departure and the time right after the last. [s]"""
    times_s = [row.sorted_s for row in rows]
    return (min(times_s), max(times_s) + 1.0) if times_s else (-math.inf, math.inf)


def _pool(row: _Row, named: _Routes, cuts_s: Iterable[float]) -> Pool:
    departs_s = row.sorted_s
    begin_s = math.floor(departs_s / INTERVAL_S) * INTERVAL_S
    end_s = begin_s + INTERVAL_S
    for cut_s in cuts_s:
        if begin_s < cut_s <= departs_s:
            begin_s = cut_s
        elif departs_s < cut_s < end_s:
            end_s = cut_s
    return _origin(row.element, named), begin_s, end_s


def _origin(element: Element, named: _Routes) -> str:
    name = element.get("route")
    if name is not None:
        return named.origins.get(name, f"route {name}")
    for route in element.iter("route"):
        if route.get("edges", "").split():
            return route.attrib["edges"].split()[0]
        if route.get("refId") in named.origins:
            return named.origins[route.attrib["refId"]]
    key = next((key for key in _ORIGINS if element.get(key)), "")
    return element.get(key, "") if key in ("", "from") else f"{key} {element.attrib[key]}"


def _drawn(rows: Sequence[_Row], generator: np.random.Generator) -> list[_Row]:
    """Return the rows with every vehicle of a pool drawn anew, sorted by departure."""
    pools: dict[Pool, list[int]] = {}
    for index, row in enumerate(rows):
        if row.pool is not None:
            pools.setdefault(row.pool, []).append(index)
    drawn = list(rows)
    for (_, begin_s, end_s), members in pools.items():
        shares = generator.random(len(members))
        donors = generator.integers(0, len(members), len(members))
        for index, share, donor in zip(members, shares, donors, strict=True):
            departs_s = begin_s + float(share) * (end_s - begin_s)
            departs_s = max(math.floor(departs_s * _HUNDREDTHS) / _HUNDREDTHS, begin_s)
            drawn[index] = _like(rows[members[donor]].element, rows[index].element, departs_s)
    return sorted(drawn, key=lambda row: row.sorted_s)


def _like(donor: Element, own: Element, departs_s: float) -> _Row:
    """Return a vehicle that is the donor in all but name and departure."""
    element = Element(donor.tag, donor.attrib | {"id": own.get("id", ""), "depart": f"{departs_s:.2f}"})
    element.extend(donor)
    return _Row(element, departs_s)


def _write(target: Path, definitions: Iterable[Element], rows: Iterable[_Row]) -> None:
    with target.open("w", encoding="utf-8") as file:
        file.write("<routes>\n")
        for element in (*definitions, *(row.element for row in rows)):
            file.write(tostring(element, encoding="unicode") + "\n")
        file.write("</routes>\n")
