"""Schedules that cabinets follow through the centre: each change of plan is issued ahead of its time.

A cabinet that has a schedule of its own follows that one when the centre is silent; this one is for changes that the
centre makes, on many cabinets at one moment.
"""

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Final

from signal_ctrl.centre.alarm_desk import AlarmDesk
from signal_ctrl.centre.alarms import Severity
from signal_ctrl.centre.cabinets import cabinet_of, cabinets_in
from signal_ctrl.centre.desk import CENTRE, DONE, Desk
from signal_ctrl.centre.identity import Actor, Right, require
from signal_ctrl.centre.issuing import COMMIT_MS, IssueDesk, IssueWish
from signal_ctrl.centre.plan_values import SCHEDULE_USES, SCHEDULES, ScheduleUse
from signal_ctrl.centre.plans import item_of, plan_by_hash
from signal_ctrl.centre.ports import Reading, Transaction
from signal_ctrl.domain.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    RefusedError,
)
from signal_ctrl.domain.schedule import Activation, Schedule
from signal_ctrl.domain.schedule_json import schedule_from_json

LEAD_MS: Final = 5 * 60_000
"""A change of plan is issued so long ahead. [ms] [P]"""
FAILED: Final = "schedule"
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class ScheduleDesk:
    """Which cabinets follow which schedule."""

    def __init__(self, desk: Desk, issuing: IssueDesk, alarms: AlarmDesk) -> None:
        self._desk = desk
        self._issuing = issuing
        self._alarms = alarms
        self.holding: Callable[[int], Collection[str]] = lambda _at_utc_ms: ()
        """Says which conditions hold at a time [ms]; whoever watches the city sets it."""

    def follow(
        self, actor: Actor, name: str, number: int = 0, cabinets: tuple[str, ...] = (), corridor: str = ""
    ) -> ScheduleUse:
        """Let cabinets follow a schedule of the library from now on.

        Raises: ForbiddenError; NotFoundError; ConflictError if one of them follows a schedule already.
        """
        now_ms = self._desk.now_ms()
        require(actor, Right.MANAGE_PLANS, now_ms)

        def work(t: Transaction) -> ScheduleUse:
            item, names = item_of(t, SCHEDULES, name, number), _named(t, actor, cabinets, corridor)
            taken = {c for use in live_uses(t) for c in use.cabinets} & set(names)
            if taken:
                raise ConflictError(f"cabinet {min(taken)} follows a schedule already; end that one first")
            use = ScheduleUse(self._desk.new_id("su"), item.name, item.number, names, actor.login, now_ms)
            t.shelf(SCHEDULE_USES).put(use)
            t.record(actor.login, "follow schedule", f"schedule {item.key}", ", ".join(names[:50]), now_ms)
            return use

        return self._desk.act(actor.login, "follow schedule", f"schedule {name}", work)

    def end(self, actor: Actor, use_id: str) -> ScheduleUse:
        """Let cabinets follow a schedule no longer; they keep the plan that stands.

        Raises: ForbiddenError; NotFoundError.
        """
        now_ms = self._desk.now_ms()
        require(actor, Right.MANAGE_PLANS, now_ms)

        def work(t: Transaction) -> ScheduleUse:
            use = t.shelf(SCHEDULE_USES).get(use_id)
            if use is None or use.ended_utc_ms is not None:
                raise NotFoundError(f"nobody follows a schedule as {use_id}")
            ended = replace(use, ended_utc_ms=now_ms)
            t.shelf(SCHEDULE_USES).put(ended)
            self._alarms.clear(t, FAILED, use_id, "nobody follows the schedule any longer")
            t.record(actor.login, "end schedule", f"schedule {use.schedule}", use_id, now_ms)
            return ended

        return self._desk.act(actor.login, "end schedule", f"schedule use {use_id}", work)

    def tick(self) -> None:
        """Issue the plan that is due in a few minutes, for each schedule that is followed."""
        now_ms = self._desk.now_ms()
        for use in self._desk.store.read(live_uses):
            item = self._desk.store.read(lambda r, use=use: item_of(r, SCHEDULES, use.schedule, use.number))  # type: ignore[misc]
            schedule = schedule_from_json(item.document)
            holding = self.holding(now_ms + LEAD_MS) if schedule.conditions else ()
            due = schedule.in_force(_instant(now_ms + LEAD_MS), holding)
            if due.plan != use.issued_plan:
                self._issue(use, schedule, due, now_ms)

    def _issue(self, use: ScheduleUse, schedule: Schedule, due: Activation, now_ms: int) -> None:
        sha256 = next(ref.sha256 for ref in schedule.plans if ref.name == due.plan)
        begin_ms = max(_utc_ms(due.at), now_ms + 3 * COMMIT_MS)
        why = ""
        try:
            item = self._desk.store.read(lambda r: plan_by_hash(r, due.plan, sha256))
            wish = IssueWish(
                item.name, item.number, use.cabinets, not_before_utc_ms=begin_ms, together=len(use.cabinets) > 1
            )
            self._issuing.follow(item, wish)
        except (RefusedError, ConflictError, InvalidInputError) as error:
            why = str(error)

        def work(t: Transaction) -> None:
            held = t.shelf(SCHEDULE_USES).get(use.use_id)
            if held is not None and held.ended_utc_ms is None:  # else somebody ended it while its plan was issued
                t.shelf(SCHEDULE_USES).put(replace(held, issued_plan=due.plan, issued_at_utc_ms=now_ms))
            if why:
                text = f"plan {due.plan} of schedule {use.schedule} was not issued: {why}"
                self._alarms.raise_(t, FAILED, use.use_id, Severity.WARNING, text[:500])
            else:
                self._alarms.clear(t, FAILED, use.use_id, f"plan {due.plan} was issued")
            outcome = f"refused: {why}" if why else f"{DONE}, day type {due.day_type}"
            t.record(CENTRE, "follow schedule", f"plan {due.plan}", outcome[:500], now_ms)

        self._desk.store.write(work)


def live_uses(reading: Reading) -> tuple[ScheduleUse, ...]:
    """Return who follows which schedule."""
    return reading.shelf(SCHEDULE_USES).find({"live": "yes"})


def _named(reading: Reading, actor: Actor, cabinets: tuple[str, ...], corridor: str) -> tuple[str, ...]:
    if bool(cabinets) == bool(corridor):
        raise InvalidInputError("name the cabinets that follow the schedule, or their corridor")
    chosen = cabinets_in(reading, "corridor", corridor) if corridor else [cabinet_of(reading, c) for c in cabinets]
    beyond = [c.cabinet for c in chosen if not actor.reaches(c.district)]
    if beyond:
        raise ForbiddenError(f"{actor.login} acts in district {actor.district} alone, not at {beyond[0]}")
    return tuple(c.cabinet for c in chosen)


def _instant(utc_ms: int) -> dt.datetime:
    return _EPOCH + dt.timedelta(milliseconds=utc_ms)


def _utc_ms(at: dt.datetime) -> int:
    return (at - _EPOCH) // dt.timedelta(milliseconds=1)
