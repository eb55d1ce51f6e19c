"""Diversions as values: what is limited, the ways round it, what signs and signals do, what is expected and came of it.

A diversion is proposed with everything that it would do and bring, and ordered as it was proposed. It ends by itself.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from signal_ctrl.centre.shelves import ShelfSpec
from signal_ctrl.domain.errors import InvalidInputError, InvalidTimingError
from signal_ctrl.domain.signs import SignText

SHORTEST_MS: Final = 5 * 60_000
LONGEST_MS: Final = 24 * 3_600_000
"""How long a diversion may last. [ms]"""


class DiversionState(Enum):
    """Where a diversion stands."""

    PROPOSED = "proposed"
    ORDERED = "ordered"
    ENDED = "ended"
    LAPSED = "lapsed"
    """Never ordered, and too old to be."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What is limited: a road, the share of its capacity that is left, from when to when. [ms]

    `incident_id` names the incident that it comes from, empty where a forecast or a person says so.
    """

    road: str
    capacity_left: float
    from_utc_ms: int
    until_utc_ms: int
    incident_id: str = ""

    def __post_init__(self) -> None:
        if not self.road or not 0 <= self.capacity_left < 1:
            raise InvalidInputError("a limit needs a road and a share of its capacity that is left, 0 to less than 1")
        if not SHORTEST_MS <= self.until_utc_ms - self.from_utc_ms <= LONGEST_MS or self.from_utc_ms < 0:
            raise InvalidTimingError("a diversion is for 5 minutes to 24 hours")

    @property
    def lasts_s(self) -> float:
        """How long it lasts. [s]"""
        return (self.until_utc_ms - self.from_utc_ms) / 1000


@dataclass(frozen=True, slots=True)
class Way:
    """A way that a sign advises: roads from that of the sign to where drivers are back on their way.

    `flow_veh_h`, who is expected to take it; `time_s`, what it takes with them on it; `usual_s`, what it takes today.
    """

    sign_id: str
    roads: tuple[str, ...]
    flow_veh_h: float
    time_s: float
    usual_s: float

    def __post_init__(self) -> None:
        if len(self.roads) < 2 or len(set(self.roads)) != len(self.roads):
            raise InvalidInputError("a way has two roads or more, and none twice")
        if not all(math.isfinite(x) and x >= 0 for x in (self.flow_veh_h, self.time_s, self.usual_s)):
            raise InvalidInputError("flow and times of a way are 0 or more")


@dataclass(frozen=True, slots=True)
class RoadEffect:
    """What is expected of one road: flow while the limit lasts, and delay against a usual time, without and with
    diversion.

    [veh/h] [veh h]
    """

    road: str
    capacity_veh_h: float
    flow_without_veh_h: float
    flow_with_veh_h: float
    delay_without_veh_h: float
    delay_with_veh_h: float


@dataclass(frozen=True, slots=True)
class Gate:
    """A road upstream from which less is let in while a diversion lasts. [veh/h]"""

    road: str
    signal: str
    from_veh_h: float
    to_veh_h: float


@dataclass(frozen=True, slots=True)
class DiversionPlan:
    """Everything that a diversion does and is expected to bring.

    `signal_plan`, the document of the signals' plan for the time, empty: signals stay as they are; `cabinets`, whom it
    is for. Where there are gates it holds back, and `open_plan` does not; `gate_cabinets` get one or the other, so that
    the roads of `area` hold no more than `best_veh` vehicles. `recovery_plan` lets the queues go that stand at the end,
    for `recovery_cabinets`. `compliance`, the share of drivers that are expected to
    follow a sign. Delays while the limit lasts and until its queues are gone. [veh h]
    """

    ways: tuple[Way, ...]
    texts: tuple[SignText, ...]
    effects: tuple[RoadEffect, ...]
    gates: tuple[Gate, ...]
    compliance: float
    affected_veh_h: float
    delay_without_veh_h: float
    delay_with_veh_h: float
    signal_plan: str = ""
    cabinets: tuple[str, ...] = ()
    open_plan: str = ""
    gate_cabinets: tuple[str, ...] = ()
    area: tuple[str, ...] = ()
    best_veh: float = 0.0
    recovery_plan: str = ""
    recovery_cabinets: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 < self.compliance <= 1:
            raise InvalidInputError(f"compliance is a share above 0 and up to 1, got {self.compliance}")
        if bool(self.signal_plan) != bool(self.cabinets):
            raise InvalidInputError("a plan of signals is for cabinets, and cabinets need one")
        if bool(self.open_plan) != bool(self.gate_cabinets) or (self.gate_cabinets and not self.best_veh > 0):
            raise InvalidInputError("gates need cabinets, a plan that opens them, and vehicles that an area may hold")


@dataclass(frozen=True, slots=True)
class Brought:
    """What a diversion brought: predicted, and measured by the minutes of its roads. [veh h] [veh]

    `measured_veh_h`, time spent on the roads that the prediction is about, beyond what they took before; `minutes`, of
    how many it is known; `until_utc_ms`, up to when. [ms]
    """

    predicted_without_veh_h: float
    predicted_with_veh_h: float
    usual_veh: float
    measured_veh_h: float
    minutes: int
    until_utc_ms: int


@dataclass(frozen=True, slots=True)
class PlanBefore:
    """The plan of the library that a cabinet had before; number 0: it had none from here, or adaptive control's."""

    cabinet: str
    plan: str
    number: int


@dataclass(frozen=True, slots=True)
class Diversion:
    """One diversion from proposal to end. `before`, what its cabinets go back to, those with a plan that lets queues go
    at `recovers_until_utc_ms`. [ms]
    """

    diversion_id: str
    state: DiversionState
    limit: Limit
    plan: DiversionPlan
    proposed_by: str
    proposed_utc_ms: int
    ordered_by: str = ""
    ordered_utc_ms: int | None = None
    until_utc_ms: int | None = None
    ended_utc_ms: int | None = None
    why: str = ""
    issued_plan: str = ""
    issued_number: int = 0
    before: tuple[PlanBefore, ...] = ()
    recovers_until_utc_ms: int | None = None
    brought: Brought | None = None

    def __post_init__(self) -> None:
        if not self.diversion_id or not self.proposed_by:
            raise InvalidInputError("a diversion needs a name, and who proposed it")
        if (self.state is DiversionState.ORDERED) and (self.ordered_utc_ms is None or self.until_utc_ms is None):
            raise InvalidInputError("what is ordered has a begin and an end")


@dataclass(frozen=True, slots=True)
class GuidanceDocument:
    """Signs and movements as they were imported; the newest is in force. [ms]"""

    sha256: str
    document: str
    imported_utc_ms: int
    imported_by: str

    def __post_init__(self) -> None:
        if not self.sha256 or not self.imported_by:
            raise InvalidInputError("guidance needs its hash and who imported it")


DIVERSIONS: Final = ShelfSpec(
    "diversions",
    Diversion,
    key=lambda d: d.diversion_id,
    at_utc_ms=lambda d: d.proposed_utc_ms,
    columns={
        "state": lambda d: d.state.value,
        "road": lambda d: d.limit.road,
        "incident": lambda d: d.limit.incident_id,
    },
)
GUIDANCE: Final = ShelfSpec(
    "guidance", GuidanceDocument, key=lambda g: g.sha256, at_utc_ms=lambda g: g.imported_utc_ms, columns={}
)

SignTexts = Callable[[int], tuple[SignText, ...]]
"""Gives the texts that a service wants on signs at a time [ms]; a parking service offers the same."""
