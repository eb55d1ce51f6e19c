"""What becomes of orders at a cabinet: newer ones only, checked by K9, stored, and followed from their time on.

The desk decides nothing about lamps. Whoever keeps plans asks `plan_at` at each cycle boundary; there a staged plan
becomes the active one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from signal_ctrl.cabinet.held import ACTIVE, NEWEST, STAGED, Held, held_of, keep, kept
from signal_ctrl.cabinet.ports import Shelf, Verify
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.acknowledgement import MAX_REASON_CHARACTERS, MAX_REASONS, AckState
from signal_ctrl.domain.link.control import ControlMode
from signal_ctrl.domain.link.orders import AHEAD_MS
from signal_ctrl.domain.link.overrides import OverrideOrder
from signal_ctrl.domain.plan import SignalPlan

Tell = Callable[[Held, AckState, tuple[str, ...]], None]
"""Acknowledges orders: which, how far they have come, why not."""
FORKED: Final = "B/forked"
OLDER: Final = "B/older"


class Verdict(Enum):
    """What becomes of a document that came in."""

    SAME = "same"
    """It is here already."""
    TAKEN = "taken"
    """Its overrides count; its plan is to be looked at: see `unreviewed`."""
    DROPPED = "dropped"
    """Nothing of it counts."""


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a document, and the rule by which it was dropped and why."""

    verdict: Verdict
    rule: str = ""
    detail: str = ""


