"""Weather and events: what each does, who may enter it, and that it counts for its time and no longer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.centre.identity import Role
from signal_ctrl.domain.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from signal_ctrl.watch.conditions.effects import by_road, conditions_of, effect_of, flow_of
from signal_ctrl.watch.conditions.values import CalendarEvent, Weather
from signal_ctrl.watch.feeds.values import FeedKind
from signal_ctrl.watch.watch import Watch
from tests.signal_ctrl.watch.streets import BEGIN_MS, MINUTE_MS, Streets, streets

HOUR_MS = 60 * MINUTE_MS


def weather(**changes: Any) -> Weather:
    return Weather(
        **{"weather_id": "w", "from_utc_ms": 0, "to_utc_ms": HOUR_MS, "entered_by": "x", "entered_utc_ms": 0} | changes
    )


def event(**changes: Any) -> CalendarEvent:
    given_ = {
        "event_id": "match",
        "title": "Match",
        "from_utc_ms": BEGIN_MS + 2 * HOUR_MS,
        "to_utc_ms": BEGIN_MS + 4 * HOUR_MS,
        "persons": 22_000,
        "entered_by": "x",
        "entered_utc_ms": 0,
        "district": "west",
    }
    return CalendarEvent(**given_ | changes)


@pytest.mark.parametrize(
    ("values", "saturation", "free_speed"),
    [
        ({}, 1.0, 1.0),
        ({"rain_mm_h": 1.0}, 0.9575, 0.90),
        ({"rain_mm_h": 2.5}, 0.9082, 0.83),
        ({"rain_mm_h": 30.0}, 0.8847, 0.75),
        ({"snow_mm_h": 1.0}, 0.9571, 0.70),
        ({"snow_mm_h": 20.0}, 0.7757, 0.60),
        ({"ice": True}, 0.7757, 0.60),
        ({"visibility_m": 300.0}, 0.8951, 1.0),
        ({"visibility_m": 1700.0}, 1.0, 1.0),
        ({"rain_mm_h": 30.0, "visibility_m": 300.0}, 0.8847, 0.75),
        ({"rain_mm_h": 1.0, "visibility_m": 700.0}, 0.8833, 0.90),
    ],
)
def test_weather_does_what_the_tables_say(values: dict[str, Any], saturation: float, free_speed: float) -> None:
    assert effect_of(weather(**values)) == pytest.approx((saturation, free_speed))


@given(st.floats(0, 400), st.floats(0, 400))
def test_more_rain_or_snow_never_helps(one: float, other: float) -> None:
    low, high = sorted((one, other))
    for kind in ("rain_mm_h", "snow_mm_h"):
        a, b = effect_of(weather(**{kind: low})), effect_of(weather(**{kind: high}))
        assert a.saturation >= b.saturation and a.free_speed >= b.free_speed


@given(st.integers(1, 1440), st.integers(1, 1440), st.integers(0, 50_000))
def test_as_many_come_and_go_as_there_are(arrive_min: int, leave_min: int, persons: int) -> None:
    """Summed up minute by minute."""
    one = event(arrive_min=arrive_min, leave_min=leave_min, persons=persons, from_utc_ms=BEGIN_MS + 2000 * MINUTE_MS,
                to_utc_ms=BEGIN_MS + 2100 * MINUTE_MS)  # fmt: skip
    flows = [flow_of(one, BEGIN_MS + minute * MINUTE_MS) for minute in range(2000 + 100 + 1441)]
    vehicles = persons * 0.4 / 2.2
    assert sum(flows[:2000]) / 60 == pytest.approx(vehicles)
    assert sum(flows[2000:2100]) == 0
    assert sum(flows[2100:]) / 60 == pytest.approx(vehicles)


def test_an_event_counts_for_its_roads_or_its_district() -> None:
    at_ms = BEGIN_MS + 2 * HOUR_MS - MINUTE_MS
    near = conditions_of(None, [event(district="", roads=("r0", "r1"))], at_ms)
    assert dict(near.extra_by_road) == {
        "r0": pytest.approx(4000 * 60 / 90 / 2),
        "r1": pytest.approx(4000 * 60 / 90 / 2),
    }
    wide = conditions_of(None, [event(), event(event_id="fair")], at_ms)
    assert dict(wide.extra_by_district) == {"west": pytest.approx(2 * 4000 * 60 / 90)}
    spread = by_road(wide, {"r0": "west", "r1": "west", "r2": "east"})
    assert spread == {"r0": pytest.approx(4000 * 60 / 90), "r1": pytest.approx(4000 * 60 / 90)}


@pytest.mark.parametrize(
    "changes",
    [
        {"rain_mm_h": -1.0}, {"rain_mm_h": float("nan")}, {"visibility_m": 0.0}, {"to_utc_ms": 0}, {"weather_id": ""},
        {"to_utc_ms": 32 * 24 * HOUR_MS},
    ],
)  # fmt: skip
def test_weather_that_is_none_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        weather(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"persons": -1}, {"car_share": 1.1}, {"per_car": 0.5}, {"district": ""}, {"to_utc_ms": BEGIN_MS}, {"title": ""},
        {"event_id": "a b"}, {"arrive_min": 0},
    ],
)  # fmt: skip
def test_an_event_that_is_none_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        event(**changes)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Streets]:
    with streets(tmp_path) as made:
        made.import_roads()
        yield made


def test_operators_enter_weather_and_it_counts_for_its_time(town: Streets) -> None:
    body = {"from_utc_ms": BEGIN_MS + HOUR_MS, "to_utc_ms": BEGIN_MS + 2 * HOUR_MS, "rain_mm_h": 12.0}
    assert town.ask("olga", "POST", "/v1/weather", body).status_code == 201
    assert town.watch.conditions(BEGIN_MS).saturation == 1.0
    assert town.watch.conditions(BEGIN_MS + HOUR_MS).saturation == pytest.approx(0.8847)
    assert town.watch.conditions(BEGIN_MS + 2 * HOUR_MS).free_speed == 1.0
    assert town.get(f"/v1/weather?at_utc_ms={BEGIN_MS + HOUR_MS}")["weather"]["entered_by"] == "olga"
    assert town.ask("olga", "POST", "/v1/weather", {**body, "rain_mm_h": 1.0}).status_code == 201
    assert town.watch.conditions(BEGIN_MS + HOUR_MS).saturation == pytest.approx(0.9575)  # the last one counts
    assert len(town.get("/v1/weather")["reports"]) == 2
    far = {"from_utc_ms": BEGIN_MS + 15 * 24 * HOUR_MS, "to_utc_ms": BEGIN_MS + 16 * 24 * HOUR_MS}
    assert town.ask("olga", "POST", "/v1/weather", far).status_code == 422


def test_the_calendar_is_kept_and_is_there_after_a_restart(town: Streets) -> None:
    body = {"event": "match", "title": "Match", "from_utc_ms": BEGIN_MS + 2 * HOUR_MS, "to_utc_ms": BEGIN_MS + 4 * HOUR_MS,
            "persons": 22_000, "district": "west"}  # fmt: skip
    assert town.ask("olga", "POST", "/v1/calendar", body).status_code == 201
    assert town.ask("olga", "POST", "/v1/calendar", body).status_code == 409
    again = Watch(town.world.centre, town.world.box)
    again.start()
    at_ms = BEGIN_MS + 2 * HOUR_MS - 1
    assert dict(again.conditions(at_ms).extra_by_district) == {"west": pytest.approx(4000 * 60 / 90)}
    found = town.get(f"/v1/calendar?at_utc_ms={at_ms}")
    assert found["extra_by_district"]["west"] == pytest.approx(4000 * 60 / 90)
    assert town.ask("olga", "DELETE", "/v1/calendar/match").status_code == 204
    assert town.ask("olga", "DELETE", "/v1/calendar/match").status_code == 404
    assert town.get("/v1/calendar")["events"] == []
    acts = [each.record.action for each in town.world.store.read(lambda r: r.audit.records(limit=100))]
    assert acts.count("add event") == 2 and acts.count("remove event") == 1  # the one that was refused too


def test_the_desk_asks_for_the_right(town: Streets) -> None:
    desk, eve = town.watch.conditions_desk, town.actor("eve", Role.ENGINEER)
    for act in (
        lambda: desk.set_weather(eve, weather()),
        lambda: desk.add_event(eve, event()),
        lambda: desk.remove_event(eve, "x"),
    ):
        with pytest.raises(ForbiddenError):
            act()
    olga = town.actor("olga", Role.OPERATOR)
    with pytest.raises(NotFoundError):
        desk.remove_event(olga, "x")
    desk.add_event(olga, event())
    with pytest.raises(ConflictError):
        desk.add_event(olga, event())


def test_a_feed_reports_the_weather(town: Streets) -> None:
    station = town.feeder("station", FeedKind.WEATHER)
    now_ms = town.clock.utc_ms()
    good = {"from_utc_ms": now_ms, "to_utc_ms": now_ms + 600_000, "rain_mm_h": 4.0}
    bad = [
        {**good, "rain_mm_h": -1},
        {**good, "ice": "yes"},
        {**good, "from_utc_ms": now_ms + 15 * 24 * HOUR_MS, "to_utc_ms": now_ms + 15 * 24 * HOUR_MS + 1},
        {**good, "from_utc_ms": now_ms - 900_000, "to_utc_ms": now_ms - 400_000},
        {"rain_mm_h": 1},
    ]
    found = station.send(good, *bad)
    assert found == {"sequence": 1, "taken": 1, "left_out": {"form": 2, "future": 1, "impossible": 1, "late": 1}}
    assert town.watch.conditions(now_ms).saturation == pytest.approx(0.9082)
    station.send({**good, "rain_mm_h": 0})
    assert town.watch.conditions(now_ms).saturation == 1.0
    assert len(town.watch.conditions_desk.weather(now_ms)) == 1
