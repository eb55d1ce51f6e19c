"""Batches of readings as gateways send them: one document, numbered from 1 in each start of the sender.

The batch is read strictly; a single reading that cannot be used is left out by itself, with its reason.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from signal_ctrl.domain.batches import BatchForm, Reason, name_of, whole_of
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.parking.readings import CameraReading, GateReading, ParkingReading, SpaceReading, SurveyReading

FORM: Final = BatchForm("signal-ctrl parking readings 1", "readings")


def reading_of(item: Any) -> ParkingReading | Reason:
    """Return the reading that an item is, or why it is none."""
    form = _FORMS.get(item.get("kind", "")) if isinstance(item, dict) and isinstance(item.get("kind"), str) else None
    if form is None or item.keys() != form[0]:
        return Reason.FORM
    try:
        return form[1](item)
    except InvalidInputError:
        return Reason.IMPOSSIBLE
    except (TypeError, ValueError):
        return Reason.FORM


def reading_document(reading: ParkingReading) -> dict[str, Any]:
    """Return a reading as a JSON object."""
    found: dict[str, Any] = {"facility": reading.facility, "utc_ms": reading.at_utc_ms}
    match reading:
        case SpaceReading():
            return {**found, "kind": "space", "space": reading.space, "occupied": reading.occupied}
        case GateReading():
            return {
                **found,
                "kind": "gate",
                "gate": reading.gate,
                "entered": reading.entered,
                "left": reading.left,
            }
        case CameraReading():
            return {**found, "kind": "camera", "section": reading.section, "occupied": reading.occupied}
        case SurveyReading():
            return {**found, "kind": "survey", "occupied": reading.occupied}


def _space(item: Mapping[str, Any]) -> SpaceReading:
    occupied = item["occupied"]
    if not isinstance(occupied, bool):
        raise ValueError("'occupied' is true or false")
    return SpaceReading(name_of(item["facility"]), name_of(item["space"]), whole_of(item["utc_ms"]), occupied)


def _gate(item: Mapping[str, Any]) -> GateReading:
    entered, left = whole_of(item["entered"]), whole_of(item["left"])
    return GateReading(name_of(item["facility"]), name_of(item["gate"]), whole_of(item["utc_ms"]), entered, left)


def _camera(item: Mapping[str, Any]) -> CameraReading:
    name = name_of(item["facility"])
    return CameraReading(name, name_of(item["section"]), whole_of(item["utc_ms"]), whole_of(item["occupied"]))


def _survey(item: Mapping[str, Any]) -> SurveyReading:
    return SurveyReading(name_of(item["facility"]), whole_of(item["utc_ms"]), whole_of(item["occupied"]))


_ALWAYS: Final = frozenset({"kind", "facility", "utc_ms"})
_FORMS: Final[Mapping[str, tuple[frozenset[str], Callable[[Mapping[str, Any]], ParkingReading]]]] = {
    "space": (_ALWAYS | {"space", "occupied"}, _space),
    "gate": (_ALWAYS | {"gate", "entered", "left"}, _gate),
    "camera": (_ALWAYS | {"section", "occupied"}, _camera),
    "survey": (_ALWAYS | {"occupied"}, _survey),
}
