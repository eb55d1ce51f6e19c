"""What a cabinet was offered, what it said to that, and which plan it is meant to have."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from signal_ctrl.centre.shelves import ShelfSpec
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.orders import Version
from signal_ctrl.domain.plan import SignalPlan

UNACKNOWLEDGED_MS: Final = 30_000
"""Orders without an answer for so long are unacknowledged and offered again. SAFETY part B, after RSMP. [ms]"""
_REVISION_BITS: Final = 32


class Answer(Enum):
    """How far a cabinet says that orders have come; OFFERED: it has said nothing."""

    OFFERED = "offered"
    RECEIVED = "received"
    STAGED = "staged"
    ACTIVE = "active"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One version of the orders of one cabinet: the canonical document, its ETag and signature, and the answer. [ms]"""

    cabinet: str
    version: Version
    document: str
    etag: str
    signature: str
    why: str
    made_utc_ms: int
    valid_until_utc_ms: int
    adaptive: bool = False
    answer: Answer = Answer.OFFERED
    reasons: tuple[str, ...] = ()
    answered_utc_ms: int | None = None
    active_utc_ms: int | None = None

    @property
    def key(self) -> str:
        """Its name on the shelf; in the order of versions."""
        return delivery_key(self.cabinet, self.version)


def delivery_key(cabinet: str, version: Version) -> str:
    """Return the name of a version of a cabinet's orders; names are in the order of versions."""
    return f"{cabinet}/{version.epoch:016d}.{version.revision:016d}"


DELIVERIES: Final = ShelfSpec(
    "deliveries",
    Delivery,
    key=lambda d: d.key,
    at_utc_ms=lambda d: (d.version.epoch << _REVISION_BITS) + d.version.revision,
    columns={"cabinet": lambda d: d.cabinet, "etag": lambda d: d.etag},
)
"""In the order of versions, whatever the wall clock did: the youngest is the one that counts."""


@dataclass(frozen=True, slots=True)
class PlanUse:
    """A plan for one cabinet, from when on, and until when at most (None: until further notice). [ms]

    `name` and `number` say which plan of the library it is; adaptive control's have no number. `change` is the change
    of a corridor that it belongs to, empty if it stands alone; `committed` whether that one is.
    """

    plan: SignalPlan
    name: str
    number: int
    not_before_utc_ms: int
    valid_until_utc_ms: int | None
    adaptive: bool = False
    change: str = ""
    committed: bool = False

    def __post_init__(self) -> None:
        if self.valid_until_utc_ms is not None and self.valid_until_utc_ms <= self.not_before_utc_ms:
            raise InvalidInputError(f"plan {self.name}: it ends before it begins")
        if self.committed and not self.change:
            raise InvalidInputError(f"plan {self.name}: there is no change to commit")

    @property
    def may_start(self) -> bool:
        """Whether nothing but its time keeps it from being followed."""
        return self.committed or not self.change


@dataclass(frozen=True, slots=True)
class Assignment:
    """The plans that one cabinet is meant to have: the one that stands, and the one that is to come."""

    cabinet: str
    standing: PlanUse | None = None
    coming: PlanUse | None = None
    changed_utc_ms: int = 0

    @property
    def offered(self) -> PlanUse | None:
        """The plan that its orders carry."""
        return self.coming if self.coming is not None else self.standing

    @property
    def moves(self) -> bool:
        """Whether time changes it: a plan is to come, or one ends."""
        return self.coming is not None or (self.standing is not None and self.standing.valid_until_utc_ms is not None)


ASSIGNMENTS: Final = ShelfSpec(
    "assignments",
    Assignment,
    key=lambda a: a.cabinet,
    at_utc_ms=lambda a: a.changed_utc_ms,
    columns={"moves": lambda a: "yes" if a.moves else "no"},
)


class ChangeState(Enum):
    """Where a change of a corridor stands."""

    STAGING = "staging"
    COMMITTED = "committed"
    ABANDONED = "abandoned"


@dataclass(frozen=True, slots=True)
class Change:
    """One plan for several cabinets at one moment: staged on all of them, then committed, or on none. [ms]"""

    change_id: str
    plan: str
    number: int
    cabinets: tuple[str, ...]
    not_before_utc_ms: int
    made_by: str
    made_utc_ms: int
    state: ChangeState = ChangeState.STAGING
    staged: tuple[str, ...] = ()
    ended_utc_ms: int | None = None
    why: str = ""


CHANGES: Final = ShelfSpec(
    "changes",
    Change,
    key=lambda c: c.change_id,
    at_utc_ms=lambda c: c.made_utc_ms,
    columns={"state": lambda c: c.state.value},
)
