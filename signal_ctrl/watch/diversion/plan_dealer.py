"""Plans of diversions to cabinets: given for the time, one that lets queues go after it, and then back what was before.

Every plan goes through the acceptance (K9) when it is taken into the library, and the change to it when it is issued.
"""

from typing import Final

from signal_ctrl.centre.centre import Centre
from signal_ctrl.centre.desk import CENTRE
from signal_ctrl.centre.identity import Actor
from signal_ctrl.centre.issuing import IssueWish, assignments_of
from signal_ctrl.centre.plan_values import PLANS
from signal_ctrl.centre.plans import item_of
from signal_ctrl.domain.errors import ConflictError, InvalidInputError, RefusedError
from signal_ctrl.watch.diversion.proposal import RECOVERS_S
from signal_ctrl.watch.diversion.values import Diversion, PlanBefore

GRACE_MS: Final = 10 * 60_000
"""So long after its end the plans of a diversion end at the cabinets even where the centre is gone. [ms] [P]"""
RECOVERS_MS: Final = round(RECOVERS_S * 1000)


def open_name(plan: str) -> str:
    """Return the name of the plan in which the gates of another are open."""
    return f"{plan}-open"


def after_name(plan: str) -> str:
    """Return the name of the plan that lets queues go after another."""
    return f"{plan}-after"


class PlanDealer:
    """Deals plans out, and back."""

    def __init__(self, centre: Centre) -> None:
        self._centre, self._desk = centre, centre.desk

    def issue(self, actor: Actor, found: Diversion) -> tuple[tuple[str, int], tuple[PlanBefore, ...]]:
        """Give the cabinets the plan of a diversion for its time; return it, and what all concerned had before.

        Raises: RefusedError with the reasons of K9; ConflictError while a change is under way at one of them.
        """
        plan, note = found.plan, f"diversion of {found.limit.road}"
        names = tuple(dict.fromkeys((*plan.cabinets, *plan.recovery_cabinets)))
        assigned = self._desk.store.read(lambda r: assignments_of(r, names))
        before = tuple(
            PlanBefore(name, held.standing.name, held.standing.number)
            for name, held in assigned.items()
            if held.standing is not None
        )
        for document in (plan.open_plan, plan.recovery_plan):
            if document:
                self._centre.plans.take_in(actor, document, note)
        if not plan.signal_plan:
            return (found.diversion_id if plan.recovery_plan else "", 0), before
        item = self._centre.plans.take_in(actor, plan.signal_plan, note)
        until_ms = found.limit.until_utc_ms + GRACE_MS
        self._centre.issuing.follow(
            item, IssueWish(item.name, item.number, cabinets=plan.cabinets, valid_until_utc_ms=until_ms)
        )
        return (item.name, item.number), before

    def recover(self, diversion: Diversion, now_ms: int) -> int | None:
        """Give the plan that lets queues go, to others their own; return until when, None if there is none. [ms]"""
        plan = diversion.plan
        if not plan.recovery_plan:
            return None
        self.back(diversion, frozenset(plan.recovery_cabinets))
        until_ms = now_ms + RECOVERS_MS
        name = after_name(diversion.issued_plan)
        given = self._reissue(name, 0, plan.recovery_cabinets, diversion, until_ms + GRACE_MS)
        return until_ms if given else None

    def back(self, diversion: Diversion, but: frozenset[str] = frozenset()) -> None:
        """Give the cabinets back what they had; one that has another plan by now keeps that."""
        if not diversion.issued_plan:
            return
        names = [before.cabinet for before in diversion.before]
        assigned = self._desk.store.read(lambda r: assignments_of(r, names))
        title = diversion.issued_plan
        own = (title, open_name(title), after_name(title))
        groups: dict[tuple[str, int], list[str]] = {}
        for before in diversion.before:
            offered = assigned[before.cabinet].offered
            if before.cabinet not in but and before.number and offered is not None and offered.name in own:
                groups.setdefault((before.plan, before.number), []).append(before.cabinet)
        for (name, number), cabinets in groups.items():
            self._reissue(name, number, tuple(cabinets), diversion)

    def _reissue(
        self, name: str, number: int, cabinets: tuple[str, ...], diversion: Diversion, until_ms: int | None = None
    ) -> bool:
        try:
            item = self._desk.store.read(lambda r: item_of(r, PLANS, name, number))
            wish = IssueWish(name, item.number, cabinets=cabinets, valid_until_utc_ms=until_ms)
            self._centre.issuing.follow(item, wish)
        except (RefusedError, ConflictError, InvalidInputError) as error:
            obj = f"diversion {diversion.diversion_id}"
            text = f"{', '.join(cabinets)} keep what they have until it ends by itself: {error}"[:500]
            self._desk.store.write(lambda t: t.record(CENTRE, "plans back", obj, text, self._desk.now_ms()))
            return False
        return True
