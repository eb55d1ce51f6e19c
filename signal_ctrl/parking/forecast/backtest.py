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

EVERY_SLOTS: Final = 3
SHOWN_MIN: Final = (5, 15, 30, 45, 60)
WORST_MIN: Final = 15
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
    """Scores by horizon, the worst facility 15 min ahead, and of how many days each was made.

    `scores` holds only horizons that the days judged reach; `beyond`, those that they do not. [min]
    """

    scores: tuple[Score, ...]
    by_facility: tuple[tuple[str, float], ...]
    learned_days: int
    judged_days: int
    beyond: tuple[int, ...] = ()


def backtest(
    days: ParkingDays, train_days: int, told: Callable[[str], None] = lambda _: None, every_slots: int = EVERY_SLOTS
) -> Backtest:
    """Learn from the first days and judge on the others, from every so many slots on.

    Raises: InvalidInputError for too few of either, and for days that are over before anything can be judged.
    """
    if every_slots < 1:
        raise InvalidInputError(f"forecasts are judged every 5 min or less often, not every {every_slots} slots")
    n = len(days.dates)
    if not 0 < train_days < n:
        raise InvalidInputError(f"of {n} days 1 to {n - 1} may be learned from, not {train_days}")
    learnt = learn(days.only(np.arange(train_days)))
    cases: list[tuple[Floats, ...]] = []
    for day in range(train_days, n):
        told(f"{days.dates[day]}")
        cases += [_case(days, learnt, day, slot) for slot in range(0, SLOTS, every_slots)]
    stacked = [np.stack(parts) for parts in zip(*cases, strict=True)]
    held = tuple(ahead for ahead in SHOWN_MIN if np.isfinite(stacked[0][:, :, _slot(ahead)]).any())
    if WORST_MIN not in held:
        raise InvalidInputError(f"the days judged hold nothing {WORST_MIN} min ahead")
    scores = tuple(_score(stacked, ahead, days.capacity) for ahead in held)
    truth, mean = (part[:, :, _slot(WORST_MIN)] for part in stacked[:2])
    missed = np.abs(truth - mean)
    seen = np.isfinite(missed)
    error = np.where(seen, missed, 0.0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1) / days.capacity
    worst = sorted(zip(days.facilities, error.tolist(), strict=True), key=lambda row: -row[1])
    beyond = tuple(ahead for ahead in SHOWN_MIN if ahead not in held)
    return Backtest(scores, tuple(worst), train_days, n - train_days, beyond)


def _slot(ahead_min: int) -> int:
    """Return the index of the slot at whose end it is so many minutes later."""
    return round(60 * ahead_min / SLOT_S) - 1


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
    at = _slot(ahead_min)
    truth, mean, low, high, now, usual, floor = (part[:, :, at] for part in stacked)
    room = np.broadcast_to(capacity, truth.shape)
    known = np.isfinite(truth)
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
