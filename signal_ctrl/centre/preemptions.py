"""Pre-emptions: junctions that are kept for a special vehicle, by row 3 of the precedence (SAFETY part C).

Who may have one, and when, is decided by those who watch the city; here is what a cabinet gets of it: a hold of one
stage from the source `preemption`, with an end of its own. The cabinet counts that end itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from signal_ctrl.centre.shelves import ShelfReading, ShelfSpec
from signal_ctrl.domain.errors import InvalidInputError, InvalidTimingError, RefusedError
from signal_ctrl.domain.link.orders import MAX_OVERRIDES, Orders
from signal_ctrl.domain.link.overrides import OrderSource, OverrideKind, OverrideOrder
from signal_ctrl.domain.schedule import is_name

LONGEST_MS: Final = 180_000
"""A junction is kept for one vehicle at most so long. [ms] [P: SAFETY part C, row 3]"""
LIVE: Final = "live"
OVER: Final = "over"
_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Preemption:
    """One junction kept for one vehicle: its stage, and from when to when at the latest. [ms]

    `ended_utc_ms` and `why`, when and why it was given back; None and empty while it lasts.
    """

    preemption_id: str
    corridor: str
    vehicle: str
    cabinet: str
    stage: str
    start_utc_ms: int
    end_utc_ms: int
    ended_utc_ms: int | None = None
    why: str = ""

    def __post_init__(self) -> None:
        if not (is_name(self.preemption_id) and self.corridor and self.vehicle and self.cabinet and self.stage):
            raise InvalidInputError("a pre-emption needs a name, a corridor, a vehicle, a cabinet and a stage")
        if not 0 < self.end_utc_ms - self.start_utc_ms <= LONGEST_MS:
            raise InvalidTimingError(f"pre-emption {self.preemption_id}: it lasts at most {LONGEST_MS // 1000} s")

    @property
    def live(self) -> bool:
        """Whether it was not given back."""
        return self.ended_utc_ms is None

    def order(self, now_ms: int) -> OverrideOrder | None:
        """Return what its cabinet gets, None if there is nothing left of it. [ms]"""
        lasts_ms = self.end_utc_ms - max(now_ms, self.start_utc_ms)
        if not self.live or lasts_ms <= 0:
            return None
        return OverrideOrder(
            self.preemption_id, OverrideKind.HOLD_STAGE, self.stage, self.start_utc_ms, self.end_utc_ms, lasts_ms,
            OrderSource.PREEMPTION,
        )  # fmt: skip


PREEMPTIONS: Final = ShelfSpec(
    "preemptions",
    Preemption,
    key=lambda p: p.preemption_id,
    at_utc_ms=lambda p: p.start_utc_ms,
    columns={"state": lambda p: LIVE if p.live else OVER, "corridor": lambda p: p.corridor},
)


def live_preemptions(reading: ShelfReading) -> Mapping[str, Preemption]:
    """Return the pre-emptions that were not given back, by cabinet; of several the one that began last."""
    found = reading.shelf(PREEMPTIONS).find({"state": LIVE}, limit=_MOST)
    return {one.cabinet: one for one in reversed(found)}


def with_preemption(orders: Orders, preemption: Preemption | None, now_ms: int) -> Orders:
    """Return orders with what a cabinet has of pre-emptions. [ms] Raises: RefusedError if that would be too many."""
    order = preemption.order(now_ms) if preemption is not None else None
    if order is None:
        return orders
    if len(orders.overrides) >= MAX_OVERRIDES:
        raise RefusedError("C/too-many", f"cabinet {orders.cabinet} has {MAX_OVERRIDES} overrides already")
    return replace(orders, overrides=(*orders.overrides, order))
