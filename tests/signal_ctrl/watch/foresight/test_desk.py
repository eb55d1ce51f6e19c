"""The forecast in the service: one each minute, days kept, learned from by night; events raise the demand."""

import numpy as np
import pytest

from signal_ctrl.watch.city_minute import CityMinute
from signal_ctrl.watch.conditions.values import Conditions
from signal_ctrl.watch.foresight.desk import DAY_MS, DaysInMemory, ForesightDesk, day_of, local_day, offset_h
from signal_ctrl.watch.foresight.values import Restriction
from tests.signal_ctrl.watch.foresight.made_city import made_day, street
from tests.signal_ctrl.watch.foresight.test_foresight import minutes

ROADS = street()


class Town:
    """Minutes that come one by one, dated to a day."""

    def __init__(self, begin_ms: int = 0) -> None:
        self.begin_ms, self.known = begin_ms, 0
        self.conditions = Conditions(0)
        self.desk = ForesightDesk(self.minutes, lambda _ms: self.conditions)

    def minutes(self, since_ms: int) -> list[CityMinute]:
        found = []
        for each in minutes(self.known, slow=3)[-120:]:
            values = {name: getattr(each, name) for name in each.__slots__}
            values["minute_utc_ms"] += self.begin_ms
            if values["minute_utc_ms"] >= since_ms:
                found.append(CityMinute(**values))
        return found

    def go(self, number: int) -> None:
        for _ in range(number):
            self.known += 1
            self.desk.tick(ROADS)


def test_there_is_a_forecast_from_the_fifth_minute_on() -> None:
    town = Town()
    town.desk.tick(None)
    town.go(4)
    assert town.desk.latest is None
    town.go(1)
    first = town.desk.latest
    assert first is not None and first.at_utc_ms == 300_000 and [each.road for each in first.jams] == ["r3"]
    town.desk.tick(ROADS)
    assert town.desk.latest is first
    town.go(1)
    assert town.desk.latest is not None and town.desk.latest.at_utc_ms == 360_000


def test_the_day_is_kept_by_the_hour_with_what_was_told() -> None:
    town = Town()
    town.desk.restrictions = lambda: (Restriction("r3", 0.5, None),)
    town.conditions = Conditions(0, saturation=0.9)
    town.go(70)
    (day,) = town.desk.keeper.days(ROADS)
    offset = offset_h(ROADS)
    place = offset * 12
    assert day.day == "1970-01-01" and day.kind == "thu" and len(day) == 288
    assert day.seen.jam[place : place + 12, 3].tolist() == [1.0] * 12
    assert np.isnan(day.seen.jam[place + 12 :]).all() and np.isnan(day.seen.jam[:place]).all()
    assert day.factors.saturation[place, 0] == np.float32(0.9)
    (told,) = day.told
    assert told.restriction.road == "r3" and told.from_utc_ms == 0 and day.at_utc_ms(place) == 0
    assert [len(day.restrictions(place + k)) for k in (0, 11, 13)] == [1, 1, 0]


def test_a_new_day_begins_at_local_midnight() -> None:
    offset = offset_h(ROADS)
    town = Town(DAY_MS - (offset * 3600 + 1800) * 1000)
    town.go(95)
    assert [each.day for each in town.desk.keeper.days(ROADS)] == ["1970-01-01", "1970-01-02"]
    kind_of = day_of(ROADS)
    assert kind_of(DAY_MS - offset * 3_600_000) == ("fri", 0)
    assert kind_of(DAY_MS - offset * 3_600_000 - 1) == ("thu", 287)
    assert local_day(-1, 0) == -1


@pytest.mark.slow
def test_it_learns_once_a_day_as_soon_as_there_are_days_enough() -> None:
    town = Town()
    keeper = DaysInMemory()
    town.desk.keeper = keeper
    assert town.desk.learn_due() == ()
    for seed in range(6):
        keeper.keep(made_day(seed), ROADS)
    town.go(6)
    town.desk.learn_due()
    town.go(1)
    found = town.desk.latest
    assert found is not None and found.learned_days == 6 and len(found.region) == 3
    keeper.keep(made_day(7), ROADS)
    town.desk.learn_due()
    town.go(1)
    assert town.desk.latest is not None and town.desk.latest.learned_days == 6


def test_events_raise_demand_by_the_flow_that_is_there() -> None:
    town = Town()
    town.go(5)
    town.conditions = Conditions(0, saturation=0.9, free_speed=0.8, extra_by_road={"r2": 250.0, "elsewhere": 9.0})
    found = town.desk.factors_at(5 * 60_000)
    assert found.demand.tolist() == [1, 1, 1.5] + [1] * 9
    assert found.saturation[0] == np.float32(0.9) and found.speed[0] == np.float32(0.8)
