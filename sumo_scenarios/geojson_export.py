"""A SUMO net as the GeoJSON that the centre's page draws: streets as lines, signals as points, links through them."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import Element

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.earth import Earth, earth_of
from sumo_scenarios.xml_input import elements

_DIGITS: Final = 7
"""Decimals of a degree: a centimetre."""
_MOST_NAME: Final = 200
_INNER: Final = frozenset({"internal", "crossing"})


def export_geojson(path: Path) -> tuple[str, int, bool]:
    """Return a net as GeoJSON, how many features it has, and whether it lies somewhere on earth.

    Raises: InvalidInputError if it is no SUMO net, or its projection is none that is known.
    """
    earth, features, inner = Earth(0, False, (0.0, 0.0)), list[str](), dict[str, str]()
    try:
        for _, element in elements(path):
            if element.tag == "location":
                earth = earth_of(element.get("netOffset", "0,0"), element.get("projParameter", "!"))
            elif element.tag in {"edge", "junction", "connection"}:
                _note_inner(element, inner)
                features += [json.dumps(each, separators=(",", ":")) for each in _features(element, earth, inner)]
                element.clear()
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InvalidInputError(f"{path} is not a SUMO network: {type(error).__name__} {error}") from error
    if not features:
        raise InvalidInputError(f"{path} has no streets; name a SUMO network")
    return '{"type":"FeatureCollection","features":[' + ",\n".join(features) + "]}\n", len(features), earth.zone > 0


def _note_inner(element: Element, inner: dict[str, str]) -> None:
    """Keep the shapes of lanes and crossings within junctions, which come before the connections over them."""
    if element.tag == "edge" and element.get("function", "") in _INNER:
        inner.update((lane.attrib["id"], lane.attrib["shape"]) for lane in element.findall("lane"))


def _link(element: Element, earth: Earth, inner: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield the way of a link that a signal lets go, drawn by what it shows: its inner lane, or its crossing."""
    signal, number = element.get("tl", ""), int(element.get("linkIndex", -1))
    ends = (f"{element.get(end)}_{element.get(f'{end}Lane')}" for end in ("from", "to"))
    shape = next((inner[lane] for lane in (element.get("via", ""), *ends) if lane in inner), "")
    places = [_place(earth, *part.split(",")[:2]) for part in shape.split()]
    if signal and number >= 0 and len(places) > 1:
        yield _feature("LineString", places, {"kind": "link", "id": signal[:_MOST_NAME], "link": number})


def _features(element: Element, earth: Earth, inner: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    if element.tag == "connection":
        yield from _link(element, earth, inner)
        return
    if element.tag == "junction":
        if element.get("type", "").startswith("traffic_light"):
            place = [_place(earth, element.attrib["x"], element.attrib["y"])]
            yield _feature("Point", place[0], {"kind": "signal", "id": _name(element)})
        return
    lane = element.find("lane")
    if element.get("function", "normal") != "normal" or lane is None:
        return
    shape = [_place(earth, *part.split(",")[:2]) for part in lane.attrib["shape"].split()]
    if len(shape) > 1:
        lanes, speed_mps = len(element.findall("lane")), float(lane.get("speed", 0.0))
        yield _feature(
            "LineString", shape, {"kind": "street", "id": _name(element), "lanes": lanes, "speed_mps": speed_mps}
        )


def _feature(kind: str, coordinates: Any, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": coordinates}, "properties": properties}


def _place(earth: Earth, x_m: str, y_m: str) -> list[float]:
    longitude, latitude = earth.degrees(float(x_m), float(y_m))
    return [round(longitude, _DIGITS), round(latitude, _DIGITS)]


def _name(element: Element) -> str:
    return element.attrib["id"][:_MOST_NAME]
