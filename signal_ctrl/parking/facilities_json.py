"""The document of facilities, `parking.json`, read strictly. Its form is described in docs/file-formats.md."""

import re
from collections.abc import Sequence
from typing import Any, Final, TypeVar

from signal_ctrl.domain.documents import canonical, is_number, read_document
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.fields import Fields
from signal_ctrl.domain.roads import LonLat
from signal_ctrl.domain.schedule import minute_of
from signal_ctrl.parking.facilities import (
    MOST_SPACES,
    Entrance,
    Facilities,
    Facility,
    FacilityKind,
    Section,
    Sensing,
    SpaceKind,
)
from signal_ctrl.parking.tariffs import DAY_MIN, OpenSpan, PriceBand, Tariff

FORMAT: Final = "signal-ctrl parking 1"
MAX_DOCUMENT_BYTES: Final = 1 << 23
_DIGITS: Final = 7
_SPAN: Final = re.compile(r"(.*?)(\d{1,9})\.\.(.*?)(\d{1,9})")
C = TypeVar("C", SpaceKind, FacilityKind, Sensing)


def facilities_to_json(facilities: Facilities) -> str:
    """Return the canonical document of some facilities."""
    return canonical(facilities_document(facilities))


def facilities_document(facilities: Facilities) -> dict[str, Any]:
    """Return facilities as a JSON object."""
    return {
        "format": FORMAT,
        "timezone": facilities.timezone,
        "facilities": [facility_document(each) for each in facilities.facilities],
    }


def facilities_from_json(text: str) -> Facilities:
    """Return the facilities of a document. Raises: InvalidInputError that names the place if it is none."""
    if len(text) > MAX_DOCUMENT_BYTES:
        raise InvalidInputError(f"not a parking document: longer than {MAX_DOCUMENT_BYTES} characters")
    return facilities_of_document(read_document(text, "parking", FORMAT))


def facilities_of_document(document: dict[str, Any]) -> Facilities:
    """Return the facilities of a JSON object. Raises: as `facilities_from_json`."""
    table = Fields(document, "the parking document")
    table.get("format")
    timezone = table.text("timezone", "Asia/Shanghai")
    found = tuple(facility_of(Fields(each, f"facility {at}")) for at, each in enumerate(table.tables("facilities")))
    table.done()
    return Facilities(found, timezone)


def facility_document(facility: Facility) -> dict[str, Any]:
    """Return one facility as a JSON object."""
    return {
        "facility": facility.facility,
        "name": facility.name,
        "name_en": facility.name_en,
        "kind": facility.kind.value,
        "place": _place_document(facility.place),
        "district": facility.district,
        "entrances": [{"road": each.road, "position_m": each.position_m} for each in facility.entrances],
        "gates": list(facility.gates),
        "tariff": _tariff_document(facility.tariff),
        "hours": [
            {"days": list(each.days), "from": clock_text(each.from_min), "to": clock_text(each.to_min)}
            for each in facility.hours
        ],
        "sections": [_section_document(each) for each in facility.sections],
    }


def facility_of(table: Fields) -> Facility:
    """Return the facility of a table. Raises: InvalidInputError."""
    name = table.text("name")
    facility = Facility(
        facility=table.text("facility"),
        name=name,
        name_en=table.text("name_en", name),
        kind=_choice(table, "kind", FacilityKind),
        place=_place(table, table.get("place")),
        entrances=tuple(_entrance(Fields(each, f"{table.where}, entrance")) for each in table.tables("entrances")),
        sections=tuple(
            _section(Fields(each, f"{table.where}, section {at}")) for at, each in enumerate(table.tables("sections"))
        ),
        gates=table.names("gates", ()),
        tariff=_tariff(Fields(table.get("tariff", {}), f"{table.where}, tariff")),
        hours=tuple(_hours(Fields(each, f"{table.where}, hours")) for each in table.tables("hours", [])),
        district=table.text("district", ""),
    )
    table.done()
    return facility


def clock_text(minute: int) -> str:
    """Return a minute of the day as `HH:MM`; the end of the day is `24:00`.

    >>> clock_text(390)
    '06:30'
    """
    return f"{minute // 60:02d}:{minute % 60:02d}"


def numbers_of(texts: Sequence[str], where: str) -> tuple[str, ...]:
    """Return the numbers that some texts name, each one number or a span of them.

    Raises: InvalidInputError for a span that is none, or too long.
    >>> numbers_of(["A098..A101", "X"], "")
    ('A098', 'A099', 'A100', 'A101', 'X')
    """
    found: list[str] = []
    for text in texts:
        found.extend(_span(text, where) if ".." in text else (text,))
        if len(found) > MOST_SPACES:
            raise InvalidInputError(f"{where}: more than {MOST_SPACES} spaces")
    return tuple(found)


