"""Facilities from files of others: CSV and GeoJSON of one row or feature a section, DATEX II parking tables.

What such files do not tell is filled in plainly: spaces are numbered, a facility is entered from the nearest road.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from signal_ctrl.domain.csv_rows import csv_rows
from signal_ctrl.domain.documents import no_constant, no_duplicates, why
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.fields import Fields
from signal_ctrl.domain.roads import LonLat, RoadNetwork
from signal_ctrl.domain.roadside import Roadside
from signal_ctrl.gateways.parking_datex2 import datex2_rows
from signal_ctrl.gateways.whole_file import read_whole
from signal_ctrl.parking.facilities import Facilities
from signal_ctrl.parking.facilities_json import FORMAT, MAX_DOCUMENT_BYTES, facilities_from_json, facilities_of_document

NEEDED: Final = ("facility", "name", "lon", "lat", "capacity")
OPTIONAL: Final = (
    "name_en", "kind", "district", "road", "position_m", "gates",
    "section", "space_kind", "level", "zone", "sensing", "longest_stay_min", "prefix",
    "prices", "free_min", "day_most_cents", "currency", "hours",
)  # fmt: skip
_PRICE: Final = re.compile(r"(\d\d:\d\d) (\d{1,4}) (\d{1,8})")
_HOURS: Final = re.compile(r"(?:([\d,-]+) )?(\d\d:\d\d)-(\d\d:\d\d)")
_DAYS: Final = re.compile(r"([0-9])(?:-([0-9]))?")
_BAD_NAME: Final = re.compile(r"[^A-Za-z0-9._-]+")
Row = Mapping[str, Any]


def read_facilities(path: Path, roads: RoadNetwork | None, timezone: str) -> Facilities:
    """Return the facilities of a file: parking.json, CSV, GeoJSON or DATEX II, by the end of its name.

    Args: roads, to find entrances on where the file names none; timezone, where the file has none.
    Raises: InvalidInputError that names the place in the file.
    """
    text = read_whole(path, "file of facilities", MAX_DOCUMENT_BYTES)
    kind = path.suffix.lower()
    if kind == ".json" and '"FeatureCollection"' not in text[:2000]:
        return facilities_from_json(text)
    readers = {".csv": _csv, ".geojson": _geojson, ".json": _geojson, ".xml": _datex2}
    if kind not in readers:
        raise InvalidInputError(f"{path}: facilities are read from .json, .csv, .geojson or .xml (DATEX II)")
    return _facilities(list(readers[kind](text, str(path))), roads, timezone)


def name_of(text: str) -> str:
    """Return a text as a name: letters, digits, '.', '_' and '-'.

    >>> name_of("P 7#1"), name_of("--")
    ('P-7-1', '--')
    """
    return _BAD_NAME.sub("-", text).strip(".")[:60] or "x"


def _csv(text: str, source: str) -> Iterator[tuple[str, Row]]:
    for line, row in csv_rows(text, source, NEEDED, OPTIONAL):
        yield f"{source}, line {line}", {key: value for key, value in row.items() if value not in (None, "")}


def _geojson(text: str, source: str) -> Iterator[tuple[str, Row]]:
    try:
        document = json.loads(text, object_pairs_hook=no_duplicates, parse_constant=no_constant)
        features = document["features"]
        for at, feature in enumerate(features):
            lon, lat = _middle(feature["geometry"])
            yield f"{source}, feature {at}", {**feature["properties"], "lon": lon, "lat": lat}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise InvalidInputError(f"{source} is no GeoJSON of points or polygons: {why(error)}") from error


def _middle(geometry: Mapping[str, Any]) -> LonLat:
    if geometry["type"] == "Point":
        return float(geometry["coordinates"][0]), float(geometry["coordinates"][1])
    if geometry["type"] != "Polygon":
        raise ValueError(f"a feature is a Point or a Polygon, not a {geometry['type']}")
    ring = geometry["coordinates"][0]
    return sum(float(p[0]) for p in ring) / len(ring), sum(float(p[1]) for p in ring) / len(ring)


def _datex2(text: str, source: str) -> Iterator[tuple[str, Row]]:
    for where, row in datex2_rows(text, source):
        yield where, {**row, "facility": name_of(row["facility"])}


def _facilities(rows: list[tuple[str, Row]], roads: RoadNetwork | None, timezone: str) -> Facilities:
    roadside = None if roads is None else Roadside(roads)
    documents: dict[str, dict[str, Any]] = {}
    for where, row in rows:
        fields = Fields(dict(row), where)
        name = _text(fields, "facility")
        if name not in documents:
            documents[name] = _facility(fields, name, roads, roadside)
        documents[name]["sections"].append(_section(fields, len(documents[name]["sections"])))
    return facilities_of_document({"format": FORMAT, "timezone": timezone, "facilities": list(documents.values())})


def _facility(fields: Fields, name: str, roads: RoadNetwork | None, roadside: Roadside | None) -> dict[str, Any]:
    place = (_number(fields, "lon"), _number(fields, "lat"))
    title = _text(fields, "name")
    return {
        "facility": name,
        "name": title,
        "name_en": str(fields.get("name_en", title)),
        "kind": str(fields.get("kind", "car_park")),
        "place": list(place),
        "district": str(fields.get("district", "")),
        "entrances": [_entrance(fields, place, roads, roadside)],
        "gates": _spans(fields, "gates"),
        "tariff": _tariff(fields),
        "hours": [_hours(fields, span) for span in _spans(fields, "hours")],
        "sections": [],
    }


def _spans(fields: Fields, key: str) -> list[str]:
    return [each.strip() for each in str(fields.get(key, "")).split(";") if each.strip()]


def _tariff(fields: Fields) -> dict[str, Any]:
    bands = []
    for span in _spans(fields, "prices"):
        found = _PRICE.fullmatch(span)
        if found is None:
            raise InvalidInputError(f"{fields.where}: 'prices' are spans as '00:00 60 200', got '{span[:40]}'")
        bands.append({"from": found[1], "step_min": int(found[2]), "step_cents": int(found[3])})
    whole = {key: int(_number(fields, key)) for key in ("free_min", "day_most_cents") if fields.has(key)}
    return {"bands": bands, "currency": str(fields.get("currency", "CNY")), **whole}


def _hours(fields: Fields, span: str) -> dict[str, Any]:
    found = _HOURS.fullmatch(span)
    if found is None:
        raise InvalidInputError(f"{fields.where}: 'hours' are spans as '0-4 06:00-24:00', got '{span[:40]}'")
    return {"days": _days(found[1] or "0-6"), "from": found[2], "to": found[3]}


def _days(text: str) -> list[int]:
    """Return the days that a text names; what is none is refused where the hours are made of them.

    >>> _days("0-2,5"), _days("6-5"), _days("1-")
    ([0, 1, 2, 5], [], [])
    """
    parts = [_DAYS.fullmatch(part) for part in text.split(",")]
    if not all(parts):
        return []
    return [day for part in parts if part for day in range(int(part[1]), int(part[2] or part[1]) + 1)]


def _entrance(fields: Fields, place: LonLat, roads: RoadNetwork | None, roadside: Roadside | None) -> dict[str, Any]:
    if fields.has("road"):
        position_m = _number(fields, "position_m") if fields.has("position_m") else 0.0
        return {"road": _text(fields, "road"), "position_m": position_m}
    if roads is None or roadside is None:
        raise InvalidInputError(f"{fields.where}: no 'road' to enter from; name one, or give the roads with --roads")
    near = roadside.near(place)
    if not near:
        raise InvalidInputError(f"{fields.where}: no road lies within 2 km; are longitude and latitude in order?")
    road = roads.roads[near[0].road]
    return {"road": road.road, "position_m": round(near[0].share * road.length_m, 1)}


def _section(fields: Fields, number: int) -> dict[str, Any]:
    capacity = _number(fields, "capacity")
    if capacity != int(capacity) or not 1 <= capacity <= 20_000:
        raise InvalidInputError(f"{fields.where}: 'capacity' has to be a whole number of 1 to 20000")
    section = str(fields.get("section", "main" if not number else f"part{number + 1}"))
    prefix = str(fields.get("prefix", "" if not number else f"{section}-"))
    width = len(str(int(capacity)))
    return {
        "section": section,
        "kind": str(fields.get("space_kind", "general")),
        "level": str(fields.get("level", "")),
        "zone": str(fields.get("zone", "")),
        "sensing": str(fields.get("sensing", "none")),
        "longest_stay_min": int(_number(fields, "longest_stay_min")) if fields.has("longest_stay_min") else 0,
        "numbers": [f"{prefix}{1:0{width}d}..{prefix}{int(capacity)}" if capacity > 1 else f"{prefix}1"],
    }


def _text(fields: Fields, key: str) -> str:
    value = str(fields.get(key)).strip()
    if not value:
        raise InvalidInputError(f"{fields.where}: '{key}' is empty")
    return value


def _number(fields: Fields, key: str) -> float:
    try:
        found = float(fields.get(key))
    except (TypeError, ValueError, OverflowError):
        raise InvalidInputError(f"{fields.where}: '{key}' has to be a number, got {fields.get(key)!r:.60}") from None
    if not abs(found) < 1e9:
        raise InvalidInputError(f"{fields.where}: '{key}' has to be a number, got {found}")
    return found
