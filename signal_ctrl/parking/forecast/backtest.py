"""Forecasts of days that nothing was learned from, against what came, beside naive ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.parking.forecast.learning import Learnt, learn, recent_of, truth_of
from signal_ctrl.parking.forecast.model import HORIZONS
from signal_ctrl.parking.forecast.series import SLOT_S, SLOTS, Floats, ParkingDays
from signal_ctrl.parking.outlook import LEVELS

SHOWN_MIN: Final = (5, 15, 30, 45, 60)
LOW, HIGH = (int(np.flatnonzero(level == LEVELS)[0]) for level in (0.05, 0.95))
FULL_SHARE: Final = 0.8
"""From so full on a facility counts as busy: that is when a forecast matters."""


@dataclass(frozen=True, slots=True)
class Score:
    """How good forecasts were so far ahead. Errors as shares of the capacity. [min] [0–1]

    `error`, mean absolute error; `persistence`, of the present; `usual`, of the usual day; `covered`, share of truths
    inside the 90 % interval; `width`, its mean; `floor`, mean absolute error of who knows all rates (Poisson arrivals,
    binomial departures), by what really came and went; the last three for busy facilities alone.
    """

    ahead_min: int
    cases: int
    error: float
    persistence: float
    usual: float
    covered: float
    width: float
    floor: float
    busy_error: float
    busy_covered: float
    busy_cases: int


@dataclass(frozen=True, slots=True)
class Backtest:
    """Scores by horizon, the worst facility 15 min ahead, and of how many days each was made."""

    scores: tuple[Score, ...]
    by_facility: tuple[tuple[str, float], ...]
    learned_days: int
    judged_days: int


def backtest(days: ParkingDays, train_days: int, told: Callable[[str], None] = lambda _: None) -> Backtest:
    """Learn from the first days and judge on the others. Raises: InvalidInputError for too few of either."""
    n = len(days.dates)
    if not 0 < train_days < n:
        raise InvalidInputError(f"of {n} days 1 to {n - 1} may be learned from, not {train_days}")
    learnt = learn(days.only(np.arange(train_days)))
    cases: list[tuple[Floats, ...]] = []
    for day in range(train_days, n):
        told(f"{days.dates[day]}")
        cases += [_case(days, learnt, day, slot) for slot in range(0, SLOTS, 3)]
    stacked = [np.stack(parts) for parts in zip(*cases, strict=True)]
    scores = tuple(_score(stacked, ahead, days.capacity) for ahead in SHOWN_MIN)
    truth, mean = stacked[0][:, :, 2], stacked[1][:, :, 2]
    error = np.nanmean(np.abs(truth - mean), axis=0) / days.capacity
    worst = sorted(zip(days.facilities, error.tolist(), strict=True), key=lambda row: -row[1])
    return Backtest(scores, tuple(worst), train_days, n - train_days)


def _case(days: ParkingDays, learnt: Learnt, day: int, slot: int) -> tuple[Floats, ...]:
    """Return truth, mean, low, high, present, usual day and floor of one origin, each (n, HORIZONS)."""
    recent, kind = recent_of(days, day, slot), days.day_types[day]
    truth = truth_of(days, day, slot, recent)
    mean, quantiles = learnt.cars(kind, slot, recent)
    now = np.repeat(recent.occupied[:, None], HORIZONS, axis=1)
    ahead = (slot + 1 + np.arange(HORIZONS)) % SLOTS
    usual = learnt.usual.get(kind) or next(iter(learnt.usual.values()))
    moved = days.entered[day][:, slot : slot + HORIZONS] + days.left[day][:, slot : slot + HORIZONS]
    moves = np.pad(moved, ((0, 0), (0, HORIZONS - moved.shape[1])), constant_values=np.nan)
    floor = np.sqrt(2 / np.pi * np.cumsum(moves, axis=1))
    return truth, mean, quantiles[..., LOW], quantiles[..., HIGH], now, usual.occupied[:, ahead], floor


def _score(stacked: Sequence[Floats], ahead_min: int, capacity: Floats) -> Score:
    at = round(60 * ahead_min / SLOT_S) - 1
    truth, mean, low, high, now, usual, floor = (part[:, :, at] for part in stacked)
    room = np.broadcast_to(capacity, truth.shape)
    known = np.isfinite(truth)
    if not known.any():
        raise InvalidInputError(f"the days judged hold nothing {ahead_min} min ahead")
    inside = (truth >= low) & (truth <= high)
    busy = known & (truth >= FULL_SHARE * room)

    def error(guess: Floats, where: np.ndarray) -> float:
        kept = where & np.isfinite(guess)
        return float((np.abs(guess - truth)[kept] / room[kept]).mean()) if kept.any() else float("nan")

    return Score(
        ahead_min,
        int(known.sum()),
        error(mean, known),
        error(now, known),
        error(usual, known),
        float(inside[known].mean()),
        float(((high - low) / room)[known].mean()),
        error(truth + floor, known),
        error(mean, busy),
        float(inside[busy].mean()) if busy.any() else float("nan"),
        int(busy.sum()),
    )
