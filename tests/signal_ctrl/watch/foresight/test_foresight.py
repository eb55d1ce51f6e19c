"""The whole forecast: learned from days of a street, better than naive ones, fast enough for a city."""

import time
from dataclasses import fields, replace
from functools import cache

import numpy as np
import pytest

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.roads import Road, RoadClass, RoadNetwork, RoadTurn
from signal_ctrl.watch.city_minute import CityMinute, Level
from signal_ctrl.watch.foresight.backtest import HISTORY, OURS, PERSISTENCE, backtest_day, lasting_of
from signal_ctrl.watch.foresight.city_arrays import arrays_of
from signal_ctrl.watch.foresight.days import Factors, Told, WatchedDay
from signal_ctrl.watch.foresight.foresight import Foresight
from signal_ctrl.watch.foresight.learning import Learned, learn
from signal_ctrl.watch.foresight.region import fundamental_of
from signal_ctrl.watch.foresight.rows import present_of
from signal_ctrl.watch.foresight.scores import episodes_of, hits, report_of
from signal_ctrl.watch.foresight.slots import Slots
from signal_ctrl.watch.foresight.values import AHEAD_MIN, Restriction, RoadFactors, no_factors
from tests.signal_ctrl.watch.foresight.made_city import NECK, made_day, street

CITY = arrays_of(street())


def dry(_ms: int) -> RoadFactors:
    return no_factors(12)


@cache
def taught() -> Learned:
    return learn([made_day(seed) for seed in range(18)], CITY, most=2500)


def test_it_beats_what_is_naive_on_days_not_seen() -> None:
    days = [made_day(seed) for seed in range(18)]
    lasting = {ahead: lasting_of(days, ahead) for ahead in AHEAD_MIN}
    found = [each for seed in range(100, 104) for each in backtest_day(made_day(seed), taught(), CITY, lasting)]
    report = report_of(found)
    for horizon in report["horizons"]:
        for rival in (PERSISTENCE, HISTORY):
            assert horizon["brier"][OURS] < horizon["brier"][rival]
        assert 0.6 < horizon["coverage"] < 0.95
    first = report["horizons"][0]["jams"][OURS]
    assert first["all"]["recall"] > 0.8 and first["all"]["precision"] > 0.8 and first["onsets"]["recall"] > 0.4
    assert report["horizons"][0]["jams"][PERSISTENCE]["onsets"]["right"] == 0


def test_nothing_of_the_time_after_the_origin_is_seen() -> None:
    one, other = made_day(200), made_day(200)
    for name in ("ratio", "fill", "queue", "flow", "jam"):
        getattr(other.seen, name)[20:] = 0.5
    foresight = Foresight(CITY, taught(), lambda _ms: ("mon", 0))
    made = [foresight.ahead(present_of(day, 20), "mon", lambda _ahead: np.ones((3, 12))) for day in (one, other)]
    assert np.array_equal(made[0].jam_probability, made[1].jam_probability)
    assert np.array_equal(made[0].travel_time_s, made[1].travel_time_s)


def test_who_is_jammed_and_will_be_is_named_the_surest_first() -> None:
    day = next(each for each in map(made_day, range(300, 330)) if each.seen.jam[19, NECK])
    found = Foresight(CITY, taught(), lambda _ms: ("mon", 0)).ahead(
        present_of(day, 20), "mon", lambda _ahead: np.ones((3, 12))
    )
    names = [each.road for each in found.jams]
    assert f"r{NECK}" in names and set(names) <= {f"r{k}" for k in range(3, 7)}
    assert [each.probability for each in found.jams] == sorted((e.probability for e in found.jams), reverse=True)
    for each in found.jams:
        assert each.low_s <= each.travel_time_s <= each.high_s
        assert each.from_utc_ms == found.at_utc_ms if each.now else each.from_utc_ms > found.at_utc_ms
    assert [each.ahead_min for each in found.region] == list(AHEAD_MIN)
    assert all(each.low <= each.vehicles <= each.high for each in found.region)


def test_without_days_the_present_lasts() -> None:
    found = Foresight(CITY, None, lambda _ms: ("mon", 0)).forecast(minutes(12, slow=3), dry, (), 60 * 60_000)
    assert found.learned_days == 0 and [each.road for each in found.jams] == ["r3"]
    assert found.jam_probability[:, 3].tolist() == [1, 1, 1] and found.jams[0].now and found.region == ()
    assert found.speed_mps[0, 3] == pytest.approx(2.0, rel=1e-3)
    assert found.speed_mps[2, 0] == pytest.approx(14.0, rel=1e-3)


def test_minutes_that_have_not_ended_are_not_used_and_none_is_refused() -> None:
    foresight = Foresight(CITY, None, lambda _ms: ("mon", 0))
    early = foresight.forecast(minutes(12, slow=3, until=6), dry, (), 6 * 60_000)
    assert early.at_utc_ms == 6 * 60_000
    with pytest.raises(InvalidInputError, match="needs the minutes"):
        foresight.forecast(minutes(12), dry, (), 30_000)


