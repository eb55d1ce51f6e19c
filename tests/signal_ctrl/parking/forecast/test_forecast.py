import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from bench.parking.made_days import MadeDays, made_days
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.parking.forecast import learning
from signal_ctrl.parking.forecast.backtest import backtest
from signal_ctrl.parking.forecast.learning import learn, recent_of, unlearnt
from signal_ctrl.parking.forecast.model import HORIZONS, Recent, guess
from signal_ctrl.parking.forecast.series import SLOTS, ParkingDays, days_of
from signal_ctrl.parking.forecast.usual import Usual, smoothing_of, usual_of
from signal_ctrl.parking.occupancy import OccupancySample, Trust
from signal_ctrl.parking.outlook import LEVELS


def test_forecasts_of_days_left_out_are_close_and_their_intervals_hold() -> None:
    found = backtest(made_days(MadeDays(20, 3)), 14)
    at = {score.ahead_min: score for score in found.scores}
    assert at[15].error < 0.03
    assert at[15].error < at[15].persistence
    assert at[60].error < 0.6 * at[60].persistence
    for score in found.scores:
        assert score.covered == pytest.approx(0.9, abs=0.04)
    assert at[15].busy_cases > 100
    assert at[15].busy_error < 0.03


def short_days(many: int, seed: int) -> ParkingDays:
    """Return days of one hour in which six car parks fill from nothing within 40 minutes."""
    draw, shape = np.random.default_rng(seed), (many, 6, SLOTS)
    entered, left, occupied = (np.full(shape, np.nan) for _ in range(3))
    entered[..., 84:96] = draw.poisson(np.array([10, 20, 22, 22, 22, 20, 18, 14, 8, 4, 1, 0]), (many, 6, 12))
    left[..., 84:96] = 0.0
    occupied[..., 84:96] = np.cumsum(entered[..., 84:96], axis=2) - entered[..., 84:96]
    dates = tuple(dt.date(2026, 3, 2) + dt.timedelta(days=k) for k in range(many))
    return ParkingDays(tuple("abcdef"), np.full(6, 260.0), dates, ("weekday",) * many, occupied, entered, left)


def test_intervals_of_short_steep_days_hold_from_each_five_minutes_on() -> None:
    found = [backtest(short_days(18, seed), 12, every_slots=1) for seed in (1, 2, 3)]
    assert all(one.beyond == (60,) for one in found)
    for ahead_min, scores in zip((5, 15, 30, 45), zip(*(one.scores for one in found), strict=True), strict=True):
        assert {score.ahead_min for score in scores} == {ahead_min}
        assert np.mean([score.covered for score in scores]) == pytest.approx(0.9, abs=0.06)
        assert np.mean([score.error / score.floor for score in scores]) < 1.2


def quarters(days: ParkingDays) -> list[np.ndarray]:
    """Return four folds of days."""
    return [np.arange(k, len(days.dates), 4) for k in range(4)]


def test_a_usual_day_is_smoothed_only_as_far_as_days_left_out_bear_it() -> None:
    steep, calm = short_days(12, 1), made_days(MadeDays(12, 1))
    assert smoothing_of(steep, quarters(steep)) == 0
    assert smoothing_of(calm, quarters(calm)) == 2
    assert usual_of(steep, "weekday", 0).occupied[:, 84].tolist() == [0.0] * 6  # empty when the day begins
    assert usual_of(steep, "weekday", 2).occupied[:, 84].min() > 5


def test_a_gap_of_all_days_is_bridged_by_the_slots_beside_it() -> None:
    days = short_days(12, 1)
    days.occupied[:, :, 88] = np.nan
    found = usual_of(days, "weekday", 0).occupied
    assert found[:, 86:91] == pytest.approx(usual_of(short_days(12, 1), "weekday", 0).occupied[:, 86:91], abs=3.0)


def test_it_is_learned_whether_days_have_a_level_of_their_own() -> None:
    alike, own = learn(short_days(16, 2)), learn(made_days(MadeDays(16, 2)))
    by_today, thirty_min = 0, 5
    assert alike.weight[by_today, thirty_min] < 0.1
    assert own.weight[by_today, thirty_min] > 0.7


def test_days_that_are_over_too_soon_are_refused() -> None:
    days = short_days(6, 1)
    days.occupied[..., 86:] = np.nan
    with pytest.raises(InvalidInputError, match="hold nothing 15 min ahead"):
        backtest(days, 4)
    with pytest.raises(InvalidInputError, match="every 0 slots"):
        backtest(short_days(6, 1), 4, every_slots=0)


