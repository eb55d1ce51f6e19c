"""DATEX II parking tables as rows of facilities: one row for each kind of spaces of a record.

A record has the number of all its spaces, its groups have theirs, and ways in have places of their own: each is read
where it stands. Spaces of a group that only others may use (residents, staff) are no supply and are left out.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.parking import datex2_words as words
from signal_ctrl.parking.facilities import FacilityKind, SpaceKind

_CLOSED: Final = re.compile(r"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_SPACES: Final = "parkingNumberOfSpaces"
_LONGEST_STAY: Final = "maximumParkingDuration"
_PARTS: Final = ("realSubsetOfGroup", "identicalToGroup")
_MOST_STAY_MIN: Final = 7 * 1440


@dataclass(frozen=True, slots=True)
class _Group:
    """Spaces of one kind, None where only others may use them. `longest_stay_min`, 0 for no limit. [min]"""

    kind: SpaceKind | None
    spaces: int
    longest_stay_min: int


def datex2_rows(text: str, source: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield where each record stands, and a row for each kind of its spaces.

    Raises: InvalidInputError that names the record.
    """
    if _CLOSED.search(text):
        raise InvalidInputError(f"{source}: a DTD or an entity is not read; take it out")
    try:
        root = ET.fromstring(text)
    except ET.ParseError as error:
        raise InvalidInputError(f"{source} is no XML: {error}") from error
    records = [each for each in root.iter() if _tag(each) == "parkingRecord"]
    if not records:
        raise InvalidInputError(f"{source} holds no parkingRecord: it is no parking table of DATEX II")
    for record in records:
        where = f"{source}, parkingRecord {record.get('id')}"
        yield from ((where, row) for row in _rows(record, where))


def _rows(record: ET.Element, where: str) -> Iterator[Mapping[str, Any]]:
    whole = _child(record, "parkingLocation")
    place = {key: _first(record if whole is None else whole, key) for key in ("latitude", "longitude")}
    missing = [key for key, value in {**place, _SPACES: _text(record, _SPACES)}.items() if not value]
    if missing or not record.get("id"):
        raise InvalidInputError(f"{where}: {', '.join(missing) or 'id'} is missing")
    names, on_street = _names(record), _text(record, "urbanParkingSiteType") == words.ON_STREET
    facility = {
        "facility": record.get("id"),
        "name": names[0] or record.get("id"),
        "name_en": names[1] or names[0] or record.get("id"),
        "kind": (FacilityKind.KERB if on_street else FacilityKind.CAR_PARK).value,
        "lon": place["longitude"],
        "lat": place["latitude"],
    }
    for kind, spaces, longest_stay_min in _kinds(record, where):
        yield {**facility, "section": kind.value, "space_kind": kind.value, "capacity": spaces,
               "longest_stay_min": longest_stay_min}  # fmt: skip


def _kinds(record: ET.Element, where: str) -> Iterator[tuple[SpaceKind, int, int]]:
    """Yield each kind with its spaces and the longest stay: general are those that no group has for itself. [min]"""
    groups, whole = tuple(_groups(record, where)), _whole(record, where)
    apart = sum(each.spaces for each in groups if each.kind is not SpaceKind.GENERAL)
    if apart > whole:
        raise InvalidInputError(f"{where}: its groups have {apart} spaces, the whole {whole}")
    if not whole:
        raise InvalidInputError(f"{where}: it has no spaces; take it out")
    if whole == sum(each.spaces for each in groups if each.kind is None):
        raise InvalidInputError(f"{where}: all its spaces are for others (residents, staff); take it out")
    for kind in SpaceKind:
        own = [each for each in groups if each.kind is kind]
        spaces = whole - apart if kind is SpaceKind.GENERAL else sum(each.spaces for each in own)
        limits = [each.longest_stay_min for each in own] or [_longest_stay_min(record)]
        if spaces:
            yield kind, spaces, 0 if 0 in limits else max(limits)


def _groups(record: ET.Element, where: str) -> Iterator[_Group]:
    """Yield the groups of a record, those left out that are a part of another one."""
    for outer in record:
        group = _child(outer, "groupOfParkingSpaces") if _tag(outer) == "groupOfParkingSpaces" else None
        if group is not None and all(_child(group, part) is None for part in _PARTS):
            yield _Group(_kind(group), _whole(group, where), _longest_stay_min(group))


def _kind(group: ET.Element) -> SpaceKind | None:
    assigned = _child(group, "onlyAssignedParking")
    told = set() if assigned is None else {(each.text or "").strip() for each in assigned.iter()}
    if told & words.ALL_DISABLED:
        return SpaceKind.ACCESSIBLE
    if words.BUS in told:
        return SpaceKind.COACH
    if any((each.text or "").strip() == words.CHARGING_STATION for each in group.iter()):
        return SpaceKind.CHARGING
    if told & words.ALL_SHORT_TERM:
        return SpaceKind.SHORT_STAY
    return SpaceKind.GENERAL if assigned is None else None


def _whole(element: ET.Element, where: str) -> int:
    text = _text(element, _SPACES)
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise InvalidInputError(f"{where}: '{_SPACES}' has to be a whole number, got '{text[:20]}'")
    return int(text)


def _longest_stay_min(element: ET.Element) -> int:
    text = _text(element, _LONGEST_STAY)
    try:
        minutes = float(text or 0) / 60
    except ValueError:
        return 0
    return round(minutes) if 0.5 <= minutes <= _MOST_STAY_MIN else 0


def _names(record: ET.Element) -> tuple[str, str]:
    """Return the names of a record: that in Chinese or else the first one, that in English or else none."""
    own = _child(record, "parkingName")
    values = [each for each in own.iter() if _tag(each) == "value"] if own is not None else []
    texts = {each.get("lang", ""): (each.text or "").strip() for each in values}
    first = next(iter(texts.values()), "")
    return texts.get("zh", first), texts.get("en", "")


def _child(element: ET.Element, tag: str) -> ET.Element | None:
    return next((each for each in element if _tag(each) == tag), None)


def _text(element: ET.Element, tag: str) -> str:
    found = _child(element, tag)
    return "" if found is None else (found.text or "").strip()


def _first(element: ET.Element, tag: str) -> str:
    return next(((each.text or "").strip() for each in element.iter() if _tag(each) == tag), "")


def _tag(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]
