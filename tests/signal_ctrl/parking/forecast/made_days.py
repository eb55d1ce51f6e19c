"""Made-up days of parking: cars come by a profile that differs from day to day, each with a stay of its own."""

import datetime as dt

import numpy as np

from signal_ctrl.parking.forecast.series import SLOTS, ParkingDays, day_type


def made_days(n_days: int, seed: int, capacity: tuple[int, ...] = (400, 250, 600)) -> ParkingDays:
    """Return days in which cars come one by one and are turned away where it is full."""
    draw = np.random.default_rng(seed)
    dates = [dt.date(2026, 3, 2) + dt.timedelta(days=k) for k in range(n_days)]
    arrays = np.zeros((3, n_days, len(capacity), SLOTS))
    for d, date in enumerate(dates):
        busy = 1.0 if date.weekday() < 5 else 0.6
        for f, room in enumerate(capacity):
            arrays[:, d, f] = _day(draw, room, busy * draw.lognormal(0.0, 0.12), f)
    types = tuple(day_type(date, {}) for date in dates)
    names = tuple(f"f{k}" for k in range(len(capacity)))
    return ParkingDays(names, np.array(capacity, dtype=float), tuple(dates), types, *arrays)


def _day(draw: np.random.Generator, room: int, level: float, kind: int) -> np.ndarray:
    slots = np.arange(SLOTS)
    peaks = np.exp(-0.5 * ((slots - 100 - 6 * kind) / 18) ** 2) + 0.7 * np.exp(-0.5 * ((slots - 220) / 20) ** 2)
    rate = level * room * (0.042 * peaks + 0.001)
    leaves = np.zeros(SLOTS + 1)
    found, inside = np.zeros((3, SLOTS)), int(0.15 * room)
    np.add.at(leaves, np.minimum(draw.exponential(40, inside).astype(int), SLOTS), 1)
    for slot in range(SLOTS):
        gone = int(leaves[slot])
        came = min(int(draw.poisson(rate[slot])), room - inside + gone)
        found[:, slot] = inside, came, gone
        ends = slot + 1 + draw.gamma(2.0, 15.0, came).astype(int)
        np.add.at(leaves, np.minimum(ends, SLOTS), 1)
        inside += came - gone
    return found
