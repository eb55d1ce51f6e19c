"""Arrays, slots, the usual day, calibration: each against a slow and obvious way to the same."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.watch.city_minute import CityMinute, Level
from signal_ctrl.watch.foresight.calibration import calibrated, spread_of, threshold
from signal_ctrl.watch.foresight.city_arrays import arrays_of
from signal_ctrl.watch.foresight.outlook import lost_capacity
from signal_ctrl.watch.foresight.slots import Minutes, folded, minutes_of
from signal_ctrl.watch.foresight.usual import JAM, RATIO, sums_of
from signal_ctrl.watch.foresight.values import Restriction
from tests.signal_ctrl.watch.foresight.made_city import N_ROADS, made_day, street

CITY = arrays_of(street())


def minute(at_ms: int, speed: float = 10.0, level: Level = Level.SMOOTH) -> CityMinute:
    def row(value: float) -> np.ndarray:
        return np.full(N_ROADS, value, dtype=np.float32)

    flags = np.full(N_ROADS, level, dtype=np.uint8)
    return CityMinute(
        at_ms, row(600), row(speed), row(20), row(30), row(3), row(200), row(5), np.zeros(N_ROADS, np.uint8), flags
    )


def test_neighbours_are_those_of_the_turns() -> None:
    values = np.arange(N_ROADS, dtype=np.float64)
    assert CITY.behind(values)[:-1].tolist() == values[1:].tolist() and math.isnan(CITY.behind(values)[-1])
    assert CITY.before(values)[1:].tolist() == values[:-1].tolist() and math.isnan(CITY.before(values)[0])
    assert CITY.worst_behind(values)[-1] == 0 and CITY.gates.tolist() == [True] + [False] * (N_ROADS - 1)


@given(st.lists(st.tuples(st.floats(0.5, 15), st.floats(0, 20)), min_size=5, max_size=23), st.data())
def test_slots_are_distance_over_time(rows: list[tuple[float, float]], data: st.DataObject) -> None:
    levels = data.draw(st.lists(st.sampled_from(list(Level)), min_size=len(rows), max_size=len(rows)))
    queues = data.draw(st.lists(st.floats(0, 300), min_size=len(rows), max_size=len(rows)))

    def column(values: list[float]) -> np.ndarray:
        return np.repeat(np.array(values, dtype=np.float32)[:, None], N_ROADS, axis=1)

    speeds, vehicles = [each[0] for each in rows], [each[1] for each in rows]
    made = Minutes(column(vehicles), column(speeds), column(vehicles), column(queues), column(levels).astype(np.uint8))
    found = folded(made, CITY)
    skipped = len(rows) % 5
    assert len(found) == len(rows) // 5
    for slot in range(len(found)):
        own = range(skipped + 5 * slot, skipped + 5 * slot + 5)
        weights = [max(vehicles[k], 1e-3) for k in own]
        speed = sum(w * speeds[k] for w, k in zip(weights, own, strict=True)) / sum(weights)
        assert found.ratio[slot, 0] == pytest.approx(min(max(speed / 15.0, 0.02), 1.25), rel=1e-3)
        slow = sum(levels[k] >= Level.MODERATE for k in own)
        known = sum(levels[k] != Level.UNKNOWN for k in own)
        mean_queue = sum(np.float32(queues[k]) for k in own) / 5 / 300.0
        if known < 3:
            assert math.isnan(found.jam[slot, 0])
        elif abs(mean_queue - 0.3) > 1e-5:
            assert found.jam[slot, 0] == (slow >= 3 and mean_queue >= 0.3)


def test_a_missing_minute_is_unknown_and_disorder_refused() -> None:
    found = minutes_of([minute(0), minute(120_000)], CITY)
    assert found.speed_mps.shape == (3, N_ROADS) and np.isnan(found.speed_mps[1]).all()
    assert found.vehicles[0, 0] == pytest.approx(20 * 0.3)
    with pytest.raises(InvalidInputError, match="order of time"):
        minutes_of([minute(60_000), minute(0)], CITY)
    with pytest.raises(InvalidInputError, match="needs the minutes"):
        minutes_of([], CITY)
    with pytest.raises(InvalidInputError, match="11 roads"):
        minutes_of([minute(0)], arrays_of(street(11)))
    with pytest.raises(InvalidInputError, match="needs 5 minutes"):
        folded(minutes_of([minute(0)], CITY), CITY)


def test_the_usual_day_without_a_day_is_that_of_the_others() -> None:
    days = [made_day(seed) for seed in range(5)]
    without = sums_of(days).usual("mon", without=days[2])
    others = sums_of([each for each in days if each is not days[2]]).usual("mon")
    assert np.allclose(without.means, others.means)
    whole = sums_of(days).usual("mon").means
    weights = np.exp(-0.5 * (np.arange(36) - 16.0) ** 2)
    by_hand = np.average(np.mean([day.seen.ratio for day in days], axis=0), axis=0, weights=weights)
    assert whole[RATIO, 16] == pytest.approx(by_hand, rel=1e-4)
    assert sums_of(days).usual("sun").means[JAM] == pytest.approx(whole[JAM], abs=1e-6)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_the_threshold_is_the_lowest_that_is_precise_enough(rows: list[tuple[float, bool]]) -> None:
    said, came = np.array([each[0] for each in rows]), np.array([float(each[1]) for each in rows])
    good = [p for p in said if came[said >= p].mean() >= 0.8]
    found = threshold(said, came)
    assert found == min(good) if good else found > 1


def test_calibrated_probabilities_come_true() -> None:
    dice = np.random.default_rng(3)
    true = dice.random(20_000)
    jam = (dice.random(20_000) < true).astype(np.float64)
    steps = calibrated(true**3, jam)
    assert np.abs(steps.of(np.array([0.1, 0.5, 0.9]) ** 3) - np.array([0.1, 0.5, 0.9])).max() < 0.05


def test_intervals_hold_what_they_say_on_rows_not_seen() -> None:
    dice = np.random.default_rng(4)
    road = dice.integers(0, 8, 20_000)
    pace = dice.random(20_000)
    true = pace + dice.gamma(2.0, 0.1, 20_000) * (1 + road) * (1 + pace)
    spread = spread_of(pace[:10_000], true[:10_000], road[:10_000], 8, 0.8)
    inside = []
    for k in range(10_000, 20_000):
        low, high = spread.ends(np.full(8, pace[k]))
        inside.append(low[road[k]] <= true[k] <= high[road[k]])
    assert np.mean(inside) == pytest.approx(0.8, abs=0.02)


def test_lost_capacity_lasts_as_far_as_the_horizon_is() -> None:
    closed = (Restriction("r3", 0.5, 10 * 60_000), Restriction("r4", 0.0, None), Restriction("elsewhere", 0.0, None))
    lost, lasting = lost_capacity(closed, 0, 20, CITY.names)
    assert (lost[3], lasting[3]) == (0.5, 0.25) and (lost[4], lasting[4]) == (1.0, 1.5) and lost.sum() == 1.5
