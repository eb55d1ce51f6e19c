"""Key figures of the city, of one minute and as means of five."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.centre.shelves import ShelfSpec
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.city_minute import CityMinute
from signal_ctrl.watch.link_table import Congestion

SLOT_MS: Final = 300_000
"""Figures are kept for so long each; totals of 5 minutes, SAFETY part D, retention. [ms]"""
FIGURES_KEPT_MS: Final = 3 * 366 * 86_400_000
_METRES_A_KM: Final = 1000.0
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Figures:
    """What the roads of a minute say together. None: it is not known. [km/h] [veh] [veh h/h]

    `vehicles`, how many are on the roads that are known; `delay_veh_h_h`, what they lose against free speed: in an hour
    like this minute so many vehicle-hours.
    """

    trunk_kmh: float | None
    whole_kmh: float | None
    vehicles: float | None
    delay_veh_h_h: float | None
    jammed: int


@dataclass(frozen=True, slots=True)
class WorstJunction:
    """A junction by what is lost on the roads that lead to it. [veh h/h] [m]"""

    junction: str
    delay_veh_h_h: float
    queue_m: float | None
    road: str


@dataclass(frozen=True, slots=True)
class CitySlot:
    """Five minutes of the city: means of the figures of its minutes, and what was live at its end. [ms]"""

    from_utc_ms: int
    trunk_kmh: float | None
    vehicles: float | None
    delay_veh_h_h: float | None
    alarms: int
    overrides: int
    heard: int

    def __post_init__(self) -> None:
        if self.from_utc_ms % SLOT_MS:
            raise InvalidInputError("figures are kept for whole slots of five minutes")


CITY_FIGURES: Final = ShelfSpec(
    "city_figures",
    CitySlot,
    key=lambda s: f"{s.from_utc_ms:016d}",
    at_utc_ms=lambda s: s.from_utc_ms,
    columns={},
)


class FigureMaker:
    """Makes the figures of minutes of one network."""

    def __init__(self, network: RoadNetwork) -> None:
        self._network = network
        self._congestion = Congestion(network)
        self._length_km = np.array([road.length_m for road in network.roads]) / _METRES_A_KM
        self._free_mps = np.array([road.free_speed_mps for road in network.roads])
        self._signals = sorted({road.signal for road in network.roads if road.signal})
        place = {name: at for at, name in enumerate(self._signals)}
        self._signal_of = np.array([place.get(road.signal, -1) for road in network.roads])

    def of(self, minute: CityMinute) -> Figures:
        """Return the figures of a minute."""
        vehicles, delay = self._sums(minute)
        whole, trunk = self._congestion.whole(minute), self._congestion.trunk(minute)
        return Figures(
            trunk_kmh=_rounded(trunk.speed_kmh, 1),
            whole_kmh=_rounded(whole.speed_kmh, 1),
            vehicles=_rounded(_sum_of(vehicles), 0),
            delay_veh_h_h=_rounded(_sum_of(delay), 1),
            jammed=whole.jammed,
        )

    def worst(self, minute: CityMinute, most: int = 10) -> tuple[WorstJunction, ...]:
        """Return the junctions where the most is lost, the worst first; none where nothing is."""
        delay = np.nan_to_num(self._sums(minute)[1])
        leads = self._signal_of >= 0
        lost = np.bincount(self._signal_of[leads], weights=delay[leads], minlength=len(self._signals))
        order = [int(at) for at in np.argsort(-lost, kind="stable")[:most] if lost[at] >= _LEAST_LOST]
        return tuple(self._junction(at, float(lost[at]), delay, minute) for at in order)

    def _junction(self, at: int, lost: float, delay: Floats, minute: CityMinute) -> WorstJunction:
        own = np.flatnonzero(self._signal_of == at)
        queues = minute.queue_m[own]
        queue_m = float(np.nanmax(queues)) if np.isfinite(queues).any() else None
        worst = self._network.roads[int(own[np.argmax(delay[own])])]
        return WorstJunction(self._signals[at], round(lost, 1), _rounded(queue_m, 0), worst.name or worst.road)

    def _sums(self, minute: CityMinute) -> tuple[Floats, Floats]:
        """Return vehicles on each road, and what they lose: n (1 - v / v_free). [veh] [veh h/h]"""
        vehicles = minute.density_veh_km.astype(np.float64) * self._length_km
        lost = np.clip(1.0 - minute.speed_mps.astype(np.float64) / self._free_mps, 0.0, 1.0)
        return vehicles, vehicles * lost


_LEAST_LOST: Final = 0.05
"""What is lost at a junction that is named at least: what rounds to 0 is nothing. [veh h/h]"""


def mean_of(found: Sequence[Figures]) -> dict[str, float | None]:
    """Return the means of figures, each over those that are known.

    >>> mean_of([Figures(30.0, 30.0, 10.0, None, 0), Figures(40.0, 30.0, None, None, 1)])["trunk_kmh"]
    35.0
    """
    names = [each.name for each in fields(Figures)]
    return {name: mean([getattr(each, name) for each in found]) for name in names}


def mean(values: Sequence[Any]) -> float | None:
    """Return the mean of what is known, to one digit; None where nothing is."""
    known = [float(each) for each in values if each is not None]
    return round(math.fsum(known) / len(known), 1) if known else None


def _sum_of(values: Floats) -> float | None:
    """Return the sum of what is known; None where nothing is."""
    known = np.isfinite(values)
    return float(values[known].sum()) if known.any() else None


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
