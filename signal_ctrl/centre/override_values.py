"""Overrides as values: what is asked, for whom, from when to when, and where it stands (SAFETY part C)."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from signal_ctrl.centre.prices import Price
from signal_ctrl.centre.shelves import ShelfSpec
from signal_ctrl.domain.errors import InvalidInputError, InvalidTimingError
from signal_ctrl.domain.link.overrides import OverrideKind
from signal_ctrl.domain.schedule import is_name

SHORTEST_MS: Final = 60_000
LONGEST_MS: Final = 120 * 60_000
"""How long an override may be, and all that follow one another within `FOLLOWS_MS` together. [ms]"""
FOLLOWS_MS: Final = 60 * 60_000
ALONE_MS: Final = 30 * 60_000
"""Together longer than this, two persons are needed. [ms]"""
ALL_RED_ALONE_MS: Final = 120_000
MOST_CABINETS_ALONE: Final = 10
APPROVAL_MS: Final = 5 * 60_000
"""A second person approves within this time. [ms]"""
NONCE_MS: Final = 60_000
AHEAD_MS: Final = 24 * 3_600_000
"""An override may be issued so long before it starts. [ms]"""
ARMED_MS: Final = 30_000
"""A cabinet gets an override so long before it starts. [ms] [P]"""
MAX_LEGS: Final = 2_000
MAX_CASE: Final = 64
MAX_NOTE: Final = 500


class ScopeKind(Enum):
    """What the names of a scope are names of."""

    JUNCTION = "junction"
    LIST = "list"
    CORRIDOR = "corridor"
    DISTRICT = "district"


class Reason(Enum):
    """Why somebody takes a junction over."""

    ACCIDENT = "accident"
    CONGESTION = "congestion"
    EMERGENCY = "emergency"
    ESCORT = "escort"
    EVENT = "event"
    FLOOD = "flood"
    POWER = "power"
    ROADWORKS = "roadworks"
    OTHER = "other"


class OverrideState(Enum):
    """Where an override stands; docs/overrides.md draws what leads from one to the next."""

    WAITING = "waiting for approval"
    SCHEDULED = "scheduled"
    ACTIVE = "active"
    RELEASED = "released"
    EXPIRED = "expired"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"

    @property
    def live(self) -> bool:
        """Whether it may still reach a cabinet, or does."""
        return self in (OverrideState.WAITING, OverrideState.SCHEDULED, OverrideState.ACTIVE)

    @property
    def held(self) -> bool:
        """Whether it held a cabinet, or is going to: it counts towards the totals."""
        return self in (OverrideState.SCHEDULED, OverrideState.ACTIVE, OverrideState.RELEASED, OverrideState.EXPIRED)


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom an override is for: one junction, a list, a corridor or a district."""

    kind: ScopeKind
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.names or not all(is_name(name) for name in self.names) or len(set(self.names)) != len(self.names):
            raise InvalidInputError("a scope needs names, each once")
        if self.kind is not ScopeKind.LIST and len(self.names) != 1:
            raise InvalidInputError(f"a scope of kind {self.kind.value} has one name, got {len(self.names)}")


@dataclass(frozen=True, slots=True)
class Leg:
    """What one cabinet gets: its stage (empty where the kind names none), from when to when. [ms]

    `arrives_utc_ms`, when a convoy is expected there; None where the kind knows no convoy.
    """

    cabinet: str
    stage: str
    start_utc_ms: int
    end_utc_ms: int
    arrives_utc_ms: int | None = None


@dataclass(frozen=True, slots=True)
class GivenBack:
    """A cabinet that was given back before its end, while the rest of the override goes on. [ms]"""

    cabinet: str
    at_utc_ms: int
    by: str


