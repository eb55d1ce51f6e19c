import numpy as np
import pytest

from bench.city_speed.city import make_city
from signal_ctrl.watch.state.model import drives_of
from signal_ctrl.watch.state.residuals import Residuals, kinds_of

N_ROADS = 200
FREE_S = np.full(N_ROADS, 30.0)


def test_intervals_of_80_percent_hold_80_percent_of_the_means() -> None:
    """Estimates are wrong by 15 % for all who drive a road in a while; drivers differ by 40 %."""
    draw, residuals = np.random.default_rng(3), Residuals(np.zeros(N_ROADS, dtype=np.int64))
    said_s, inside = FREE_S * 2, []
    for minute in range(240):
        if minute % 10 == 0:
            true_s = said_s * (1 + draw.normal(0, 0.15, N_ROADS))
        drivers_s = true_s[:, None] * (1 + draw.normal(0, 0.4, (N_ROADS, 5)))
        seen = [(road, float(drivers_s[road, 0]), 1.0) for road in range(N_ROADS) if draw.random() < 0.3]
        error_s = residuals.standard_error_s(said_s, np.full(N_ROADS, 5.0))
        inside.append(np.abs(drivers_s.mean(axis=1) - said_s) < 1.2816 * error_s)
        residuals.learn(said_s, drives_of(seen, FREE_S))
    assert np.mean(inside[60:]) == pytest.approx(0.8, abs=0.05)


def test_the_mean_of_many_vehicles_is_known_better_than_one() -> None:
    residuals = Residuals(np.zeros(2, dtype=np.int64))
    few, many = residuals.standard_error_s(np.array([40.0, 40.0]), np.array([1.0, 20.0]))
    assert 0 < many < few


def test_kinds_of_roads_learn_apart() -> None:
    residuals = Residuals(np.array([0, 1] * 50))
    said_s = np.full(100, 30.0)
    for minute in range(60):
        rows = [
            (road, 30.0 * (1 + (0.8 if (road + minute) % 4 < 2 else -0.8) * (road % 2)), 1.0) for road in range(100)
        ]
        residuals.learn(said_s, drives_of(rows, said_s))
    quiet, loud = residuals.standard_error_s(said_s, np.ones(100))[:2]
    assert quiet < 0.3 * loud


def test_kinds_tell_loops_signals_and_short_roads_apart() -> None:
    city = make_city(1)
    loops = np.zeros(len(city.roads), dtype=bool)
    loops[0] = True
    kinds = kinds_of(city, loops)
    assert kinds[0] != kinds[1]
    assert len(set(kinds.tolist())) == 2
