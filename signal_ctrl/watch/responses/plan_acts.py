"""Plans of a response: put in force within its act, and taken back so that what was there before is there again."""

from collections.abc import Sequence
from dataclasses import replace

from signal_ctrl.centre.cabinets import cabinets_of_names
from signal_ctrl.centre.issuing import IssueWish, assignments_of, check_change, chosen_of, settled
from signal_ctrl.centre.order_values import ASSIGNMENTS, Assignment, Delivery, PlanUse
from signal_ctrl.centre.orders import OrderDesk
from signal_ctrl.centre.ports import Transaction
from signal_ctrl.domain.errors import ConflictError
from signal_ctrl.watch.responses.order_document import OrderedPlan
from signal_ctrl.watch.responses.order_values import Before


def put_in_force(t: Transaction, plan: OrderedPlan, who: str, now_ms: int) -> list[Before]:
    """Let cabinets have a plan from its time on; who calls makes their orders. [ms]

    Raises: NotFoundError; RefusedError `K9/change`; ConflictError if the library has another plan under this number by
        now, or a change is under way at a cabinet.
    """
    item, chosen = chosen_of(t, IssueWish(plan.plan, plan.number, plan.cabinets))
    if item.sha256 != plan.sha256:
        raise ConflictError(f"plan {plan.plan} number {plan.number} is not the one that was prepared")
    check_change(t, chosen)
    assigned, before, changed = assignments_of(t, plan.cabinets), [], []
    for cabinet, part in chosen:
        held = settled(assigned[cabinet.cabinet], now_ms)
        if held.coming is not None and held.coming.change and not held.coming.committed:
            raise ConflictError(f"cabinet {cabinet.cabinet} is part of change {held.coming.change}")
        begin_ms = max(plan.not_before_utc_ms, now_ms)
        ours = PlanUse(part, item.name, item.number, begin_ms, plan.valid_until_utc_ms)
        before.append(Before(cabinet.cabinet, held.standing, held.coming, ours))
        changed.append(replace(held, coming=ours, changed_utc_ms=now_ms))
    t.shelf(ASSIGNMENTS).put_all(changed)
    t.record(who, "issue plan", f"plan {item.key} to {', '.join(plan.cabinets[:20])}", item.sha256, now_ms)
    return before


def take_back(
    t: Transaction, orders: OrderDesk, before: Sequence[Before], who: str, why: str, now_ms: int
) -> list[Delivery]:
    """Give cabinets the plans back that they had. [ms] One that got another plan meanwhile keeps that."""
    assigned = assignments_of(t, [each.cabinet for each in before])
    changed = {each.cabinet: restored(assigned[each.cabinet], each, now_ms) for each in before}
    moved = {name: held for name, held in changed.items() if held != assigned[name]}
    t.shelf(ASSIGNMENTS).put_all(moved.values())
    for name in moved:
        t.record(who, "end plan", f"cabinet {name}", why, now_ms)
    return orders.make_all(t, cabinets_of_names(t, tuple(moved)), why, now_ms)


def restored(held: Assignment, before: Before, now_ms: int) -> Assignment:
    """Return the plans of a cabinet without that of a response. [ms]

    Where neither of its plans is the response's, somebody else has decided since, and it stays so; where it has none
    at all, the response's plan has run out.
    """
    ours = before.ours
    if ours not in (held.standing, held.coming) and held.offered is not None:
        return held
    standing = before.standing if held.standing in (ours, None) else held.standing
    coming = before.coming if held.coming in (ours, None) else held.coming
    return settled(replace(held, standing=standing, coming=coming, changed_utc_ms=now_ms), now_ms)
