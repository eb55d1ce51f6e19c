"""Plans to cabinets: alone, or to many at one moment, staged on all of them first and then committed (SAFETY part B).

A plan is never assumed to be followed: a cabinet follows it when it says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Final

from signal_ctrl.centre.alarm_desk import AlarmDesk
from signal_ctrl.centre.alarms import Severity
from signal_ctrl.centre.cabinets import (
    MAX_CABINETS,
    Cabinet,
    cabinets_in,
    cabinets_of_names,
    every_cabinet,
    kernel_of,
    site_of,
)
from signal_ctrl.centre.desk import CENTRE, DONE, Desk
from signal_ctrl.centre.identity import Actor, Right, require
from signal_ctrl.centre.order_values import (
    ASSIGNMENTS,
    CHANGES,
    Answer,
    Assignment,
    Change,
    ChangeState,
    Delivery,
    PlanUse,
)
from signal_ctrl.centre.orders import OrderDesk
from signal_ctrl.centre.plan_values import PLANS, LibraryItem
from signal_ctrl.centre.plans import by_signal, item_of
from signal_ctrl.centre.ports import Reading, Transaction
from signal_ctrl.centre.shadow import mode_of
from signal_ctrl.domain.errors import ConflictError, ForbiddenError, InvalidInputError, InvalidTimingError, RefusedError
from signal_ctrl.domain.link.control import ControlMode
from signal_ctrl.domain.link.orders import ADAPTIVE_VALID_MS, AHEAD_MS
from signal_ctrl.domain.plan import SignalPlan, plan_from_json
from signal_ctrl.engine.plan_change import change_reasons
from signal_ctrl.engine.plan_review import Reason

STAGING_MS: Final = 60_000
"""A change of a corridor begins so long after it was issued, where no time is given. [ms] [P]"""
COMMIT_MS: Final = 10_000
"""All cabinets have to have staged a change so long before it begins, or it is abandoned. [ms] [P]"""
PAST_MS: Final = 60_000
_STAGED: Final = (Answer.STAGED, Answer.ACTIVE)


@dataclass(frozen=True, slots=True)
class IssueWish:
    """What an engineer asks for: a plan of the library (number 0: the last), for whom, from when until when. [ms]

    Without `cabinets` and `corridor` it is for all signals of the plan. `together` stages it on all, then commits.
    """

    plan: str
    number: int = 0
    cabinets: tuple[str, ...] = ()
    corridor: str = ""
    not_before_utc_ms: int | None = None
    valid_until_utc_ms: int | None = None
    together: bool = False

    def __post_init__(self) -> None:
        if self.cabinets and self.corridor:
            raise InvalidInputError("a plan is issued to 'cabinets' or to a 'corridor', not to both")
        if len(set(self.cabinets)) != len(self.cabinets):
            raise InvalidInputError("each cabinet is named once")


@dataclass(frozen=True, slots=True)
class Issued:
    """What came of it: whose orders were made, and the change that they belong to (empty: each alone). [ms]"""

    plan: str
    number: int
    sha256: str
    cabinets: tuple[str, ...]
    change: str
    not_before_utc_ms: int


class IssueDesk:
    """Who gets which plan when."""

    def __init__(self, desk: Desk, orders: OrderDesk, alarms: AlarmDesk) -> None:
        self._desk = desk
        self._orders = orders
        self._alarms = alarms

    def issue(self, actor: Actor, wish: IssueWish) -> Issued:
        """Issue a plan.

        Raises: ForbiddenError; NotFoundError; InvalidTimingError; RefusedError with the reasons of K9 for the change
            from what stands; ConflictError while a change is under way at one of the cabinets.
        """
        now_ms = self._desk.now_ms()
        require(actor, Right.MANAGE_PLANS, now_ms)
        item, chosen = self._desk.store.read(lambda r: chosen_of(r, wish))
        districts = {cabinet.district for cabinet, _ in chosen}
        if not all(actor.reaches(district) for district in districts):
            raise ForbiddenError(f"{actor.login} acts in district {actor.district} alone")
        return self._issue(actor.login, item, chosen, wish, now_ms)

    def follow(self, item: LibraryItem, wish: IssueWish) -> Issued:
        """Issue a plan because a schedule says so; the act of the person was to let it be followed."""
        _, chosen = self._desk.store.read(lambda r: chosen_of(r, wish))
        return self._issue(CENTRE, item, chosen, wish, self._desk.now_ms())

    def issue_adaptive(self, t: Transaction, cabinet: Cabinet, plan: SignalPlan, until_ms: int) -> Delivery:
        """Give a cabinet a plan that adaptive control made, for at most 180 s. Who calls serves it after the commit.

        Raises: RefusedError where adaptive control does not decide; InvalidTimingError; ConflictError during a change.
        """
        now_ms, mode = self._desk.now_ms(), mode_of(t, cabinet.cabinet)
        if mode is not ControlMode.ADAPTIVE:
            raise RefusedError("C/shadow", f"adaptive control does not decide at {cabinet.cabinet}: {mode.value}")
        if not 0 < until_ms - now_ms <= ADAPTIVE_VALID_MS:
            raise InvalidTimingError(f"a plan of adaptive control is valid for at most {ADAPTIVE_VALID_MS // 1000} s")
        held = assignment_of(t, cabinet.cabinet)
        if held.coming is not None and held.coming.change:
            raise ConflictError(f"cabinet {cabinet.cabinet} is part of change {held.coming.change}")
        use = PlanUse(plan, "adaptive", 0, now_ms, until_ms, adaptive=True)
        t.shelf(ASSIGNMENTS).put(replace(held, coming=use, changed_utc_ms=now_ms))
        return self._orders.make(t, cabinet, "adaptive plan", now_ms)

    def changes(self, state: str = "", limit: int = 100) -> tuple[Change, ...]:
        """Return changes of corridors, the youngest first."""
        return self._desk.store.read(lambda r: r.shelf(CHANGES).find({"state": state} if state else None, limit=limit))

    def abandon(self, actor: Actor, change_id: str) -> Change:
        """Take a change back before it is committed. Raises: ForbiddenError; NotFoundError; ConflictError."""
        require(actor, Right.MANAGE_PLANS, self._desk.now_ms())

        def work(t: Transaction) -> tuple[Change, list[Delivery]]:
            change = t.shelf(CHANGES).get(change_id)
            if change is None or change.state is not ChangeState.STAGING:
                raise ConflictError(f"change {change_id} is not being staged")
            return self._abandoned(t, change, f"taken back by {actor.login}", actor.login)

        change, made = self._desk.act(actor.login, "abandon change", f"change {change_id}", work)
        self._orders.serve(made)
        return change

    def tick(self) -> None:
        """Commit or abandon what is being staged; let what has begun stand; end what is over."""
        now_ms = self._desk.now_ms()
        for change in self.changes(ChangeState.STAGING.value):
            self._decide(change, now_ms)
        moving = self._desk.store.read(lambda r: r.shelf(ASSIGNMENTS).find({"moves": "yes"}, limit=MAX_CABINETS))
        moved = [held.cabinet for held in moving if settled(held, now_ms) != held]
        if moved:
            self._orders.serve(self._desk.store.write(partial(self._moved, cabinets=moved, now_ms=now_ms)))

    def _issue(
        self, who: str, item: LibraryItem, chosen: list[tuple[Cabinet, SignalPlan]], wish: IssueWish, now_ms: int
    ) -> Issued:
        begin_ms = wish.not_before_utc_ms or (now_ms + STAGING_MS if wish.together else now_ms)
        _check_times(begin_ms, wish, now_ms)
        self._desk.store.read(lambda r: check_change(r, chosen))
        change_id = self._desk.new_id("ch") if wish.together else ""
        names = tuple(cabinet.cabinet for cabinet, _ in chosen)
        obj = f"plan {item.key} to {', '.join(names[:20])} ({len(names)})"

        def work(t: Transaction) -> list[Delivery]:
            assigned = assignments_of(t, names)
            uses = []
            for cabinet, part in chosen:
                use = PlanUse(part, item.name, item.number, begin_ms, wish.valid_until_utc_ms, change=change_id)
                held = assigned[cabinet.cabinet]
                if held.coming is not None and held.coming.change and not held.coming.committed:
                    raise ConflictError(f"cabinet {cabinet.cabinet} is part of change {held.coming.change}")
                uses.append(replace(settled(held, now_ms), coming=use, changed_utc_ms=now_ms))
            t.shelf(ASSIGNMENTS).put_all(uses)
            made = self._orders.make_all(t, [cabinet for cabinet, _ in chosen], f"plan {item.key}", now_ms)
            if change_id:
                t.shelf(CHANGES).put(Change(change_id, item.name, item.number, names, begin_ms, who, now_ms))
            t.record(who, "issue plan", obj, f"{item.sha256} not before {begin_ms}", now_ms)
            return made

        self._orders.serve(self._desk.act(who, "issue plan", obj, work))
        return Issued(item.name, item.number, item.sha256, names, change_id, begin_ms)

    def _decide(self, change: Change, now_ms: int) -> None:
        """Commit a change that all have staged, abandon one that somebody rejected or that comes too late."""
        states = {name: self._answer_to(change, name) for name in change.cabinets}
        rejected = [name for name, (answer, _) in states.items() if answer is Answer.REJECTED]
        staged = tuple(name for name, (answer, _) in states.items() if answer in _STAGED)

        late = now_ms >= change.not_before_utc_ms - COMMIT_MS
        if rejected:
            why = f"rejected by {', '.join(rejected)}: {'; '.join(states[rejected[0]][1])}"
            work = partial(self._abandoned, change=change, why=why, who=CENTRE)
        elif late:
            missing = ", ".join(sorted(set(change.cabinets) - set(staged)))
            why = f"not staged in time by {missing}" if missing else "there was no time left to commit it"
            work = partial(self._abandoned, change=change, why=why, who=CENTRE)
        elif len(staged) == len(change.cabinets):
            work = partial(self._committed, change=replace(change, staged=staged))
        elif staged != change.staged:
            work = partial(self._staged, change=replace(change, staged=staged))
        else:
            return

        def decided(t: Transaction) -> list[Delivery]:
            held = t.shelf(CHANGES).get(change.change_id)
            still = held is not None and held.state is ChangeState.STAGING  # nobody has taken it back meanwhile
            return work(t)[1] if still else []

        self._orders.serve(self._desk.store.write(decided))

    def _answer_to(self, change: Change, cabinet: str) -> tuple[Answer, tuple[str, ...]]:
        """Return what a cabinet says of the newest orders that carry a change, by what is served."""
        delivery = self._orders.book.delivery(cabinet)
        if delivery is None or f'"commit":"{change.change_id}"' not in delivery.document:
            return Answer.OFFERED, ()
        return delivery.answer, delivery.reasons

    def _staged(self, t: Transaction, change: Change) -> tuple[Change, list[Delivery]]:
        t.shelf(CHANGES).put(change)
        return change, []

    def _committed(self, t: Transaction, change: Change) -> tuple[Change, list[Delivery]]:
        now_ms = self._desk.now_ms()
        done = replace(change, state=ChangeState.COMMITTED, ended_utc_ms=now_ms)
        t.shelf(CHANGES).put(done)
        t.record(CENTRE, "commit change", f"change {change.change_id}", f"{len(change.cabinets)} cabinets", now_ms)
        return done, self._changed(t, change, now_ms, commit=True)

    def _abandoned(self, t: Transaction, change: Change, why: str, who: str) -> tuple[Change, list[Delivery]]:
        now_ms = self._desk.now_ms()
        done = replace(change, state=ChangeState.ABANDONED, ended_utc_ms=now_ms, why=why)
        t.shelf(CHANGES).put(done)
        text = f"the change to plan {change.plan} was abandoned: {why}"
        self._alarms.raise_(t, "change abandoned", change.change_id, Severity.WARNING, text[:500])
        t.record(who, "abandon change", f"change {change.change_id}", why[:500], now_ms)
        return done, self._changed(t, change, now_ms, commit=False)

    def _changed(self, t: Transaction, change: Change, now_ms: int, commit: bool) -> list[Delivery]:
        assigned, changed = assignments_of(t, change.cabinets), []
        for held in assigned.values():
            if held.coming is not None and held.coming.change == change.change_id:
                coming = replace(held.coming, committed=True) if commit else None
                changed.append(replace(held, coming=coming, changed_utc_ms=now_ms))
        t.shelf(ASSIGNMENTS).put_all(changed)
        why = f"change {change.change_id} {'committed' if commit else 'abandoned'}"
        return self._orders.make_all(t, cabinets_of_names(t, change.cabinets), why, now_ms)

    def _moved(self, t: Transaction, cabinets: Sequence[str], now_ms: int) -> list[Delivery]:
        """Let plans that have begun stand, end those that are over; return orders where that changes them."""
        assigned = assignments_of(t, cabinets)
        moved = {n: replace(settled(held, now_ms), changed_utc_ms=now_ms) for n, held in assigned.items()}
        t.shelf(ASSIGNMENTS).put_all(moved.values())
        ended = [name for name, held in assigned.items() if moved[name].offered != held.offered]
        for name in ended:
            t.record(CENTRE, "end plan", f"cabinet {name}", DONE, now_ms)
        return self._orders.make_all(t, cabinets_of_names(t, ended), "a plan is over", now_ms)


def chosen_of(reading: Reading, wish: IssueWish) -> tuple[LibraryItem, list[tuple[Cabinet, SignalPlan]]]:
    """Return the plan and each cabinet's part. Raises: NotFoundError; InvalidInputError if one has no part."""
    item = item_of(reading, PLANS, wish.plan, wish.number)
    plan = plan_from_json(item.document)
    if wish.corridor:
        cabinets: Sequence[Cabinet] = cabinets_in(reading, "corridor", wish.corridor)
    elif wish.cabinets:
        cabinets = cabinets_of_names(reading, wish.cabinets)
    else:
        known = by_signal(every_cabinet(reading))
        cabinets = [known[s.signal_id] for s in plan.signals if s.signal_id in known]
    found = []
    for cabinet in cabinets:
        part = plan.of(site_of(cabinet.site).signal_id)
        if part is None or part.site != cabinet.site_sha256:
            raise InvalidInputError(f"plan {item.name} has no part for cabinet {cabinet.cabinet} and its site")
        found.append((cabinet, part))
    if not found:
        raise InvalidInputError(f"plan {item.name} has no part for any cabinet")
    return item, found


