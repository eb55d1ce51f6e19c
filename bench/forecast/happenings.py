"""What happens in the made-up town: rain and fog, events, incidents, holidays of the school."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.forecast.purposes import Purpose

FloatArray = NDArray[np.float64]
MINUTES: Final = 1440
_H: Final = 60


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened: its date, what, from when to when [h of the day], how much, and on which approach."""

    date: dt.date
    what: str
    from_h: float
    to_h: float
    size: float
    approach: int = -1


@dataclass(frozen=True, slots=True, eq=False)
class Happenings:
    """All that happened from a first date on.

    wet (n_days, 24), how wet each hour was (0-1); fog_min (n_days,), by how much fog delays [min]; school_holiday
    (n_days,); extra (n_days * 1440, n_approaches) [veh/min], of events.
    """

    first: dt.date
    told: tuple[Happening, ...]
    variation: float
    wet: FloatArray
    fog_min: FloatArray
    school_holiday: NDArray[np.bool_]
    extra: FloatArray

    def weather_factor(self, day: int, purpose: Purpose) -> float:
        """Return the share of those who drive, of those who would by dry weather: who is free stays at home."""
        hour = int(min(purpose.go_h[0], 23))
        wet = float(self.wet[day, max(hour - 1, 0) : hour + 2].mean())
        return 1.0 - purpose.dry * wet * min(self.variation, 1.5)

    def weather_shift_h(self, day: int) -> float:
        """Return how much later commuters pass: some leave earlier when it rains, all are slower. [h]"""
        return float(0.2 * self.wet[day, 5:8].mean() * self.variation + self.fog_min[day] / 60.0)

    def is_wet(self, day: int, hour_h: float) -> bool:
        """Return whether it rains at an hour."""
        return bool(self.wet[day, int(hour_h)] > 0)

    def school(self, day: int, purpose: Purpose) -> float:
        """Return the share of those who drive, of those who do outside the holidays of the school."""
        if not self.school_holiday[day]:
            return 1.0
        return {"school": 0.05, "office": 0.86, "outing": 1.3}.get(purpose.name, 1.0)

    def moved(self, minutes: FloatArray) -> FloatArray:
        """Return the rate with events added and each incident's traffic sent elsewhere or kept until it is over.

        minutes (n_days * 1440, n_approaches) [veh/min]
        """
        found = minutes + self.extra
        for one in self.told:
            if one.what == "incident":
                self._blocked(found, one)
        return found

    def _blocked(self, rate: FloatArray, one: Happening) -> None:
        """Take the share `size` off an approach: half of it comes by the next one, a third comes when it is over."""
        day = (one.date - self.first).days
        begin, end = (int(day * MINUTES + hour * _H) for hour in (one.from_h, one.to_h))
        end = min(end, len(rate))
        lost = one.size * rate[begin:end, one.approach]
        rate[begin:end, one.approach] -= lost
        rate[begin:end, (one.approach + 1) % rate.shape[1]] += 0.5 * lost
        after = min(end + 25, len(rate))
        if after > end:
            rate[end:after, one.approach] += lost.sum() / 3.0 / (after - end)


def happenings(dates: Sequence[dt.date], variation: float, n: int, dice: np.random.Generator) -> Happenings:
    """Return what happens on some dates on n approaches, drawn by lot; nothing where the variation is 0."""
    told: list[Happening] = []
    wet, fog = np.zeros((len(dates), 24)), np.zeros(len(dates))
    extra = np.zeros((len(dates) * MINUTES, n))
    for day, date in enumerate(dates):
        _weather(told, wet, fog, (day, date), variation, dice)
        if dice.uniform() < 1.0 - np.exp(-variation * (0.25 if date.weekday() >= 4 else 0.07)):
            told.append(_event(date, dice))
            _visitors(extra, day, told[-1], dice)
        if dice.uniform() < 1.0 - np.exp(-0.17 * variation):
            from_h = float(dice.triangular(6.0, 15.0, 21.0))
            to_h = from_h + float(np.clip(dice.lognormal(-0.4, 0.5), 0.2, 2.5))
            told.append(Happening(date, "incident", from_h, to_h, float(dice.uniform(0.3, 0.9)), int(dice.integers(n))))
    school = np.zeros(len(dates), dtype=np.bool_)
    if variation > 0:
        for begin in range(int(dice.integers(7, 70)) // 7 * 7, len(dates), 91):
            school[begin : begin + 7] = True
            told.append(Happening(dates[begin], "school holiday", 0.0, 24.0, 7.0))
    return Happenings(dates[0], tuple(told), variation, wet, fog, school, extra)


def _weather(
    told: list[Happening],
    wet: FloatArray,
    fog: FloatArray,
    when: tuple[int, dt.date],
    variation: float,
    dice: np.random.Generator,
) -> None:
    day, date = when
    if dice.uniform() < 0.3 * min(variation, 2.0):
        from_h, hours = float(dice.uniform(0.0, 22.0)), float(np.clip(dice.exponential(5.0), 1.0, 24.0))
        how = float(dice.uniform(0.3, 1.0))
        wet[day, int(from_h) : int(min(from_h + hours, 24.0)) + 1] = how
        told.append(Happening(date, "rain", from_h, min(from_h + hours, 24.0), how))
    if dice.uniform() < 0.03 * min(variation, 3.0):
        fog[day] = float(dice.uniform(8.0, 25.0))
        told.append(Happening(date, "fog", 5.0, 9.0, float(fog[day])))


def _event(date: dt.date, dice: np.random.Generator) -> Happening:
    from_h = float(dice.choice([15.5, 18.5, 19.5, 20.0])) if date.weekday() >= 5 else float(dice.choice([19.5, 20.0]))
    return Happening(date, "event", from_h, from_h + float(dice.normal(2.2, 0.2)), float(dice.uniform(200.0, 900.0)))


def _visitors(extra: FloatArray, day: int, event: Happening, dice: np.random.Generator) -> None:
    """Add who comes to an event, over an hour and a half before it, and leaves within half an hour of its end."""
    minutes = np.arange(len(extra))
    for at_h, sd_min in ((event.from_h - 0.6, 24.0), (event.to_h + 0.25, 11.0)):
        at_min = day * MINUTES + at_h * _H
        share = np.exp(-0.5 * ((minutes - at_min) / sd_min) ** 2)
        share /= max(share.sum(), 1e-9)
        extra += event.size * share[:, None] * dice.dirichlet(np.full(extra.shape[1], 1.5))[None, :]
