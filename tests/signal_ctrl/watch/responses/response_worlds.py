"""A watched town with signs, a plan in the library, and a response of every kind of part."""

from functools import partial
from typing import Any

from signal_ctrl.centre.issuing import IssueWish
from signal_ctrl.centre.plan_values import PLANS, LibraryItem
from signal_ctrl.centre.ports import Store, Transaction
from signal_ctrl.domain.plan import plan_hash, plan_to_json
from signal_ctrl.domain.signs import Sign
from signal_ctrl.watch.diversion.guidance import Guidance, SignalMovement, SignalMovements
from signal_ctrl.watch.responses.order_desk import ResponseWish
from signal_ctrl.watch.responses.order_values import ResponseOrder
from signal_ctrl.watch.responses.responses import Responses
from tests.signal_ctrl.centre.worlds import plan
from tests.signal_ctrl.watch.dispatch.watch_worlds import WatchWorld

RESPONSE = """
format = "signal-ctrl response 1"
name = "stadium"
title = "Stadium Road closed for a match"
kind = "road closed"
lasts_s = 3600
checklist = ["tell the bus company", "barriers at both ends"]

[[override]]
name = "side street first"
kind = "call_stage"
reason = "event"
cabinets = ["c0"]
stage = "side"
lasts_s = 3600

[[plan]]
name = "match plan"
plan = "match"
cabinets = ["c1", "c2"]

[[sign]]
name = "west sign"
sign = "s1"
zh = "体育场路封闭"
en = "STADIUM RD CLOSED"

[[mission]]
name = "barrier crew"
kinds = ["patrol"]
at = [8.006, 50.0]
text = "close Stadium Road at the bridge"
priority = 2
""".replace('"side street first"', '"side-street"').replace('"match plan"', '"match-plan"').replace(
    '"west sign"', '"west-sign"'
).replace('"barrier crew"', '"barrier-crew"')  # fmt: skip

SIGNS = Guidance(
    (Sign("s1", "r00-10", 100.0),), (SignalMovements("c2", (SignalMovement("main", "r20-30", 0, "r30-40"),)),)
)


def _keep(t: Transaction, item: LibraryItem) -> None:
    t.shelf(PLANS).put(item)  # its acceptance is tried elsewhere, and takes time


class ResponseWorld(WatchWorld):
    """Responses over a watched centre."""

    def __init__(self, store: Store, districts: int = 1) -> None:
        super().__init__(store, districts)
        self.signs: Guidance | None = SIGNS
        self.responses = Responses(self.centre, self.dispatch, lambda: self.signs)
        eve = self.actor("eve")
        for title, offset_ds in (("day", 0), ("match", 100)):
            made = plan("c0", "c1", "c2", title=title, offset_ds=offset_ds)
            item = LibraryItem(title, 1, plan_hash(made), plan_to_json(made), "eve", self.clock.utc_ms())
            store.write(partial(_keep, item=item))
        self.centre.issuing.issue(eve, IssueWish("day"))
        self.passes(2000)

    def passes(self, ms: int, step_ms: int = 1000) -> None:
        for _ in range(0, ms, step_ms):
            self.clock.pass_ms(step_ms)
            self.centre.tick()
            self.responses.desk.tick()

    def imported(self, text: str = RESPONSE) -> None:
        self.responses.library.import_(self.actor("eve"), text)

    def ordered(self, login: str = "olga", **changes: Any) -> ResponseOrder:
        desk = self.responses.desk
        wish = ResponseWish(**{"response": "stadium", "case": "M-7"} | changes)
        prepared = desk.prepare(self.actor(login), wish)
        return desk.order(self.actor(login), prepared.document, prepared.nonce)

    def begun(self, **changes: Any) -> ResponseOrder:
        order = self.ordered(**changes)
        return self.responses.desk.approve(self.actor("sam"), order.order_id, order.sha256)

    def plan_of(self, cabinet: str) -> int | None:
        """The offset of the plan that a cabinet is offered: it tells the plans of this world apart. [ds]"""
        offered = self.orders(cabinet).plan
        return None if offered is None else offered.offset_ds
