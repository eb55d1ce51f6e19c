"""Special vehicles of one run of the closed loop, and the file in which a user names them."""

import json
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final

from signal_ctrl.domain.documents import canonical, read_document
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.fields import Fields
from signal_ctrl.watch.special.corridor import VehicleClass
from sumo_scenarios.settings import RunSettings

FORMAT: Final = "signal-ctrl special trips 1"
NOTICE_S: Final = 80.0
"""A crew sets out so long after the request: turnout time. [s] [P], of the order of NFPA 1710."""
REPORT_S: Final = 2.0
"""Positions are reported so often, and are off by `NOISE_M` (one standard deviation). [s] [m] [P]"""
NOISE_M: Final = 5.0
MAX_BYTES: Final = 4 << 20


@dataclass(frozen=True, slots=True)
class SpecialTrip:
    """One special vehicle: its edges, when it sets out, and when its corridor is asked for. [s]

    `arrives_m`, how far along its last edge it arrives; None: at the end, which may be a stop line. [m]
    """

    vehicle: str
    kind: VehicleClass
    edges: tuple[str, ...]
    departs_s: float
    notice_s: float = NOTICE_S
    arrives_m: float | None = None

    def __post_init__(self) -> None:
        if not self.vehicle or not self.edges or not (self.departs_s >= 0 and self.notice_s >= 0):
            raise InvalidInputError(f"special vehicle '{self.vehicle}' needs a name, edges, and times of 0 or more")
        if self.arrives_m is not None and not self.arrives_m >= 0:
            raise InvalidInputError(f"special vehicle '{self.vehicle}' arrives at 0 m of its last edge or beyond")


class Others(Enum):
    """What other drivers do for a special vehicle, and whether it keeps to the lamps.

    `RESCUE_LANE` and `BLUE_LIGHT` are SUMO's device `bluelight` in the sublane model: who is within 25 m ahead draws to
    the side of its lane, and the vehicle drives between. With the first one it stops at red and gives way as everybody
    does; with the second one, SUMO's own way, it passes red and gives way to nobody.
    """

    NOBODY = "nobody"
    RESCUE_LANE = "rescue-lane"
    BLUE_LIGHT = "blue-light"

    @property
    def has_device(self) -> bool:
        """Whether the vehicle has SUMO's device."""
        return self is not Others.NOBODY


@dataclass(frozen=True, slots=True)
class SpecialOrder:
    """A run with special vehicles. `corridor` False: they drive, and no signal makes way. `others`: who else does."""

    settings: RunSettings
    trips: tuple[SpecialTrip, ...]
    corridor: bool = True
    others: Others = Others.NOBODY

    def __post_init__(self) -> None:
        names = [trip.vehicle for trip in self.trips]
        if not names or len(set(names)) != len(names):
            raise InvalidInputError("a run with special vehicles needs one at least, each name once")


def read_trips(path: Path) -> tuple[SpecialTrip, ...]:
    """Return the trips of a file. Raises: InvalidInputError that names what cannot be used."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"cannot read the special vehicles {path}: {error}") from error
    fields = Fields(read_document(text, "special vehicles", FORMAT), "special vehicles")
    fields.get("format")
    trips = tuple(_trip(one, k) for k, one in enumerate(fields.tables("trips", [])))
    fields.done()
    return trips


def trips_text(trips: tuple[SpecialTrip, ...]) -> str:
    """Return trips as the document that `read_trips` reads."""
    return canonical({"format": FORMAT, "trips": [trip_row(trip) for trip in trips]}) + "\n"


def trip_row(trip: SpecialTrip) -> dict[str, Any]:
    """Return a trip as a JSON object."""
    return {
        "vehicle": trip.vehicle,
        "kind": trip.kind.value,
        "edges": list(trip.edges),
        "departs_s": trip.departs_s,
        "notice_s": trip.notice_s,
        **({} if trip.arrives_m is None else {"arrives_m": trip.arrives_m}),
    }


def _trip(table: Any, place: int) -> SpecialTrip:
    fields = Fields(table, f"trip {place + 1}")
    kind = fields.text("kind")
    if kind not in {each.value for each in VehicleClass}:
        raise InvalidInputError(f"trip {place + 1}: 'kind' is one of {', '.join(each.value for each in VehicleClass)}")
    edges = fields.get("edges")
    if not isinstance(edges, list) or not all(isinstance(edge, str) and edge for edge in edges):
        raise InvalidInputError(f"trip {place + 1}: 'edges' is a list of names of edges, got {json.dumps(edges)}")
    trip = SpecialTrip(
        vehicle=fields.text("vehicle"),
        kind=VehicleClass(kind),
        edges=tuple(edges),
        departs_s=fields.number("departs_s", least=0),
        notice_s=fields.number("notice_s", NOTICE_S, least=0),
        arrives_m=fields.number("arrives_m", least=0) if "arrives_m" in table else None,
    )
    fields.done()
    return trip
