"""A schedule with a condition: rain brings its plan through the same door as the time of day, and takes it away."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from signal_ctrl.centre.identity import Role
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.orders import orders_from_bytes
from signal_ctrl.domain.plan import plan_hash, plan_to_json
from signal_ctrl.domain.schedule import ConditionDay, DayType, Entry, PlanRef, Schedule
from signal_ctrl.domain.schedule_json import schedule_from_json, schedule_hash, schedule_to_json
from signal_ctrl.watch.conditions.values import CalendarEvent, Weather
from signal_ctrl.watch.watch import Watch
from tests.signal_ctrl.centre.worlds import MINUTE_MS, START_MS, World, plan, world

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Box:
    """Keeps no secrets: there are none here."""

    def seal(self, text: str) -> str:
        return text

    def unseal(self, sealed: str) -> str:
        return sealed


def named(name: str) -> Any:
    return plan("c0", "c1", "c2", title=name, offset_ds=0 if name == "day" else 100)


def schedule(*conditions: tuple[str, str]) -> Schedule:
    refs = tuple(PlanRef(name, plan_hash(named(name))) for name in ("day", "wet"))
    days = (DayType("every", WEEK, (Entry(0, "day"),)), DayType("wet-day", (), (Entry(0, "wet"),)))
    return Schedule("week", "UTC", refs, days, (), tuple(ConditionDay(*each) for each in conditions))


@pytest.fixture
def here() -> Iterator[World]:
    with world() as made:
        yield made


def running(here: World) -> str:
    served = here.centre.orders.book.answer("c0", "", here.clock.mono_ms())
    assert served is not None
    orders = orders_from_bytes(served.body)
    return next(name for name in ("day", "wet") if orders.plan == named(name).of("c0"))


def test_rain_brings_its_plan_and_it_goes_half_an_hour_after(here: World) -> None:
    watch, eve = Watch(here.centre, Box()), here.actor("eve")
    for name in ("day", "wet"):
        here.centre.plans.upload(eve, plan_to_json(named(name)))
    here.centre.plans.upload_schedule(eve, schedule_to_json(schedule(("rain", "wet-day"))))
    here.centre.schedules.follow(eve, "week", cabinets=("c0",))
    here.passes(5_000)
    assert running(here) == "day"
    begin_ms = START_MS + 10 * MINUTE_MS
    rain = Weather("w", begin_ms, begin_ms + 20 * MINUTE_MS, "x", 0, rain_mm_h=6.0)
    watch.conditions_desk.set_weather(here.actor("olga"), rain)
    seen = {}
    for minute in range(1, 70):
        here.passes(MINUTE_MS, 20_000)
        seen[minute] = running(here)
    assert [seen[minute] for minute in (3, 6, 29, 44, 60)] == ["day", "wet", "wet", "wet", "day"]
    told = [each for each in here.audit() if each[1] == "follow schedule" and each[0] == "centre"]
    assert [each[2] for each in told] == ["done, day type every", "done, day type wet-day", "done, day type every"]


def test_conditions_that_do_not_hold_change_nothing() -> None:
    at = dt.datetime(2026, 3, 4, 12, tzinfo=dt.UTC)
    plain, wet = schedule(), schedule(("snow", "every"), ("rain", "wet-day"))
    for minute in range(0, 1440, 97):
        moment = at + dt.timedelta(minutes=minute)
        assert wet.in_force(moment) == wet.in_force(moment, {"ice"}) == plain.in_force(moment)
        assert wet.in_force(moment, {"rain"}).plan == "wet"
        assert wet.in_force(moment, {"rain", "snow"}).plan == "day"  # the first that holds


def test_the_document_holds_conditions_and_without_any_it_is_as_it_was() -> None:
    wet = schedule(("event:west", "wet-day"), ("fog", "every"))
    assert schedule_from_json(schedule_to_json(wet)) == wet
    assert "conditions" not in schedule_to_json(schedule())
    assert schedule_hash(wet) != schedule_hash(schedule())


@pytest.mark.parametrize("condition", [("drizzle", "every"), ("rain", "monsoon"), ("event:", "every")])
def test_a_condition_that_nobody_knows_is_refused(condition: tuple[str, str]) -> None:
    with pytest.raises(InvalidInputError, match="condition"):
        schedule(condition)


def test_what_holds_is_named_as_schedules_name_it(here: World, tmp_path: Path) -> None:
    desk, olga = Watch(here.centre, Box()).conditions_desk, here.actor("olga")
    hour_ms = 60 * MINUTE_MS
    desk.set_weather(olga, Weather("w", START_MS, START_MS + hour_ms, "x", 0, 2.5, 0.1, True, 399.0))
    match = CalendarEvent("m", "Match", START_MS + 3 * hour_ms, START_MS + 5 * hour_ms, 1000, "x", 0, district="west")
    desk.add_event(olga, match)
    assert desk.holding(START_MS) == {"rain", "snow", "ice", "fog"}
    assert desk.holding(START_MS + hour_ms + 29 * MINUTE_MS) == {"rain", "snow", "ice", "fog"}
    assert desk.holding(START_MS + 2 * hour_ms) == {"event", "event:west"}
    assert desk.holding(START_MS + 4 * hour_ms) == frozenset()
    assert here.actor("olga").role is Role.OPERATOR