def spans_of(numbers: Sequence[str]) -> list[str]:
    """Return the shortest texts that `numbers_of` makes these numbers of again."""
    spans: list[list[str]] = []
    for number in numbers:
        if spans and _next_of(spans[-1][-1]) == number:
            spans[-1][1:] = [number]
        else:
            spans.append([number])
    return ["..".join(each) for each in spans]


def _span(text: str, where: str) -> Sequence[str]:
    match = _SPAN.fullmatch(text)
    if match is None or match[1] != match[3]:
        raise InvalidInputError(f"{where}: '{text}' is no span of numbers; write one as A001..A120")
    first, last, digits = int(match[2]), int(match[4]), len(match[2])
    if not first <= last < first + MOST_SPACES:
        raise InvalidInputError(f"{where}: '{text}' has to go up, by less than {MOST_SPACES}")
    return [f"{match[1]}{number:0{digits}d}" for number in range(first, last + 1)]


def _next_of(number: str) -> str | None:
    match = re.fullmatch(r"(.*?)(\d{1,9})", number)
    if match is None or ".." in number:
        return None
    return f"{match[1]}{int(match[2]) + 1:0{len(match[2])}d}"


def _place_document(place: LonLat) -> list[float]:
    return [round(place[0], _DIGITS), round(place[1], _DIGITS)]


def _section_document(section: Section) -> dict[str, Any]:
    return {
        "section": section.section,
        "kind": section.kind.value,
        "level": section.level,
        "zone": section.zone,
        "sensing": section.sensing.value,
        "longest_stay_min": section.longest_stay_min,
        "numbers": spans_of(section.numbers),
        "places": [_place_document(each) for each in section.places],
    }


def _tariff_document(tariff: Tariff) -> dict[str, Any]:
    return {
        "bands": [
            {"from": clock_text(each.from_min), "step_min": each.step_min, "step_cents": each.step_cents}
            for each in tariff.bands
        ],
        "free_min": tariff.free_min,
        "day_most_cents": tariff.day_most_cents,
        "currency": tariff.currency,
    }


def _section(table: Fields) -> Section:
    section = Section(
        section=table.text("section"),
        kind=_choice(table, "kind", SpaceKind, SpaceKind.GENERAL),
        numbers=numbers_of(table.names("numbers"), table.where),
        level=table.text("level", ""),
        zone=table.text("zone", ""),
        sensing=_choice(table, "sensing", Sensing, Sensing.NONE),
        longest_stay_min=table.whole("longest_stay_min", 0),
        places=tuple(_place(table, each) for each in table.tables("places", [])),
    )
    table.done()
    return section


def _entrance(table: Fields) -> Entrance:
    entrance = Entrance(table.text("road"), table.number("position_m", 0.0, 0.0))
    table.done()
    return entrance


def _tariff(table: Fields) -> Tariff:
    tariff = Tariff(
        tuple(_band(Fields(each, f"{table.where}, band")) for each in table.tables("bands", [])),
        table.whole("free_min", 0),
        table.whole("day_most_cents", 0),
        table.text("currency", "CNY"),
    )
    table.done()
    return tariff


def _band(table: Fields) -> PriceBand:
    band = PriceBand(minute_of(table.text("from")), table.whole("step_min"), table.whole("step_cents"))
    table.done()
    return band


def _hours(table: Fields) -> OpenSpan:
    days = table.get("days", [0, 1, 2, 3, 4, 5, 6])
    if not isinstance(days, list) or not all(isinstance(day, int) and not isinstance(day, bool) for day in days):
        raise InvalidInputError(f"{table.where}: 'days' has to be a list of numbers, 0 for Monday to 6")
    end = table.text("to")
    span = OpenSpan(tuple(days), minute_of(table.text("from")), DAY_MIN if end == "24:00" else minute_of(end))
    table.done()
    return span


def _place(table: Fields, value: Any) -> LonLat:
    numbers = isinstance(value, list) and len(value) == 2 and all(map(is_number, value))
    if not numbers:
        raise InvalidInputError(f"{table.where}: a place is two numbers, longitude and latitude; got {value!r:.40}")
    return float(value[0]), float(value[1])


def _choice(table: Fields, key: str, kind: type[C], otherwise: C | None = None) -> C:
    text = table.text(key) if otherwise is None else table.text(key, otherwise.value)
    try:
        return kind(text)
    except ValueError:
        names = ", ".join(each.value for each in kind)
        raise InvalidInputError(f"{table.where}: '{key}' cannot be '{text}'; choose of {names}") from None
