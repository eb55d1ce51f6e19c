"""Facilities, spaces, beliefs and signs as JSON objects, for routes and feeds alike."""

from collections.abc import Set
from typing import Any

from signal_ctrl.domain.signs import MessageKind, SignText
from signal_ctrl.parking.facilities import Facility
from signal_ctrl.parking.facilities_json import facility_document
from signal_ctrl.parking.facility_state import FacilityState
from signal_ctrl.parking.occupancy import FreeCount, Occupancy, Trust
from signal_ctrl.parking.service import Parking
from signal_ctrl.parking.signs.faces import Face


def facility_view(parking: Parking, facility: Facility, now_utc_ms: int) -> dict[str, Any]:
    """Return a facility with what is believed of it. [ms]"""
    document = facility_document(facility)
    document["sections"] = [
        {**{key: section[key] for key in ("section", "kind", "level", "zone", "longest_stay_min")}, "spaces": many}
        for section, many in zip(document["sections"], (each.capacity for each in facility.sections), strict=True)
    ]
    occupancy = occupancy_view(parking.book.of(facility.facility, now_utc_ms))
    return {**document, "open": parking.book.facilities.is_open(facility.facility, now_utc_ms), "occupancy": occupancy}


def occupancy_view(belief: Occupancy) -> dict[str, Any]:
    """Return what is believed of a facility. Where nothing may be built on, there is no free count, only bounds."""
    known = belief.trust is Trust.GOOD
    return {
        "facility": belief.facility,
        "utc_ms": belief.at_utc_ms,
        "age_s": round(belief.age_ms / 1000, 1) if belief.heard_utc_ms else None,
        "source": belief.source.value,
        "trust": belief.trust.value,
        "why": belief.why,
        **_count(belief.total, known),
        "kinds": {kind.value: _count(count, known) for kind, count in belief.by_kind.items()},
    }


def spaces_view(state: FacilityState, reserved: Set[str], now_utc_ms: int) -> list[dict[str, Any]]:
    """Return all spaces of a facility: number, kind, place, and whether each is free, occupied or unknown. [ms]

    Args: reserved, numbers of spaces that are kept for somebody: they are not told as free.
    """
    found = []
    for section in state.facility.sections:
        sensors = state.sensors_of(section.section)
        for at, number in enumerate(section.numbers):
            word = "unknown"
            kept = None if sensors is None else sensors.state(number)
            if sensors is not None and kept is not None and sensors.doubt(number, now_utc_ms) is None:
                word = "occupied" if kept.occupied else "unknown" if number in reserved else "free"
            found.append(
                {
                    "space": number,
                    "kind": section.kind.value,
                    "level": section.level,
                    "zone": section.zone,
                    "state": word,
                    "place": list(section.places[at]) if section.places else None,
                }
            )
    return found


def face_view(face: Face) -> dict[str, Any]:
    """Return what a sign shows. Without lines and text it is blank; after `valid_until_utc_ms` it goes blank. [ms]"""
    return {
        "sign": face.sign,
        "lines": [
            {
                "zh": line.text_zh,
                "en": line.text_en,
                "label": line.zh,
                "label_en": line.en,
                "arrow": line.arrow,
                "value_zh": line.value_zh,
                "value_en": line.value_en,
                "state": line.state,
            }
            for line in face.lines
        ],
        "text": None if face.text is None else _text(face.text),
        "waiting": [_text(each) for each in face.waiting],
        "valid_until_utc_ms": face.valid_until_utc_ms,
    }


def _text(text: SignText) -> dict[str, Any]:
    kind = MessageKind(text.kind).name.lower()
    return {"kind": kind, "zh": text.zh, "en": text.en, "source": text.source, "until_utc_ms": text.until_utc_ms}


def _count(count: FreeCount, known: bool) -> dict[str, Any]:
    return {
        "free": count.free if known else None,
        "at_least": count.low if known else 0,
        "at_most": count.high,
        "capacity": count.capacity,
    }
