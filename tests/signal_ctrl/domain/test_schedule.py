"""Schedules: what is in force when, over days of 23 and 25 hours, leap days and year ends, and what is refused."""

import datetime as dt
import json
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.schedule import WEEKDAYS, DayType, Entry, PlanRef, Schedule, SpecialDay, first_instant
from signal_ctrl.domain.schedule_json import (
    calendar_from_csv,
    schedule_document,
    schedule_from_json,
    schedule_hash,
    schedule_to_json,
)

PLANS = tuple(PlanRef(name, f"{k:064x}") for k, name in enumerate(("night", "am", "day", "pm")))
WORK = DayType("workday", WEEKDAYS[:5], (Entry(0, "night"), Entry(390, "am"), Entry(570, "day"), Entry(1320, "night")))
REST = DayType("weekend", WEEKDAYS[5:], (Entry(0, "night"), Entry(540, "day")))
EARLY = DayType(
    "early", (), (Entry(0, "night"), Entry(60, "am"), Entry(135, "pm"), Entry(165, "day"), Entry(180, "am"))
)
UTC = dt.UTC


def schedule(zone: str = "Europe/Berlin", special: tuple[SpecialDay, ...] = ()) -> Schedule:
    return Schedule("town", zone, PLANS, (WORK, REST, EARLY), special)


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def test_a_working_day_runs_through_its_entries() -> None:
    found = schedule().changes(at("2026-03-02T00:00+01:00"), at("2026-03-03T00:00+01:00"))
    assert [(one.wall.strftime("%H:%M"), one.plan) for one in found] == [
        ("00:00", "night"), ("06:30", "am"), ("09:30", "day"), ("22:00", "night"),
    ]  # fmt: skip


def test_an_hour_that_occurs_twice_runs_its_entries_once() -> None:
    town = schedule(special=(SpecialDay(dt.date(2026, 10, 25), "early"),))
    found = town.changes(at("2026-10-25T00:00+02:00"), at("2026-10-25T12:00+01:00"))
    assert [(one.at.isoformat()[11:16], one.plan) for one in found] == [
        ("22:00", "night"),
        ("23:00", "am"),
        ("00:15", "pm"),  # 02:15 of summer time; the second 02:15, at 01:15 UTC, changes nothing
        ("00:45", "day"),
        ("02:00", "am"),  # 03:00 of winter time
    ]
    assert town.in_force(at("2026-10-25T02:20+01:00")).plan == "day"


def test_an_entry_of_a_skipped_hour_runs_at_the_next_valid_minute() -> None:
    town = schedule(special=(SpecialDay(dt.date(2026, 3, 29), "early"),))
    found = town.changes(at("2026-03-29T00:00+01:00"), at("2026-03-29T12:00+02:00"))
    assert [(one.at.isoformat()[11:16], one.plan) for one in found] == [("23:00", "night"), ("00:00", "am")]
    pm_less = DayType("early", (), EARLY.entries[:4])
    town = Schedule("town", "Europe/Berlin", PLANS, (WORK, REST, pm_less), town.special_days)
    change = town.next_change(at("2026-03-29T00:30Z"))
    assert change is not None
    assert (change.at, change.plan, change.wall.hour) == (at("2026-03-29T01:00Z"), "day", 2)


def test_midnight_may_be_skipped_and_whole_days_too() -> None:
    assert first_instant(dt.datetime(2018, 11, 4), "America/Sao_Paulo") == at("2018-11-04T03:00Z")
    assert first_instant(dt.datetime(2011, 12, 30, 8), "Pacific/Apia") == at("2011-12-30T10:00Z")
    assert schedule("Pacific/Apia").in_force(at("2011-12-30T10:00Z")).wall == dt.datetime(2011, 12, 31)