class Desk:
    """The orders of one cabinet: the newest, the one whose plan is staged, the one whose plan is active.

    Who makes frames only reads and calls `plan_at`, which alone sets `active` of a plan; all else is for whoever may
    wait for a disk.
    """

    def __init__(self, cabinet: str, site_sha256: str, shelf: Shelf, verify: Verify, tell: Tell) -> None:
        self._cabinet = cabinet
        self._site = site_sha256
        self._shelf = shelf
        self._verify = verify
        self._tell = tell
        self.newest = kept(shelf, NEWEST, verify)
        self.staged = self._of_this_site(kept(shelf, STAGED, verify))
        self.active = self._of_this_site(kept(shelf, ACTIVE, verify))
        self._before = frozenset(order.override_id for order in self._ordered())
        self.unreviewed = self._never_reviewed()

    def _of_this_site(self, held: Held | None) -> Held | None:
        """Return orders that were kept, None if the site file was changed since."""
        return held if held is not None and held.orders.site_sha256 == self._site else None

    def _ordered(self) -> tuple[OverrideOrder, ...]:
        return () if self.newest is None else self.newest.orders.overrides

    def _never_reviewed(self) -> Held | None:
        """Return orders that were here when the power went, before anything became of their plan."""
        newest, known = (
            self._of_this_site(self.newest),
            [held.etag for held in (self.staged, self.active) if held is not None],
        )
        return newest if newest is not None and newest.etag not in known else None

    @property
    def etag(self) -> str:
        """The ETag of the newest orders, empty if there are none."""
        return "" if self.newest is None else self.newest.etag

    @property
    def overrides(self) -> tuple[OverrideOrder, ...]:
        """The overrides of the newest orders; those known before this start are dropped, not resumed."""
        return tuple(order for order in self._ordered() if order.override_id not in self._before)

    def receive(self, data: bytes, signature: str) -> Received:
        """Take a document, or drop it whole. Raises: BackendError if it cannot be stored; then it was not taken."""
        try:
            if not self._verify(data, signature):
                return Received(Verdict.DROPPED, "B/signature", "the centre has not signed these orders")
            held = held_of(data, signature)
        except InvalidInputError as error:
            return Received(Verdict.DROPPED, "B/malformed", str(error))
        refused = self._refused(held)
        if refused is not None:
            return refused
        keep(self._shelf, NEWEST, held)
        self.newest = self.unreviewed = held
        self._tell(held, AckState.RECEIVED, ())
        return Received(Verdict.TAKEN)

    def _refused(self, held: Held) -> Received | None:
        """Return why orders are not taken, None if they are; they are older, here, for somebody else."""
        orders, newest = held.orders, self.newest
        if orders.cabinet != self._cabinet:
            return Received(Verdict.DROPPED, "B/cabinet", f"orders for cabinet {orders.cabinet}")
        if newest is not None and orders.version == newest.orders.version:
            if held.etag == newest.etag:
                return Received(Verdict.SAME)
            return Received(Verdict.DROPPED, FORKED, f"two different orders {orders.version}")
        if newest is not None and orders.version < newest.orders.version:
            return Received(Verdict.DROPPED, OLDER, f"orders {orders.version} after {newest.orders.version}")
        if orders.site_sha256 != self._site:
            self._tell(held, AckState.REJECTED, ("K9/site: the orders are for another state of the site file",))
            return Received(Verdict.DROPPED, "K9/site", "the orders are for another state of the site file")
        return None

    def hasty_reasons(self, held: Held, utc_ms: int) -> tuple[str, ...]:
        """Return what speaks against the times of a plan, before anything is rehearsed. [ms]"""
        orders = held.orders
        if orders.plan is None:
            return ()
        if orders.not_before_utc_ms - utc_ms > AHEAD_MS:
            return (f"B/ahead: it begins more than {AHEAD_MS // 3_600_000} h ahead",)
        return ("B/past: its time is over",) if held.until_utc_ms <= utc_ms else ()

    def reviewed(self, held: Held, reasons: Sequence[str]) -> None:
        """Stage the plan of orders, or reject it with every reason. A review that newer orders overtook is forgotten.

        Raises: BackendError if it cannot be stored; then it is not staged, and not acknowledged.
        """
        if self.newest is None or held.etag != self.newest.etag:
            return
        if reasons:
            short = tuple(reason[:MAX_REASON_CHARACTERS] for reason in reasons[:MAX_REASONS])
            self._tell(held, AckState.REJECTED, short)
        else:
            keep(self._shelf, STAGED, held)
            self.staged = held
            self._tell(held, AckState.STAGED, ())
        self.unreviewed = None

    def settle(self, utc_ms: int) -> None:
        """Store and tell what became active, and end what is over. [ms]

        Raises: BackendError if it cannot be stored; the next call tries again.
        """
        staged = self.staged
        if staged is None:
            return
        if staged.orders.plan is None and staged.orders.may_activate:
            self.active = staged
        if staged is self.active:
            keep(self._shelf, ACTIVE, staged)
            self._tell(staged, AckState.ACTIVE, ())
        elif staged.orders.plan is not None and staged.until_utc_ms <= utc_ms:
            why = "its change was not committed" if not staged.orders.may_activate else "no cycle began in its time"
            self._tell(staged, AckState.REJECTED, (f"B/past: {why}",))
        else:
            return
        self._shelf.drop(STAGED)
        self.staged = None

    def has_plan(self, utc_ms: int) -> bool:
        """Return whether the centre has a plan for this moment. [ms]"""
        return any(
            held is not None and held.orders.plan is not None and held.is_due(utc_ms)
            for held in (self.staged, self.active)
        )

    def control_at(self, utc_ms: int) -> ControlMode:
        """Return who is to decide, by the newest orders and for as long as they are valid; else the plan. [ms]"""
        newest = self.newest
        if newest is None or utc_ms >= newest.orders.valid_until_utc_ms or newest.orders.site_sha256 != self._site:
            return ControlMode.PLAN
        return newest.orders.control

    def plan_at(self, utc_ms: int) -> SignalPlan | None:
        """Return the plan to be followed from a cycle boundary on, None if there is none. [ms]

        A staged plan that is due is active from now on; nothing is written here, `settle` does that.
        """
        staged = self.staged
        if staged is not None and staged is not self.active and staged.is_due(utc_ms):
            self.active = staged
        if self.active is None or not self.active.is_due(utc_ms):
            return None
        return self.active.orders.plan
