"""Incidents as values: what blocks a road, where, how badly, who says so, and until when it is expected to."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from signal_ctrl.centre.shelves import ShelfSpec
from signal_ctrl.domain.errors import InvalidInputError

MAX_TEXT: Final = 500
MAX_EVIDENCE: Final = 40
"""So many pieces of evidence an incident keeps: the first ones and the youngest."""
MAX_STEPS: Final = 200


class IncidentKind(Enum):
    """What happened. What loops and positions find is a blocked lane; people and cameras know more."""

    BLOCKED_LANE = "blocked lane"
    BREAKDOWN = "breakdown"
    STOPPED_VEHICLE = "stopped vehicle"
    WRONG_WAY = "wrong way"
    SIGNAL_OUT = "signal out"
    FLOODING = "flooding"
    WORKS = "works"
    OTHER = "other"


class IncidentState(Enum):
    """Where an incident stands; `NEXT` says what leads from one to the next."""

    SUSPECTED = "suspected"
    CONFIRMED = "confirmed"
    CLEARED = "cleared"


class IncidentEvent(Enum):
    """What can become of an incident."""

    CONFIRM = "confirm"
    CLEAR = "clear"


NEXT: Final[Mapping[tuple[IncidentState, IncidentEvent], IncidentState]] = MappingProxyType(
    {
        (IncidentState.SUSPECTED, IncidentEvent.CONFIRM): IncidentState.CONFIRMED,
        (IncidentState.SUSPECTED, IncidentEvent.CLEAR): IncidentState.CLEARED,
        (IncidentState.CONFIRMED, IncidentEvent.CLEAR): IncidentState.CLEARED,
    }
)


class IncidentSeverity(Enum):
    """How bad it is: MINOR, the road still takes what comes; SERIOUS, it does not; SEVERE, it takes nothing, or
    people are in danger (wrong way, signal out)."""

    MINOR = "minor"
    SERIOUS = "serious"
    SEVERE = "severe"


class ClosingReason(Enum):
    """Why an incident is closed."""

    OVER = "over"
    USUAL_AGAIN = "traffic is usual again"
    FALSE_ALARM = "false alarm"
    MERGED = "merged into another"


class EvidenceSource(Enum):
    """Where evidence comes from."""

    LOOPS = "loops"
    POSITIONS = "positions"
    VIDEO = "video"
    CABINET = "cabinet"
    PERSON = "person"


class EndMethod(Enum):
    """How the expected end was made."""

    BY_HAND = "stated by hand"
    HISTORY = "median of past incidents of its kind"
    KIND = "usual for its kind"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason to believe in an incident.

    `subject`, which detector, vehicle, camera, cabinet or person; `method`, the detector's name, as `deficit`.
    `strength`, the logarithm of how much more probable what was seen is with an incident than without; a person's word
    has none. [ms]
    """

    source: EvidenceSource
    method: str
    subject: str
    at_utc_ms: int
    text: str
    strength: float | None = None

    def __post_init__(self) -> None:
        if not self.method or not self.subject or not self.text or len(self.text) > MAX_TEXT:
            raise InvalidInputError(f"evidence needs a method, a subject and a text of 1 to {MAX_TEXT} characters")
        if self.strength is not None and not math.isfinite(self.strength):
            raise InvalidInputError("the strength of evidence is a finite number")


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of an incident's history: when, who, what was done, and why or how. [ms]"""

    at_utc_ms: int
    who: str
    what: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class ExpectedEnd:
    """When it is expected to be over, how that was made, and from how many past incidents. [ms]"""

    at_utc_ms: int
    method: EndMethod
    from_incidents: int = 0


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident on one road. [ms] [m]

    `lanes`, those that are blocked, 0 the outermost; none, if unknown. `position_m`, from the road's begin, None if
    unknown. `capacity_left`, the share of the road's capacity that is left, 0 to 1. `began_utc_ms`, when it is believed
    to have begun; `found_utc_ms`, when it came in here. `cabinet` and `ticket`, of a signal that is out, or of a repair
    that belongs to it; empty where there is none. `merged_into`, the incident in which this one goes on.
    """

    incident_id: str
    kind: IncidentKind
    state: IncidentState
    road: str
    severity: IncidentSeverity
    capacity_left: float
    began_utc_ms: int
    found_utc_ms: int
    lanes: tuple[int, ...] = ()
    position_m: float | None = None
    district: str = ""
    text: str = ""
    evidence: tuple[Evidence, ...] = ()
    history: tuple[Step, ...] = ()
    expected_end: ExpectedEnd | None = None
    confirmed_utc_ms: int | None = None
    cleared_utc_ms: int | None = None
    closed_as: ClosingReason | None = None
    merged_into: str = ""
    cabinet: str = ""
    ticket: str = ""

    def __post_init__(self) -> None:
        if not self.incident_id or not self.road:
            raise InvalidInputError("an incident needs an id and a road")
        if not 0 <= self.capacity_left <= 1:
            raise InvalidInputError(f"incident {self.incident_id}: the capacity left is a share of 0 to 1")
        if not 0 <= self.began_utc_ms <= self.found_utc_ms:
            raise InvalidInputError(f"incident {self.incident_id}: it cannot be found before it began")
        if len(set(self.lanes)) != len(self.lanes) or any(lane < 0 for lane in self.lanes) or len(self.text) > MAX_TEXT:
            raise InvalidInputError(f"incident {self.incident_id}: lanes, each once, from 0; a text up to {MAX_TEXT}")
        self._check_state()

    def _check_state(self) -> None:
        closed = self.state is IncidentState.CLEARED
        if (self.cleared_utc_ms is not None) != closed or (self.closed_as is not None) != closed:
            raise InvalidInputError(f"incident {self.incident_id}: a cleared one has a time and a reason, no other has")
        if bool(self.merged_into) != (self.closed_as is ClosingReason.MERGED):
            raise InvalidInputError(f"incident {self.incident_id}: a merged one names the one in which it goes on")
        if self.state is IncidentState.CONFIRMED and self.confirmed_utc_ms is None:
            raise InvalidInputError(f"incident {self.incident_id}: a confirmed one has the time at which it was")

    @property
    def live(self) -> bool:
        """Whether it lasts."""
        return self.state is not IncidentState.CLEARED

    @property
    def lasted_ms(self) -> int | None:
        """How long it was from its begin to its end, None while it lasts. [ms]"""
        return None if self.cleared_utc_ms is None else self.cleared_utc_ms - self.began_utc_ms


INCIDENTS: Final = ShelfSpec(
    "incidents",
    Incident,
    key=lambda i: i.incident_id,
    at_utc_ms=lambda i: i.found_utc_ms,
    columns={
        "kind": lambda i: i.kind.value,
        "state": lambda i: i.state.value,
        "road": lambda i: i.road,
        "district": lambda i: i.district,
        "cabinet": lambda i: i.cabinet,
    },
)