def test_leap_days_and_year_ends() -> None:
    leap = schedule(special=(SpecialDay(dt.date(2028, 2, 29), "weekend"), SpecialDay(dt.date(2027, 1, 1), "weekend")))
    assert leap.in_force(at("2028-02-29T07:00+01:00")).day_type == "weekend"
    assert leap.in_force(at("2028-03-01T07:00+01:00")).plan == "am"
    assert leap.in_force(at("2026-12-31T23:59+01:00")).plan == "night"
    change = leap.next_change(at("2026-12-31T23:59+01:00"))
    assert change is not None
    assert (change.wall, change.plan) == (dt.datetime(2027, 1, 1, 9), "day")


def test_a_shifted_working_day_goes_before_its_weekday() -> None:
    """National Day of China 2026: days off, and a Saturday that is worked."""
    text = "date,day_type,note\n2026-10-01,weekend,National Day\n2026-10-10,workday,makes up\n"
    china = schedule("Asia/Shanghai", calendar_from_csv(text))
    assert china.in_force(at("2026-10-01T07:00+08:00")).plan == "night"
    assert china.in_force(at("2026-10-10T07:00+08:00")).plan == "am"
    assert china.in_force(at("2026-10-17T07:00+08:00")).plan == "night"


def test_one_plan_for_ever_never_changes() -> None:
    always = Schedule("one", "UTC", PLANS[:1], (DayType("all", WEEKDAYS, (Entry(0, "night"),)),))
    assert always.next_change(at("2026-01-01T00:00Z")) is None


ZONES = st.sampled_from(
    ("Europe/Berlin", "America/New_York", "America/Sao_Paulo", "America/Havana", "Australia/Lord_Howe", "Asia/Shanghai",
     "Pacific/Apia", "Africa/Casablanca", "UTC")
)  # fmt: skip
DAY_TYPES = st.lists(st.integers(1, 1439), max_size=5, unique=True).flatmap(
    lambda minutes: st.tuples(
        st.just((0, *sorted(minutes))),
        st.lists(st.sampled_from([p.name for p in PLANS]), min_size=len(minutes) + 1, max_size=len(minutes) + 1),
    )
)


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    kinds = [
        DayType(name, days, tuple(Entry(m, p) for m, p in zip(*draw(DAY_TYPES), strict=True)))
        for name, days in (("a", WEEKDAYS[:5]), ("b", WEEKDAYS[5:]), ("c", ()))
    ]
    return Schedule("s", draw(ZONES), PLANS, tuple(kinds))


INSTANTS = st.one_of(
    st.datetimes(dt.datetime(1995, 1, 1), dt.datetime(2035, 1, 1)),
    st.sampled_from(
        (
            dt.datetime(2026, 3, 29),
            dt.datetime(2026, 10, 25),
            dt.datetime(2024, 2, 29),
            dt.datetime(2011, 12, 30),
            dt.datetime(2026, 12, 31, 20),
            dt.datetime(2018, 2, 17, 20),
        )
    ),
)


