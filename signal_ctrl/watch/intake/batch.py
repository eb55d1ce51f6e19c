"""Batches of observations as feeds send them: one document, numbered from 1 in each start of the sender.

The batch is read strictly; a single observation that cannot be used is left out by itself, with its reason.
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
from signal_ctrl.watch.feeds.values import FeedKind
from signal_ctrl.watch.observations import LoopCount, Observation, Position, TagRead, VehicleKind

FORMAT: Final = "signal-ctrl observations 1"
MAX_BATCH_BYTES: Final = 1 << 20
MAX_OBSERVATIONS: Final = 5_000
MAX_SEQUENCE: Final = 1 << 53
MAX_NAME: Final = 64
_KEYS: Final = frozenset({"format", "feed", "boot", "sequence", "observations"})


class Reason(Enum):
    """Why an observation is left out."""

    FORM = "form"
    """It is not written as it has to be."""
    UNKNOWN = "unknown"
    """No such detector or reader is in the network, or the place lies outside it."""
    FOREIGN = "foreign"
    """Another feed is there for it."""
    IMPOSSIBLE = "impossible"
    """No road has such a value, no vehicle can have come there so fast."""
    FUTURE = "future"
    LATE = "late"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch of a feed; its observations are still as they came."""

    feed: str
    boot: str
    sequence: int
    items: tuple[Any, ...]

    def __post_init__(self) -> None:
        if not is_name(self.feed) or not is_boot_id(self.boot) or not is_whole(self.sequence, (1, MAX_SEQUENCE)):
            raise InvalidInputError("a batch needs its feed, the id of its start and a number from 1 on")
        if not 1 <= len(self.items) <= MAX_OBSERVATIONS:
            raise InvalidInputError(f"a batch has 1 to {MAX_OBSERVATIONS} observations")


def batch_to_bytes(feed: str, boot: str, sequence: int, items: list[dict[str, Any]]) -> bytes:
    """Return the canonical document of a batch."""
    document = {"format": FORMAT, "feed": feed, "boot": boot, "sequence": sequence, "observations": items}
    return canonical(document).encode()


def batch_from_bytes(data: bytes) -> Batch:
    """Return the batch of a document. Raises: InvalidInputError if it is too long or none."""
    if len(data) > MAX_BATCH_BYTES:
        raise InvalidInputError(f"a batch of more than {MAX_BATCH_BYTES} bytes; send fewer observations at once")
    try:
        document = json.loads(data.decode(), object_pairs_hook=no_duplicates, parse_constant=no_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"no batch of observations: {why(error)}") from error
    if not isinstance(document, dict) or document.keys() != _KEYS or document["format"] != FORMAT:
        raise InvalidInputError(f"no batch of observations: its keys are {', '.join(sorted(_KEYS))}")
    items, feed, boot = document["observations"], document["feed"], document["boot"]
    if not isinstance(items, list) or not isinstance(feed, str) or not isinstance(boot, str):
        raise InvalidInputError("no batch of observations: a value is of another kind than it has to be")
    return Batch(feed, boot, document["sequence"], tuple(items))


def observation_of(kind: FeedKind, item: Any) -> Observation | Reason:
    """Return the observation that an item is, or why it is none."""
    if kind not in _FORMS:
        return Reason.FORM
    keys, optional, make = _FORMS[kind]
    if not isinstance(item, dict) or not keys <= item.keys() or not item.keys() <= keys | optional:
        return Reason.FORM
    try:
        return make(item)
    except InvalidInputError:
        return Reason.IMPOSSIBLE
    except (TypeError, ValueError, KeyError):
        return Reason.FORM


def count_document(count: LoopCount) -> dict[str, Any]:
    """Return a count as a JSON object."""
    found = {
        "detector": count.detector,
        "from_utc_ms": count.from_utc_ms,
        "to_utc_ms": count.to_utc_ms,
        "vehicles": count.vehicles,
        "occupied": count.occupied,
    }
    return found if count.speed_mps is None else {**found, "speed_mps": count.speed_mps}


def position_document(position: Position) -> dict[str, Any]:
    """Return a position as a JSON object."""
    found: dict[str, Any] = {
        "vehicle": position.vehicle,
        "utc_ms": position.utc_ms,
        "lon": position.lon,
        "lat": position.lat,
        "kind": position.kind.value,
    }
    more = {"speed_mps": position.speed_mps, "heading_deg": position.heading_deg, "load": position.load}
    return {**found, **{name: value for name, value in more.items() if value is not None}}


def read_document_of(read: TagRead) -> dict[str, Any]:
    """Return a read as a JSON object."""
    return {"reader": read.reader, "tag": read.tag, "utc_ms": read.utc_ms}


def _count(item: Mapping[str, Any]) -> LoopCount:
    return LoopCount(
        _name(item["detector"]),
        whole_of(item["from_utc_ms"]),
        whole_of(item["to_utc_ms"]),
        whole_of(item["vehicles"]),
        number_of(item["occupied"]),
        _optional(item.get("speed_mps")),
    )


def _position(item: Mapping[str, Any]) -> Position:
    return Position(
        _name(item["vehicle"]),
        whole_of(item["utc_ms"]),
        number_of(item["lon"]),
        number_of(item["lat"]),
        _optional(item.get("speed_mps")),
        _optional(item.get("heading_deg")),
        VehicleKind(item.get("kind", VehicleKind.OTHER.value)),
        None if item.get("load") is None else whole_of(item["load"]),
    )


def _read(item: Mapping[str, Any]) -> TagRead:
    return TagRead(_name(item["reader"]), _name(item["tag"]), whole_of(item["utc_ms"]))


def _name(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_NAME or not value.isprintable():
        raise ValueError("a name has 1 to 64 characters")
    return value


def whole_of(value: Any) -> int:
    """Return a whole number of at most 53 bits. Raises: ValueError for anything else."""
    if type(value) is not int or abs(value) > MAX_SEQUENCE:
        raise ValueError("not a whole number")
    return value


def number_of(value: Any) -> float:
    """Return a number. Raises: ValueError for anything else."""
    if type(value) is not float and type(value) is not int:
        raise ValueError("not a number")
    return float(value)


def _optional(value: Any) -> float | None:
    return None if value is None else number_of(value)


_Form = tuple[frozenset[str], frozenset[str], Callable[[Mapping[str, Any]], Observation]]
_FORMS: Final[Mapping[FeedKind, _Form]] = {
    FeedKind.COUNTS: (
        frozenset({"detector", "from_utc_ms", "to_utc_ms", "vehicles", "occupied"}),
        frozenset({"speed_mps"}),
        _count,
    ),
    FeedKind.POSITIONS: (
        frozenset({"vehicle", "utc_ms", "lon", "lat"}),
        frozenset({"speed_mps", "heading_deg", "kind", "load"}),
        _position,
    ),
    FeedKind.READS: (frozenset({"reader", "tag", "utc_ms"}), frozenset(), _read),
}
