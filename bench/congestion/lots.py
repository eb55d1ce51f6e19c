"""What one day brings, drawn by lot: how many travel and from where, rain, an event, and lanes that are blocked."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
SLOT_S: Final = 300.0
_SCALE_SD: Final = 0.12
_ORIGIN_SD: Final = 0.15
_DRIFT_SD: Final = 0.10
_DRIFT_S: Final = 2400.0
_RAIN_SHARE: Final = 0.2
_EVENT_SHARE: Final = 0.15
_INCIDENTS: Final = 1.2
_LENGTHS_S: Final = (600.0, 2400.0)
_TOLD_S: Final = 180.0


@dataclass(frozen=True, slots=True)
class Blocked:
    """A vehicle stands on a lane and blocks it. `told_s`, when the centre hears of it; `said_s`, the end it is told."""

    road: str
    lane: int
    position_m: float
    from_s: float
    to_s: float
    told_s: float
    said_s: float


@dataclass(frozen=True, slots=True)
class Event:
    """Traffic to or from one place grows by a factor for a time, as the calendar said beforehand."""

    road: str
    factor: float
    from_s: float
    to_s: float


@dataclass(frozen=True, slots=True, eq=False)
class DayLots:
    """One day. `level` by slot and `origin` by road multiply the usual demand; `rain`, 0 dry to 1 heavy."""

    seed: int
    level: FloatArray
    origins: dict[str, float]
    rain: float
    event: Event | None
    blocked: tuple[Blocked, ...]


def curve(share: FloatArray) -> FloatArray:
    """Return the demand over the usual hour's by the share of the day that is over: a rise, a peak, a fall.

    >>> curve(np.array([0.0, 0.45, 1.0])).round(2).tolist()
    [0.54, 1.1, 0.46]
    """
    return np.asarray(0.4 + 0.7 * np.exp(-0.5 * ((share - 0.45) / 0.25) ** 2))


def draw_day(
    seed: int, scale: float, length_s: float, origins: tuple[str, ...], places: tuple[tuple[str, int, float], ...]
) -> DayLots:
    """Return the lots of a day.

    Args: origins, roads that trips begin on; places, roads with lanes and length [m] on which a lane may be blocked.
    """
    dice = np.random.default_rng(seed)
    slots = int(length_s // SLOT_S)
    base = scale * np.exp(dice.normal(0.0, _SCALE_SD))
    level = base * curve((np.arange(slots) + 0.5) / slots) * np.exp(_drift(dice, slots))
    each = {road: float(np.exp(dice.normal(0.0, _ORIGIN_SD))) for road in origins}
    rain = float(dice.uniform(0.3, 1.0)) if dice.random() < _RAIN_SHARE else 0.0
    event = _event(dice, length_s, origins) if dice.random() < _EVENT_SHARE else None
    number = int(dice.poisson(_INCIDENTS)) if places else 0
    return DayLots(seed, level, each, rain, event, tuple(_blocked(dice, length_s, places) for _ in range(number)))


def _drift(dice: np.random.Generator, slots: int) -> FloatArray:
    """Return a wandering logarithm of the level (Ornstein and Uhlenbeck)."""
    keep = float(np.exp(-SLOT_S / _DRIFT_S))
    found = np.zeros(slots)
    now = dice.normal(0.0, _DRIFT_SD)
    for k in range(slots):
        found[k] = now
        now = keep * now + np.sqrt(1 - keep**2) * dice.normal(0.0, _DRIFT_SD)
    return found


def _event(dice: np.random.Generator, length_s: float, origins: tuple[str, ...]) -> Event:
    begin_s = float(dice.uniform(0.15, 0.6)) * length_s
    return Event(str(dice.choice(origins)), float(dice.uniform(1.5, 2.5)), begin_s, begin_s + 0.25 * length_s)


def _blocked(dice: np.random.Generator, length_s: float, places: tuple[tuple[str, int, float], ...]) -> Blocked:
    road, lanes, length_m = places[int(dice.integers(len(places)))]
    begin_s = float(dice.uniform(0.1, 0.75)) * length_s
    lasts_s = float(np.exp(dice.uniform(*np.log(_LENGTHS_S))))
    said_s = begin_s + lasts_s * float(np.exp(dice.normal(0.0, 0.3)))
    lane, share = int(dice.integers(lanes)), float(dice.uniform(0.3, 0.9))
    return Blocked(road, lane, share * length_m, begin_s, begin_s + lasts_s, begin_s + _TOLD_S, said_s)
