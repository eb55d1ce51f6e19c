"""Learning from days: models by horizon, the better of trees and lines, and what its errors on days left out teach."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.watch.foresight.calibration import Spread, Steps, calibrated, spread_of, threshold
from signal_ctrl.watch.foresight.city_arrays import CityArrays
from signal_ctrl.watch.foresight.days import WatchedDay
from signal_ctrl.watch.foresight.models import MODELS, Pair, fitted
from signal_ctrl.watch.foresight.region import Fundamental, RegionModel, fundamental_of, learn_region
from signal_ctrl.watch.foresight.rows import Rows, rows_of
from signal_ctrl.watch.foresight.usual import Sums, sums_of
from signal_ctrl.watch.foresight.values import AHEAD_MIN, LEVEL

FloatArray = npt.NDArray[np.float64]
FOLDS: Final = 3
LEAST_DAYS: Final = 6

Tell = Callable[[str], None]
"""Called with what is done next."""


@dataclass(frozen=True, slots=True, eq=False)
class Horizon:
    """What was learned for one horizon. `brier`, of each model on days left out, by which the one kept was chosen."""

    ahead_min: int
    model: str
    brier: dict[str, float]
    pair: Pair
    steps: Steps
    spread: Spread
    threshold: float
    region: RegionModel

    def probability(self, seen: FloatArray) -> FloatArray:
        """Return the calibrated probability of a jam."""
        return self.steps.of(self.pair.jam(seen))


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """What days taught."""

    n_days: int
    sums: Sums
    horizons: tuple[Horizon, ...]
    fundamental: Fundamental | None


def learn(days: Sequence[WatchedDay], city: CityArrays, tell: Tell = lambda _line: None) -> Learned:
    """Return what days teach. Raises: InvalidInputError for fewer than six days, or days of another network."""
    if len(days) < LEAST_DAYS:
        raise InvalidInputError(f"{len(days)} days to learn from; a forecast needs {LEAST_DAYS}")
    if any(day.seen.ratio.shape[1] != len(city.names) for day in days):
        raise InvalidInputError(f"a day has not the {len(city.names)} roads of the network")
    tell(f"the usual day of {len(days)} days")
    sums = sums_of(days)
    usuals = [sums.usual(day.kind, without=day) for day in days]
    found = []
    for ahead_min in AHEAD_MIN:
        tell(f"{ahead_min} min ahead: rows")
        rows = rows_of(days, usuals, ahead_min, city)
        region = learn_region(days, usuals, ahead_min, city, FOLDS)
        found.append(_horizon(ahead_min, rows, region, len(city.names), tell))
    return Learned(len(days), sums, tuple(found), fundamental_of(days, city))


def _horizon(ahead_min: int, rows: Rows, region: RegionModel, n_roads: int, tell: Tell) -> Horizon:
    said = {}
    for name in MODELS:
        tell(f"{ahead_min} min ahead: {name}")
        said[name] = _left_out(name, rows)
    brier = {name: float(np.nanmean((jam - rows.jam) ** 2)) for name, (jam, _) in said.items()}
    best = min(brier, key=lambda name: brier[name])
    jam, pace = said[best]
    steps = calibrated(jam, rows.jam)
    return Horizon(
        ahead_min=ahead_min,
        model=best,
        brier=brier,
        pair=fitted(best, rows.seen, rows.jam, rows.pace),
        steps=steps,
        spread=spread_of(pace, rows.pace, rows.road, n_roads, LEVEL),
        threshold=threshold(steps.of(jam), rows.jam),
        region=region,
    )


def _left_out(name: str, rows: Rows) -> tuple[FloatArray, FloatArray]:
    """Return jam and pace of each row as said by a model that was fitted on other days."""
    jam, pace = np.full(len(rows.jam), np.nan), np.full(len(rows.jam), np.nan)
    for fold in range(FOLDS):
        own = rows.day % FOLDS == fold
        others = rows.of(~own)
        pair = fitted(name, others.seen, others.jam, others.pace)
        jam[own], pace[own] = pair.jam(rows.seen[own]), pair.pace(rows.seen[own])
    return jam, pace