@dataclass(frozen=True, slots=True)
class OverrideDocument:
    """What is asked, resolved to cabinets and times: its hash is what is confirmed and approved. [ms]"""

    kind: OverrideKind
    scope: Scope
    legs: tuple[Leg, ...]
    start_utc_ms: int
    end_utc_ms: int
    reason: Reason
    case: str
    note: str = ""

    def __post_init__(self) -> None:
        lasts_ms = self.end_utc_ms - self.start_utc_ms
        if not SHORTEST_MS <= lasts_ms <= LONGEST_MS:
            raise InvalidTimingError(f"an override lasts 1 to 120 min, got {lasts_ms / 60_000:g}")
        if not 1 <= len(self.legs) <= MAX_LEGS or len({leg.cabinet for leg in self.legs}) != len(self.legs):
            raise InvalidInputError(f"an override is for 1 to {MAX_LEGS} cabinets, each once")
        for leg in self.legs:
            if not self.start_utc_ms <= leg.start_utc_ms < leg.end_utc_ms <= self.end_utc_ms:
                raise InvalidTimingError(f"cabinet {leg.cabinet}: its time lies outside that of the override")
            if bool(leg.stage) != self.kind.names_stage:
                needs = "needs a stage" if self.kind.names_stage else "names no stage"
                raise InvalidInputError(f"cabinet {leg.cabinet}: {self.kind.value} {needs}")
        if not 1 <= len(self.case) <= MAX_CASE or len(self.note) > MAX_NOTE:
            raise InvalidInputError(f"an override needs a case number of 1 to {MAX_CASE} characters")

    @property
    def lasts_ms(self) -> int:
        """How long it is. [ms]"""
        return self.end_utc_ms - self.start_utc_ms


@dataclass(frozen=True, slots=True)
class Override:
    """An override that was issued, and what became of it. [ms]

    `second` are the reasons why a second person has to approve, none if one is enough. `district` are those of its
    cabinets. `ended_by` is a login, or the centre; `late`: its end was written after it took effect. `given_back`,
    the cabinets that it holds no more.
    """

    override_id: str
    document: OverrideDocument
    sha256: str
    districts: tuple[str, ...]
    second: tuple[str, ...]
    nonce: str
    issuer: str
    issued_utc_ms: int
    state: OverrideState
    approver: str = ""
    approved_utc_ms: int | None = None
    activated_utc_ms: int | None = None
    ended_utc_ms: int | None = None
    ended_by: str = ""
    why: str = ""
    late: bool = False
    estimate: Price | None = None
    measured: Price | None = None
    given_back: tuple[GivenBack, ...] = ()

    def __post_init__(self) -> None:
        if not is_name(self.override_id) or not self.issuer:
            raise InvalidInputError("an override needs an id and an issuer")
        if self.approver and self.approver == self.issuer:
            raise InvalidInputError(f"override {self.override_id}: nobody approves their own request")
        if self.state.live == (self.ended_utc_ms is not None):
            raise InvalidInputError(f"override {self.override_id}: it has an end if, and only if, it is over")
        needs_two = self.state in (OverrideState.SCHEDULED, OverrideState.ACTIVE) and bool(self.second)
        if needs_two and not self.approver:
            raise InvalidInputError(f"override {self.override_id}: a second person has to approve it")

    @property
    def cabinets(self) -> tuple[str, ...]:
        """The cabinets that it is for."""
        return tuple(leg.cabinet for leg in self.document.legs)

    @property
    def legs_left(self) -> tuple[Leg, ...]:
        """What the cabinets get that were not given back."""
        gone = {one.cabinet for one in self.given_back}
        return tuple(leg for leg in self.document.legs if leg.cabinet not in gone)

    def leg(self, cabinet: str) -> Leg | None:
        """Return what a cabinet gets of it."""
        return next((leg for leg in self.document.legs if leg.cabinet == cabinet), None)


OVERRIDES: Final = ShelfSpec(
    "overrides",
    Override,
    key=lambda o: o.override_id,
    at_utc_ms=lambda o: o.issued_utc_ms,
    columns={
        "state": lambda o: o.state.value,
        "issuer": lambda o: o.issuer,
        "priced": lambda o: "no" if o.measured is None else "yes",
    },
)
