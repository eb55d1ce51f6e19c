"""Batches of observations as feeds send them: one document, numbered from 1 in each start of the sender.

The batch is read strictly; a single observation that cannot be used is left out by itself, with its reason.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from signal_ctrl.domain.batches import BatchForm, Reason, name_of, whole_of
from signal_ctrl.domain.documents import is_number
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.watch.feeds.values import FeedKind
from signal_ctrl.watch.observations import LoopCount, Observation, Position, TagRead, VehicleKind

FORM: Final = BatchForm("signal-ctrl observations 1", "observations")


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


def _count(item: Mapping[str, Any]) -> LoopCount:
    return LoopCount(
        name_of(item["detector"]),
        whole_of(item["from_utc_ms"]),
        whole_of(item["to_utc_ms"]),
        whole_of(item["vehicles"]),
        number_of(item["occupied"]),
        _optional(item.get("speed_mps")),
    )


def _position(item: Mapping[str, Any]) -> Position:
    return Position(
        name_of(item["vehicle"]),
        whole_of(item["utc_ms"]),
        number_of(item["lon"]),
        number_of(item["lat"]),
        _optional(item.get("speed_mps")),
        _optional(item.get("heading_deg")),
        VehicleKind(item.get("kind", VehicleKind.OTHER.value)),
        None if item.get("load") is None else whole_of(item["load"]),
    )


def _read(item: Mapping[str, Any]) -> TagRead:
    return TagRead(name_of(item["reader"]), name_of(item["tag"]), whole_of(item["utc_ms"]))


def number_of(value: Any) -> float:
    """Return a number. Raises: ValueError for anything else."""
    if not is_number(value):
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