@settings(max_examples=60, deadline=None)
@given(schedules(), INSTANTS)
def test_it_agrees_with_a_clock_that_is_watched_minute_by_minute(town: Schedule, begin: dt.datetime) -> None:
    """The oracle walks through 30 hours and remembers the farthest that the wall clock has got."""
    begin = begin.replace(second=0, microsecond=0, tzinfo=UTC)
    zone = ZoneInfo(town.zone)
    first = begin - dt.timedelta(hours=26)
    farthest = first.astimezone(zone).replace(tzinfo=None)
    plans = []
    for minute in range(56 * 60):
        now = first + dt.timedelta(minutes=minute)
        farthest = max(farthest, now.astimezone(zone).replace(tzinfo=None))
        if now >= begin:
            kind = town.day_type_of(farthest.date())
            plans.append((now, kind.plan_at(60 * farthest.hour + farthest.minute)))
    for now, plan in plans[:: len(plans) // 40]:
        assert town.in_force(now).plan == plan, now
    change = town.next_change(begin)
    seen = next((now for now, plan in plans if plan != plans[0][1]), None)
    if seen is not None:
        assert change is not None
        assert change.at == seen
    elif change is not None:
        assert change.at > plans[-1][0]


@settings(max_examples=30)
@given(schedules())
def test_documents_round_trip(town: Schedule) -> None:
    again = schedule_from_json(schedule_to_json(town))
    assert again == town
    assert schedule_hash(again) == schedule_hash(town)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d["day_types"][0]["entries"].pop(0), "day type workday: no plan from 00:00 to 06:30"),
        (lambda d: d["day_types"][0]["entries"].insert(1, {"at": "00:00", "plan": "am"}), "entries overlap at 00:00"),
        (lambda d: d["day_types"][0]["entries"][1].update(plan="none"), "plan none at 06:30, which is not among"),
        (lambda d: d["day_types"][0]["entries"][1].update(at="24:00"), "'24:00' is no time of day"),
        (lambda d: d["day_types"][0]["entries"].clear(), "needs 1 to 96 entries"),
        (lambda d: d["day_types"][0]["weekdays"].pop(), "fri is of no type of day"),
        (lambda d: d["day_types"][1]["weekdays"].append("fri"), "fri is of 2 types of day"),
        (lambda d: d["day_types"][1]["weekdays"].append("holiday"), "weekdays are"),
        (lambda d: d["day_types"][1].update(name="workday"), "day type workday occurs twice"),
        (lambda d: d.update(zone="Europe/Nowhere"), "unknown time zone 'Europe/Nowhere'"),
        (lambda d: d.update(zone="../etc/passwd"), "is no name of a time zone"),
        (lambda d: d["plans"][0].update(name="../night"), "cannot name a plan"),
        (lambda d: d["plans"][0].update(sha256="00"), "has no SHA-256"),
        (lambda d: d["special_days"][0].update(day_type="x"), "special day 2026-01-01 is of type x"),
        (lambda d: d["special_days"][0].update(date="2026-02-30"), "is no date"),
        (lambda d: d["special_days"].append(d["special_days"][0]), "special day 2026-01-01 occurs twice"),
        (lambda d: d.update(more=1), "keys missing or unknown: more"),
        (lambda d: d.update(plans=[]), "needs 1 to 64 plans"),
    ],
)  # fmt: skip
def test_what_is_not_whole_is_refused(change, says) -> None:  # type: ignore[no-untyped-def]
    document = json.loads(schedule_to_json(schedule(special=(SpecialDay(dt.date(2026, 1, 1), "weekend", "New Year"),))))
    change(document)
    with pytest.raises(InvalidInputError, match=says.replace("(", r"\(")):
        schedule_from_json(json.dumps(document))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("date,note\n", "look at day_type"),
        ("date,day_type\n2026-1-1,x\n", "line 2: '2026-1-1' is no date"),
        ("date,day_type\n2026-01-01,\n", "has no day_type"),
        ("date,day_type\n2026-01-01,a\n2026-01-01,b\n", "line 3: 2026-01-01 occurs twice"),
    ],
)
def test_bad_calendars_are_refused(text: str, says: str) -> None:
    with pytest.raises(InvalidInputError, match=says):
        calendar_from_csv(text)


def test_instants_need_an_offset() -> None:
    with pytest.raises(InvalidInputError, match="is no instant"):
        schedule().in_force(dt.datetime(2026, 1, 1))
    assert schedule_document(schedule())["format"] == "signal-ctrl schedule 1"


@pytest.mark.parametrize("date", ["20260101xx", "2026-W01-1", "2026-1-01x", "\uff12026-01-01"])
def test_what_is_no_date_is_no_holiday(date: str) -> None:
    with pytest.raises(InvalidInputError, match="write YYYY-MM-DD"):
        calendar_from_csv(f"date,day_type\n{date},all\n")


@pytest.mark.parametrize("date", ["9999-12-31", "0001-01-02"])
def test_days_that_no_clock_reaches_are_refused(date: str) -> None:
    with pytest.raises(InvalidInputError, match="years go from 1970 to 2200"):
        calendar_from_csv(f"date,day_type\n{date},all\n")


@pytest.mark.parametrize("zone", ["localtime", "posixrules", "right/UTC", "Factory"])
def test_zones_that_depend_on_the_machine_are_refused(zone: str) -> None:
    with pytest.raises(InvalidInputError, match="no name of a time zone"):
        schedule(zone, ())
