"""Stored responses, and responses that were ordered: what became of each part, and who has done what. [ms]"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from signal_ctrl.centre.order_values import PlanUse
from signal_ctrl.centre.plan_values import LibraryItem
from signal_ctrl.centre.shelves import ShelfSpec
from signal_ctrl.domain.errors import InvalidInputError


class OrderState(Enum):
    """Where an ordered response stands. `FAILED`: a part did not come about, and all others were undone."""

    WAITING = "waiting for approval"
    ACTIVE = "active"
    ENDED = "ended"
    EXPIRED = "expired"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"

    @property
    def live(self) -> bool:
        """Whether it holds something, or may yet."""
        return self in (OrderState.WAITING, OrderState.ACTIVE)


class PartKind(Enum):
    """What a part is."""

    OVERRIDE = "override"
    PLAN = "plan"
    SIGN = "sign"
    MISSION = "mission"


class PartState(Enum):
    """What became of a part."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    UNDONE = "undone"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class PartOutcome:
    """One part of an ordered response: the override, plan, sign or mission it is, how it stands, why."""

    name: str
    kind: PartKind
    state: PartState
    ref: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """One task of the checklist; who has done it and when, empty while nobody has. [ms]"""

    text: str
    done_by: str = ""
    done_utc_ms: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Before:
    """Which plans a cabinet had before the response put its own there; they come back at its end."""

    cabinet: str
    standing: PlanUse | None
    coming: PlanUse | None
    ours: PlanUse


@dataclass(frozen=True, slots=True)
class ResponseOrder:
    """A response that was ordered, from the order to its end. [ms]

    `document` is what was ordered, resolved to cabinets and times, `sha256` its hash. `before` are the plans that come
    back at its end.
    """

    order_id: str
    response: str
    number: int
    document: str
    sha256: str
    districts: tuple[str, ...]
    case: str
    nonce: str
    issuer: str
    issued_utc_ms: int
    start_utc_ms: int
    end_utc_ms: int
    state: OrderState
    parts: tuple[PartOutcome, ...]
    checklist: tuple[Tick, ...] = ()
    before: tuple[Before, ...] = ()
    approver: str = ""
    approved_utc_ms: int | None = None
    ended_utc_ms: int | None = None
    ended_by: str = ""
    why: str = ""
    late: bool = False

    def __post_init__(self) -> None:
        if self.approver and self.approver == self.issuer:
            raise InvalidInputError(f"response {self.order_id}: nobody approves their own request")
        if self.state is OrderState.ACTIVE and not self.approver:
            raise InvalidInputError(f"response {self.order_id}: a second person has to approve it")
        if self.state.live == (self.ended_utc_ms is not None):
            raise InvalidInputError(f"response {self.order_id}: it has an end if, and only if, it is over")


RESPONSES: Final = ShelfSpec(
    "responses",
    LibraryItem,
    key=lambda p: p.key,
    at_utc_ms=lambda p: p.uploaded_utc_ms,
    columns={"name": lambda p: p.name, "sha256": lambda p: p.sha256},
)
RESPONSE_ORDERS: Final = ShelfSpec(
    "response_orders",
    ResponseOrder,
    key=lambda o: o.order_id,
    at_utc_ms=lambda o: o.issued_utc_ms,
    columns={"state": lambda o: o.state.value, "response": lambda o: o.response},
)
