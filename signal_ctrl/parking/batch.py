"""Batches of readings as gateways send them: one document, numbered from 1 in each start of the sender.

The batch is read strictly; a single reading that cannot be used is left out by itself, with its reason.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from signal_ctrl.domain.documents import canonical, no_constant, no_duplicates, why
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.identity import is_boot_id
from signal_ctrl.domain.schedule import is_name
from signal_ctrl.domain.site_parts import is_whole
from signal_ctrl.parking.readings import CameraReading, GateReading, ParkingReading, SpaceReading, SurveyReading

FORMAT: Final = "signal-ctrl parking readings 1"
MAX_BATCH_BYTES: Final = 1 << 20
MAX_READINGS: Final = 5_000
MAX_SEQUENCE: Final = 1 << 53
MAX_NAME: Final = 64
_KEYS: Final = frozenset({"format", "feed", "boot", "sequence", "readings"})


class Reason(Enum):
    """Why a reading is left out."""

    FORM = "form"
    """It is not written as it has to be."""
    UNKNOWN = "unknown"
    """There is no such facility, space, gate or section."""
    FOREIGN = "foreign"
    """The sender's credential is not for this facility."""
    IMPOSSIBLE = "impossible"
    """No gate lets so many pass in the time, no section has so many spaces."""
    FUTURE = "future"
    """It is from a time to come: its sender's clock is wrong."""
    LATE = "late"
    """A later reading was taken already, or it is too old to say anything."""
    DUPLICATE = "duplicate"
    """It was taken already."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch; its readings are still as they came."""

    feed: str
    boot: str
    sequence: int
    items: tuple[Any, ...]

    def __post_init__(self) -> None:
        if not is_name(self.feed) or not is_boot_id(self.boot) or not is_whole(self.sequence, (1, MAX_SEQUENCE)):
            raise InvalidInputError("a batch needs its feed, the id of its start and a number from 1 on")
        if not 1 <= len(self.items) <= MAX_READINGS:
            raise InvalidInputError(f"a batch has 1 to {MAX_READINGS} readings")

    @property
    def key(self) -> str:
        """The name of the batch: sender, start, number."""
        return f"{self.feed}/{self.boot}/{self.sequence}"


def batch_to_bytes(feed: str, boot: str, sequence: int, items: list[dict[str, Any]]) -> bytes:
    """Return the canonical document of a batch."""
    document = {"format": FORMAT, "feed": feed, "boot": boot, "sequence": sequence, "readings": items}
    return canonical(document).encode()


def batch_from_bytes(data: bytes) -> Batch:
    """Return the batch of a document. Raises: InvalidInputError if it is too long or none."""
    if len(data) > MAX_BATCH_BYTES:
        raise InvalidInputError(f"a batch of more than {MAX_BATCH_BYTES} bytes; send fewer readings at once")
    try:
        document = json.loads(data.decode(), object_pairs_hook=no_duplicates, parse_constant=no_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"no batch of readings: {why(error)}") from error
    if not isinstance(document, dict) or document.keys() != _KEYS or document["format"] != FORMAT:
        raise InvalidInputError(f"no batch of readings: its keys are {', '.join(sorted(_KEYS))}, its format '{FORMAT}'")
    items, feed, boot = document["readings"], document["feed"], document["boot"]
    if not isinstance(items, list) or not isinstance(feed, str) or not isinstance(boot, str):
        raise InvalidInputError("no batch of readings: a value is of another kind than it has to be")
    return Batch(feed, boot, document["sequence"], tuple(items))


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
    return SpaceReading(_name(item["facility"]), _name(item["space"]), _whole(item["utc_ms"]), occupied)


def _gate(item: Mapping[str, Any]) -> GateReading:
    entered, left = _whole(item["entered"]), _whole(item["left"])
    return GateReading(_name(item["facility"]), _name(item["gate"]), _whole(item["utc_ms"]), entered, left)


def _camera(item: Mapping[str, Any]) -> CameraReading:
    name = _name(item["facility"])
    return CameraReading(name, _name(item["section"]), _whole(item["utc_ms"]), _whole(item["occupied"]))


def _survey(item: Mapping[str, Any]) -> SurveyReading:
    return SurveyReading(_name(item["facility"]), _whole(item["utc_ms"]), _whole(item["occupied"]))


def _name(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_NAME or not value.isprintable():
        raise ValueError("a name has 1 to 64 characters")
    return value


def _whole(value: Any) -> int:
    if type(value) is not int or abs(value) > MAX_SEQUENCE:
        raise ValueError("not a whole number")
    return value


_ALWAYS: Final = frozenset({"kind", "facility", "utc_ms"})
_FORMS: Final[Mapping[str, tuple[frozenset[str], Callable[[Mapping[str, Any]], ParkingReading]]]] = {
    "space": (_ALWAYS | {"space", "occupied"}, _space),
    "gate": (_ALWAYS | {"gate", "entered", "left"}, _gate),
    "camera": (_ALWAYS | {"section", "occupied"}, _camera),
    "survey": (_ALWAYS | {"occupied"}, _survey),
}
