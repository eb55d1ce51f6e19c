"""What is said of an incident: by a person, or by the detection."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.watch.incidents.values import MAX_TEXT, Evidence, IncidentKind


@dataclass(frozen=True, slots=True)
class IncidentReport:
    """What a person reports. None or empty where it is not known. [ms] [m]"""

    kind: IncidentKind
    road: str
    lanes: tuple[int, ...] = ()
    position_m: float | None = None
    capacity_left: float | None = None
    began_utc_ms: int | None = None
    expected_end_utc_ms: int | None = None
    cabinet: str = ""
    text: str = ""

    def __post_init__(self) -> None:
        if not self.road or len(self.text) > MAX_TEXT:
            raise InvalidInputError(f"a report names a road; its text has at most {MAX_TEXT} characters")


@dataclass(frozen=True, slots=True)
class Finding:
    """What the detection believes of a road, all its evidence together.

    `confirms`: it is enough to take the incident for confirmed, not only for suspected. [ms] [m]
    """

    kind: IncidentKind
    road: str
    at_utc_ms: int
    evidence: tuple[Evidence, ...]
    confirms: bool = False
    began_utc_ms: int | None = None
    lanes: tuple[int, ...] = ()
    position_m: float | None = None
    capacity_left: float | None = None
    cabinet: str = ""
    ticket: str = ""

    def __post_init__(self) -> None:
        if not self.road or not self.evidence:
            raise InvalidInputError("a finding names a road and has evidence")


class IncidentWatch(Protocol):
    """A detection: fed with what comes in, asked for what it believes."""

    def findings(self, now_utc_ms: int) -> Iterator[Finding]:
        """Yield what is believed now, of each road at most once. [ms]"""
        ...

    def usual_again(self, road: str, since_utc_ms: int) -> bool:
        """Tell whether traffic of a road has been usual since a time. [ms] Never where nothing tells."""
        ...
