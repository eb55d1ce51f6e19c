"""Weeks of counts of a made-up signal: trips by purpose, drawn by lot from causes that a forecast does not see.

Nothing here knows of profiles, ratios or filters. People of each purpose live and work around the signal; each day a
share of them drives, at hours that they prefer, and comes home when they have done what they drove for. Weather,
events, incidents, school holidays and growth change how many drive, when, and on which approach. What is counted is a
Poisson number around the rate that follows, so the rate is the floor of any forecast's error. Numbers are assumptions
of a busy urban signal, not measurements.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.forecast.happenings import Happening, Happenings, happenings
from bench.forecast.purposes import PURPOSES
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.schedule import SpecialDay, kind_of_date

FloatArray = NDArray[np.float64]
MINUTES: Final = 1440
EDGES: Final = ("north", "east", "south", "west")
_HOURS: Final = (np.arange(MINUTES) + 0.5) / 60.0
_WORKING: Final = frozenset({"mon", "tue", "wed", "thu", "fri"})


@dataclass(frozen=True, slots=True)
class TownRules:
    """What town is made. `variation` scales everything by which one day differs from the next of its kind: 1 is usual.

    `start` is a date; `interval_s` divides an hour; `size` scales all traffic.
    """

    seed: int
    weeks: int = 10
    interval_s: int = 900
    variation: float = 1.0
    start: dt.date = dt.date(2026, 3, 2)
    size: float = 1.0
    gaps: float = 1.0

    def __post_init__(self) -> None:
        if not 1 <= self.weeks <= 150 or self.interval_s not in (60, 300, 900):
            raise InvalidInputError("a town needs 1 to 150 weeks and intervals of 1, 5 or 15 min")
        if not (0 <= self.variation <= 5 and 0 < self.size <= 10 and 0 <= self.gaps <= 10 and self.seed >= 0):
            raise InvalidInputError("a town needs a seed of 0 or more, a variation of 0 to 5 and a size of 0 to 10")


_PEOPLE: Final = (840, 5200, 1400, 3000, 3800, 3800, 3000, 1800, 7200, 520)
"""Who passes the signal, by purpose, all approaches together."""


@dataclass(frozen=True, slots=True, eq=False)
class Town:
    """What was made. vehicles and rate (n_days, n_slots, n_approaches) [veh], NaN where a detector had a gap;
    turns (n_approaches, 3), shares of the ways out.
    """

    rules: TownRules
    dates: tuple[dt.date, ...]
    special: tuple[SpecialDay, ...]
    edges: tuple[str, ...]
    rate_veh: FloatArray
    vehicles: FloatArray
    turns: FloatArray
    happened: tuple[Happening, ...]


@dataclass(slots=True)
class _People:
    """Who lives where, the same on all days: people by purpose and the approaches of their ways there and back."""

    dice: np.random.Generator
    size: float
    there: FloatArray = field(init=False)
    back: FloatArray = field(init=False)
    moments: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        n = len(EDGES)
        people = self.size * np.asarray(_PEOPLE) * self.dice.uniform(0.85, 1.15, len(PURPOSES))
        self.there = people[:, None] * self.dice.dirichlet(np.full(n, 2.5), len(PURPOSES))
        opposite = np.roll(self.there, n // 2, axis=1)
        elsewhere = people[:, None] * self.dice.dirichlet(np.full(n, 4.0), len(PURPOSES))
        self.back = 0.75 * opposite + 0.25 * elsewhere
        self.moments = self.dice.normal(0.0, 0.25, len(PURPOSES))


def make_town(rules: TownRules) -> Town:
    """Return the counts of a town; the same rules give the same ones."""
    dice = np.random.default_rng(rules.seed)
    dates = tuple(rules.start + dt.timedelta(days=k) for k in range(7 * rules.weeks))
    people = _People(dice, rules.size)
    special = _special_days(dates, dice)
    told = happenings(dates, rules.variation, len(EDGES), dice)
    calendar = {day.date: day.day_type for day in special}
    growth = _growth(len(dates), dice)
    minutes = np.zeros(((len(dates) + 1) * MINUTES, len(EDGES)))
    for day, date in enumerate(dates):
        class_ = _class_of(kind_of_date(date, calendar))
        own = growth[day] * _day(people, class_, told, day, rules.variation, dice)
        minutes[day * MINUTES : (day + 2) * MINUTES] += own[: len(minutes) - day * MINUTES]
    minutes = told.moved(minutes[: len(dates) * MINUTES])
    steps = rules.interval_s // 60
    rate = minutes.reshape(len(dates), MINUTES // steps, steps, len(EDGES)).sum(axis=2)
    counted = dice.poisson(rate).astype(np.float64)
    counted[_gaps(rate.shape, rules, dice)] = np.nan
    turns = dice.dirichlet((2.5, 8.0, 2.0), len(EDGES))
    return Town(rules, dates, special, EDGES, rate, counted, turns, told.told)


def _class_of(kind: str) -> int:
    """Return whether a day is as a working day (0), a Saturday (1) or a Sunday (2); a holiday is as a Sunday."""
    return 0 if kind in _WORKING else 1 if kind == "sat" else 2


def _special_days(dates: Sequence[dt.date], dice: np.random.Generator) -> tuple[SpecialDay, ...]:
    """Return a holiday every four weeks or so, every second one made up for on a Saturday after it."""
    found = []
    for k, week in enumerate(range(1, len(dates) // 7, 4)):
        day = 7 * week + int(dice.integers(0, 5))
        found.append(SpecialDay(dates[day], "holiday", "made up"))
        saturday = 7 * week + 12
        if k % 2 and saturday < len(dates):
            found.append(SpecialDay(dates[saturday], "mon", "makes up for the holiday"))
    return tuple(found)


def _growth(n_days: int, dice: np.random.Generator) -> FloatArray:
    """Return the factor of the season by day: a slow wave and growth, a few per cent over some weeks."""
    days = np.arange(n_days)
    wave = 0.05 * np.sin(2 * np.pi * (days / 180.0 + dice.uniform()))
    return np.asarray((1.0 + dice.normal(0.0, 0.0008) * days) * (1.0 + wave - wave[0]))


def _day(
    people: _People, class_: int, told: Happenings, day: int, variation: float, dice: np.random.Generator
) -> FloatArray:
    """Return the rate of the trips that begin on a day, of it and the next one. (2 * 1440, n_approaches) [veh/min]"""
    found = np.zeros((2 * MINUTES, len(EDGES)))
    common = dice.normal(0.0, 0.03 * variation)
    late_h = dice.normal(0.0, 0.05 * variation)
    for k, purpose in enumerate(PURPOSES):
        mood = 1.0 + common + dice.normal(0.0, purpose.moods * variation) + _locally(dice, variation)
        weather = told.weather_factor(day, purpose)
        share = np.clip(purpose.share[class_] * mood * weather * told.school(day, purpose), 0.0, 1.3)
        own_h = dice.normal(0.0, 0.07 * variation)
        shift_h = own_h + late_h + (told.weather_shift_h(day) if purpose.commute else 0.0)
        wider = 1.0 + (0.12 if purpose.commute and told.is_wet(day, 7.5) else 0.0)
        go_h, sd_h = purpose.go_h[0] + people.moments[k] + shift_h, purpose.go_h[1] * wider
        found += _passing(go_h, sd_h)[:, None] * (people.there[k] * share)[None, :]
        home_h = go_h + purpose.stay_h[0] + dice.normal(0.0, 0.08 * variation)
        spread_h = float(np.hypot(sd_h, purpose.stay_h[1]))
        found += _passing(home_h, spread_h)[:, None] * (people.back[k] * share)[None, :]
    return found


def _locally(dice: np.random.Generator, variation: float) -> FloatArray:
    """Return by how much more or fewer drive on each approach that day. (n_approaches,)"""
    return dice.normal(0.0, 0.04 * variation, len(EDGES))


def _passing(mean_h: float, sd_h: float) -> FloatArray:
    """Return the share that passes in each minute of two days. (2 * 1440,)"""
    hours = np.concatenate([_HOURS, _HOURS + 24.0])
    share = np.exp(-0.5 * ((hours - mean_h) / sd_h) ** 2)
    return np.asarray(share / share.sum())


def _gaps(shape: tuple[int, ...], rules: TownRules, dice: np.random.Generator) -> NDArray[np.bool_]:
    """Return where nothing was counted: a detector out of order for hours, or the line of the signal cut."""
    n_days, n_slots, n_approaches = shape
    missing = np.zeros((n_days * n_slots, n_approaches), dtype=np.bool_)
    slots_h = 3600.0 / rules.interval_s
    for k in range(n_approaches):
        for _ in range(dice.poisson(rules.gaps * 0.5 * n_days / 7)):
            begin = int(dice.integers(0, len(missing)))
            missing[begin : begin + 1 + int(slots_h * dice.lognormal(0.5, 1.0)), k] = True
    for _ in range(dice.poisson(rules.gaps * n_days / 28)):
        begin = int(dice.integers(0, len(missing)))
        missing[begin : begin + 1 + int(slots_h * dice.lognormal(1.0, 1.0))] = True
    return missing.reshape(shape)