def check_change(reading: Reading, chosen: Sequence[tuple[Cabinet, SignalPlan]]) -> None:
    """Rehearse the change from the plan that stands (K9). Raises: RefusedError with every reason."""
    found: list[Reason] = []
    assigned = assignments_of(reading, [cabinet.cabinet for cabinet, _ in chosen])
    for cabinet, part in chosen:
        standing = assigned[cabinet.cabinet].standing
        before = standing.plan if standing is not None else None
        if before is not None and before != part and before.site == part.site:
            found += _change_reasons(before, part, cabinet.site)
    if found:
        raise RefusedError("K9/change", "; ".join(f"{r.signal_id} {r.rule}: {r.text}" for r in found[:20]))


@lru_cache(maxsize=1024)
def _change_reasons(before: SignalPlan, after: SignalPlan, site: str) -> tuple[Reason, ...]:
    """Return why a site cannot change between two plans; the same question has one answer."""
    return change_reasons(before, after, kernel_of(site))


def assignments_of(reading: Reading, cabinets: Sequence[str]) -> dict[str, Assignment]:
    """Return the plans that each of many cabinets is meant to have."""
    found = reading.shelf(ASSIGNMENTS).several(cabinets)
    return {cabinet: found.get(cabinet) or Assignment(cabinet) for cabinet in cabinets}