def test_too_few_days_and_days_of_another_network_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="5 days to learn from"):
        learn([made_day(seed) for seed in range(5)], CITY)
    with pytest.raises(InvalidInputError, match="11 roads"):
        learn([made_day(seed) for seed in range(6)], arrays_of(street(11)))


def test_a_restriction_is_known_from_when_it_was_told() -> None:
    closed = Restriction("r2", 0.5, 900_000)
    day = made_day(1, (Told(closed, 600_000, 1_200_000),))
    assert [len(day.restrictions(slot)) for slot in range(6)] == [0, 0, 1, 1, 0, 0]


def test_the_critical_accumulation_is_where_most_gets_through() -> None:
    days = [made_day(seed) for seed in range(10)]
    found = fundamental_of(days, CITY)
    assert found is not None and found.shape in ("straight", "exponential", "bell")
    assert found.critical_veh is None or found.critical_veh <= 1.1 * found.most_veh
    assert fundamental_of(days[:1], CITY) is None


def test_hits_and_leads_by_hand() -> None:
    jam, flag = (np.array(row, dtype=np.bool_) for row in ([1, 1, 0, 0], [1, 0, 1, 0]))
    own = hits(jam, flag)
    assert (own.jams, own.spoken, own.right, own.recall, own.precision) == (2, 2, 1, 0.5, 0.5)
    assert hits(jam & False, flag & False).recall is None
    lasting = {ahead: lasting_of([made_day(0)], ahead) for ahead in AHEAD_MIN}
    day = next(each for each in map(made_day, range(400, 430)) if each.true.jam[10:, NECK].sum() > 4)
    found = episodes_of(backtest_day(day, taught(), CITY, lasting))
    begins = int(np.flatnonzero(day.true.jam[:, NECK])[0])
    own_jam = next(each for each in found if each.road == NECK)
    assert own_jam.slot == begins and own_jam.lead_min is not None and own_jam.lead_min >= 0


@pytest.mark.slow
def test_five_thousand_roads_take_five_seconds_at_most() -> None:
    n_roads = 5000
    city = arrays_of(grid(n_roads))
    dice = np.random.default_rng(1)
    wide = [wider(made_day(seed), n_roads, dice) for seed in range(6)]
    learned = learn(wide, city, most=1500)
    foresight = Foresight(city, learned, lambda _ms: ("mon", 100))
    past = minutes(60, slow=3, n_roads=n_roads)
    foresight.forecast(past, lambda _ms: no_factors(n_roads), (), 60 * 60_000)
    began = time.process_time()
    found = foresight.forecast(past, lambda _ms: no_factors(n_roads), (), 60 * 60_000)
    took = time.process_time() - began
    assert found.travel_time_s.shape == (3, n_roads)
    assert took < 5.0


def minutes(number: int, slow: int | None = None, until: int | None = None, n_roads: int = 12) -> list[CityMinute]:
    """Return minutes in which one road crawls, from the begin of time on."""
    found = []
    for k in range(number):
        speed = np.full(n_roads, 14.0, dtype=np.float32)
        level = np.full(n_roads, Level.SMOOTH, dtype=np.uint8)
        queue = np.zeros(n_roads, dtype=np.float32)
        if slow is not None and (until is None or k < until):
            speed[slow], level[slow], queue[slow] = 2.0, Level.SEVERE, 250.0
        ones = np.ones(n_roads, dtype=np.float32)
        found.append(
            CityMinute(k * 60_000, 500 * ones, speed, 20 * ones, 300 / speed, ones, queue, ones,
                       np.zeros(n_roads, np.uint8), level)
        )  # fmt: skip
    return found


def grid(n_roads: int) -> RoadNetwork:
    """Return a ring of roads, each leading to the next three."""
    roads = tuple(
        Road(f"g{k}", "n", "n", 200.0, 2, 14.0, 1500.0, RoadClass.ARTERIAL, ((11.4, 48.7), (11.41, 48.7)))
        for k in range(n_roads)
    )
    turns = tuple(RoadTurn(f"g{k}", f"g{(k + step) % n_roads}") for k in range(n_roads) for step in (1, 2, 3))
    return RoadNetwork(roads, turns)


def wider(day: WatchedDay, n_roads: int, dice: np.random.Generator) -> WatchedDay:
    """Return a day whose roads are drawn from those of another."""
    chosen = dice.integers(0, 12, n_roads)
    slots = Slots(*(getattr(day.seen, each.name)[:16, chosen] for each in fields(day.seen)))
    ones = np.ones((16, n_roads), dtype=np.float32)
    return replace(day, seen=slots, true=slots, factors=Factors(ones, ones, ones))
