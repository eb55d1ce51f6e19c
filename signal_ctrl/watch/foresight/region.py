"""The region as a whole: vehicles on the network ahead, and how many let the most pass.

Speed falls with accumulation; production, vehicle-kilometres an hour, is the greatest at the critical accumulation.
Sources: Godfrey 1969, "The mechanism of a road network"; Daganzo & Geroliminis 2008, "An analytical approximation for
the macroscopic fundamental diagram of urban traffic".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.watch.foresight.city_arrays import CityArrays
from signal_ctrl.watch.foresight.days import WatchedDay
from signal_ctrl.watch.foresight.outlook import Present, region_of
from signal_ctrl.watch.foresight.rows import origins, present_of, target
from signal_ctrl.watch.foresight.usual import FILL, Usual
from signal_ctrl.watch.foresight.values import LEVEL, RegionForecast

FloatArray = npt.NDArray[np.float64]
_REACHED: Final = 1.1
_LEAST_SLOTS: Final = 40
_RIDGE: Final = 3.0


@dataclass(frozen=True, slots=True)
class Fundamental:
    """Speed by accumulation, of the shape that fits best. `critical_veh` None: it was never nearly reached."""

    shape: str
    free_mps: float
    critical_veh: float | None
    error_veh_km_h: float
    most_veh: float


Shape = Callable[[FloatArray, float], FloatArray]
SHAPES: Final[dict[str, tuple[float, float]]] = {
    "straight": (1.0, 0.5),
    "exponential": (1.0, 1.0),
    "bell": (2.0, 0.5),
}
"""By name: power of the accumulation in the exponent, and factor; Greenshields 1935, Underwood 1961, Drake 1967."""


def fundamental_of(days: Sequence[WatchedDay], city: CityArrays) -> Fundamental | None:
    """Return the diagram of the region, None for fewer than 40 slots with traffic."""
    vehicles, speed = _points(days, city)
    if len(vehicles) < _LEAST_SLOTS:
        return None
    fits = [_fit(shape, vehicles, speed) for shape in SHAPES]
    return min(fits, key=lambda each: each.error_veh_km_h)


def _points(days: Sequence[WatchedDay], city: CityArrays) -> tuple[FloatArray, FloatArray]:
    """Return accumulation and mean speed, vehicles weighted alike, of each slot with traffic."""
    found = []
    for day in days:
        vehicles = np.nan_to_num(day.seen.fill.astype(np.float64)) * city.room_veh
        speed = np.nan_to_num(day.seen.ratio.astype(np.float64), nan=1.0) * city.free_mps
        total = vehicles.sum(axis=1)
        found.append(np.stack([total, (vehicles * speed).sum(axis=1) / np.maximum(total, 1e-9)], axis=1)[total > 1])
    points = np.concatenate(found)
    return points[:, 0], points[:, 1]


def _fit(shape: str, vehicles: FloatArray, speed: FloatArray) -> Fundamental:
    power, _ = SHAPES[shape]
    wanted = speed if shape == "straight" else np.log(np.maximum(speed, 0.1))
    design = np.stack([np.ones_like(vehicles), -(vehicles**power)], axis=1)
    (level, slope), *_ = np.linalg.lstsq(design, wanted, rcond=None)
    said = design @ np.array([level, slope])
    said_mps = np.maximum(said, 0.0) if shape == "straight" else np.exp(said)
    error = float(np.sqrt((((said_mps - speed) * vehicles * 3.6) ** 2).mean()))
    most = float(np.quantile(vehicles, 0.99))
    critical = _critical(shape, float(level), float(slope))
    free = float(level) if shape == "straight" else float(np.exp(level))
    return Fundamental(
        shape, free, critical if critical is not None and critical <= _REACHED * most else None, error, most
    )


def _critical(shape: str, level: float, slope: float) -> float | None:
    """Return where vehicles times speed is the greatest, by the derivative of each shape."""
    if slope <= 0:
        return None
    if shape == "straight":
        return level / (2 * slope)
    return 1 / slope if shape == "exponential" else float(np.sqrt(1 / (2 * slope)))


@dataclass(frozen=True, slots=True, eq=False)
class RegionModel:
    """Accumulation over the usual at a horizon, as a straight line of what is seen now; errors of days left out."""

    ahead_min: int
    weights: FloatArray
    errors: FloatArray

    def forecast(
        self, present: Present, then: FloatArray, usual: Usual, city: CityArrays, critical_veh: float | None
    ) -> RegionForecast:
        """Return the forecast. Args: then, factors at the horizon."""
        seen, base = _seen(present, then, usual, city, self.ahead_min)
        middle = base * float(np.exp(seen @ self.weights))
        low, high = (
            middle * float(np.exp(each)) for each in np.quantile(self.errors, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        )
        over = None
        if critical_veh is not None:
            over = float((middle * np.exp(self.errors) > critical_veh).mean())
        return RegionForecast(self.ahead_min, middle, low, high, critical_veh, over)


def learn_region(
    days: Sequence[WatchedDay], usuals: Sequence[Usual], ahead_min: int, city: CityArrays, folds: int
) -> RegionModel:
    """Return what the accumulation of past days teaches for one horizon, as far as days left out agree."""
    rows, wanted, at = [], [], []
    for k, (day, usual) in enumerate(zip(days, usuals, strict=True)):
        for origin in origins(day, ahead_min):
            then = target(origin, ahead_min)
            seen, base = _seen(present_of(day, origin), day.factors_at(then), usual, city, ahead_min)
            rows.append(seen)
            wanted.append(np.log((float(np.nansum(day.seen.fill[then] * city.room_veh)) + 1.0) / base))
            at.append(k)
    x, y, fold = np.stack(rows), np.array(wanted), np.array(at) % folds
    said = np.zeros(len(y))
    for k in set(fold.tolist()):
        said[fold == k] = x[fold == k] @ _ridge(x[fold != k], y[fold != k])
    trust = float(np.clip(said @ y / max(float(said @ said), 1e-9), 0.0, 1.0))
    return RegionModel(ahead_min, trust * _ridge(x, y), y - trust * said)


def _ridge(x: FloatArray, y: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.solve(x.T @ x + _RIDGE * np.eye(x.shape[1]), x.T @ y))


def _seen(
    present: Present, then: FloatArray, usual: Usual, city: CityArrays, ahead_min: int
) -> tuple[FloatArray, float]:
    """Return what the line sees, and the usual accumulation at the horizon. [veh]"""
    region = region_of(present, usual, city)
    usual_veh = float((usual.at(present.slot - 1 + ahead_min // 5)[FILL] * city.room_veh).sum())
    change = float(np.log(then[2] / present.factors_now[2]).mean())
    load = usual_veh / float(city.room_veh.sum())
    row = [1.0, region.vehicles_over, region.inflow_over, region.trend, region.jammed, change]
    more = [
        region.vehicles_over * load,
        region.inflow_over * load,
        float(np.log(then[0]).mean()),
        float(np.log(then[2]).mean()),
    ]
    return np.array([*row, *more]), usual_veh + 1.0