def assignment_of(reading: Reading, cabinet: str) -> Assignment:
    """Return the plans that a cabinet is meant to have."""
    return reading.shelf(ASSIGNMENTS).get(cabinet) or Assignment(cabinet)


def settled(held: Assignment, now_ms: int) -> Assignment:
    """Return an assignment in which what has begun stands and what is over is gone. [ms]"""
    coming, standing = held.coming, held.standing
    if coming is not None and coming.may_start and now_ms >= coming.not_before_utc_ms and not coming.adaptive:
        coming, standing = None, coming
    if coming is not None and _is_over(coming, now_ms):
        coming = None
    if standing is not None and _is_over(standing, now_ms):
        standing = None
    return replace(held, coming=coming, standing=standing)


def _is_over(use: PlanUse, now_ms: int) -> bool:
    return use.valid_until_utc_ms is not None and now_ms >= use.valid_until_utc_ms


def _check_times(begin_ms: int, wish: IssueWish, now_ms: int) -> None:
    if not now_ms - PAST_MS <= begin_ms <= now_ms + AHEAD_MS:
        raise InvalidTimingError("'not_before_utc_ms' is now or within 24 h")
    if wish.together and begin_ms < now_ms + 2 * COMMIT_MS:
        raise InvalidTimingError(f"a change of several cabinets begins {2 * COMMIT_MS // 1000} s from now or later")
    if wish.valid_until_utc_ms is not None and not begin_ms < wish.valid_until_utc_ms:
        raise InvalidTimingError("'valid_until_utc_ms' is after 'not_before_utc_ms'")