def test_where_there_are_many_cases_fewer_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[tuple[int, int]] = []
    inner = learning._tried

    def noted(days: ParkingDays, day: int, slot: int, usual: Usual) -> object:
        tried.append((day, slot))
        return inner(days, day, slot, usual)

    monkeypatch.setattr(learning, "_tried", noted)
    monkeypatch.setattr(learning, "MOST_CASES", 6 * 8 * SLOTS // 3)
    learn(short_days(8, 2))
    assert len(tried) == 8 * SLOTS // 3
    assert {slot % 3 for _, slot in tried} == {0, 1, 2}  # each time of the day, on some days


def test_a_day_with_more_cars_than_usual_is_noticed() -> None:
    flat = np.full((1, SLOTS), 10.0)
    usual = Usual(flat, np.zeros((1, SLOTS)), np.full((1, SLOTS), 100.0))
    more = guess(
        usual, Recent(np.array([100.0]), np.full((1, 12), 20.0), np.zeros((1, 12))), 100, np.array([9e9]), np.ones(1)
    )
    less = guess(
        usual, Recent(np.array([100.0]), np.full((1, 12), 10.0), np.zeros((1, 12))), 100, np.array([9e9]), np.ones(1)
    )
    assert less.mean[0, 0, 0] == pytest.approx(110.0)
    assert 117 < more.mean[0, 0, 0] < 120
    assert more.mean[0, 0, 11] - more.mean[0, 0, 10] < more.mean[0, 0, 0] - 100


def test_where_guided_drivers_are_counted_apart_the_others_alone_come() -> None:
    flat = np.full((1, SLOTS), 10.0)
    usual = Usual(flat, np.zeros((1, SLOTS)), np.full((1, SLOTS), 100.0))
    recent = Recent(np.array([100.0]), np.full((1, 12), 10.0), np.zeros((1, 12)))
    assert guess(usual, recent, 100, np.array([9e9]), np.array([0.3])).mean[0, 0, 0] == pytest.approx(103.0)


def test_a_full_facility_stays_within_its_capacity() -> None:
    learnt = learn(made_days(MadeDays(8, 5)))
    recent = Recent(learnt.capacity.copy(), np.full((3, 12), 50.0), np.zeros((3, 12)))
    outlook = learnt.outlook(0, "weekday", 100, recent)
    assert (outlook.free >= 0).all()
    assert outlook.middle("park1", 0.0) == (0.0, 0.0, 0.0)
    assert outlook.middle("park1", 300.0)[2] < 60


def test_a_silent_facility_is_foreseen_by_its_usual_day_with_wider_intervals() -> None:
    days = made_days(MadeDays(12, 6))
    learnt = learn(days)
    recent = recent_of(days, 10, 120)
    seen = learnt.outlook(0, days.day_types[10], 120, recent)
    silent = replace(recent, occupied=np.full(3, np.nan), entered=np.full((3, 12), np.nan))
    blind = learnt.outlook(0, days.day_types[10], 120, silent)
    width = [one.middle("park1", 900.0)[2] - one.middle("park1", 900.0)[0] for one in (seen, blind)]
    assert width[1] > 1.5 * width[0]


def test_without_a_day_known_what_comes_lately_goes_on() -> None:
    learnt = unlearnt(("a",), np.array([100.0]))
    recent = Recent(np.array([50.0]), np.full((1, 12), 6.0), np.zeros((1, 12)))
    mean, quantiles = learnt.cars("weekday", 0, recent)
    assert mean[0, 0] == pytest.approx(50 * (1 - 1 / 24) + 6)
    assert quantiles.shape == (1, HORIZONS, len(LEVELS))
    with pytest.raises(InvalidInputError, match="4 days"):
        learn(made_days(MadeDays(3, 1)))


def test_samples_become_days_by_the_clock_of_the_city() -> None:
    at = dt.datetime(2026, 3, 2, 16, 5, tzinfo=dt.UTC)  # 00:05 of the next day in Shanghai
    at_ms = round(at.timestamp() * 1000)
    samples = [
        OccupancySample("a", at_ms, 40, 100, Trust.GOOD, 5, 2),
        OccupancySample("a", at_ms + 300_000, 30, 100, Trust.GOOD),
        OccupancySample("a", at_ms + 600_000, 34, 100, Trust.GOOD),
        OccupancySample("a", at_ms + 900_000, 1, 100, Trust.DOUBTFUL),
    ]
    days = days_of(samples, "Asia/Shanghai", {dt.date(2026, 3, 3): "holiday"})
    assert (days.dates, days.day_types) == ((dt.date(2026, 3, 3),), ("holiday",))
    assert days.occupied[0, 0, 1:4].tolist() == [60.0, 70.0, 66.0]
    assert (days.entered[0, 0, 1], days.left[0, 0, 1]) == (5.0, 2.0)
    assert (days.entered[0, 0, 2], days.left[0, 0, 2]) == (0.0, 4.0)
    assert np.isnan(days.occupied[0, 0, 4])
    with pytest.raises(InvalidInputError, match="no sample"):
        days_of([], "UTC")
