"""Learning from days: by horizon a blend of models, and what its errors on days left out teach."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.watch.foresight.calibration import Spread, Steps, calibrated, spread_of, threshold
from signal_ctrl.watch.foresight.city_arrays import CityArrays
from signal_ctrl.watch.foresight.days import WatchedDay
from signal_ctrl.watch.foresight.models import MODELS, Said, Table, blend_of, blended, jam_model, pace_model
from signal_ctrl.watch.foresight.outlook import lively
from signal_ctrl.watch.foresight.region import Fundamental, RegionModel, fundamental_of, learn_region
from signal_ctrl.watch.foresight.rows import MOST_ROWS, Rows, rows_of
from signal_ctrl.watch.foresight.usual import Sums, Usual, sums_of
from signal_ctrl.watch.foresight.values import AHEAD_MIN, LEVEL

FloatArray = npt.NDArray[np.float64]
FOLDS: Final = 3
BLEND: Final = "blend"
LEAST_DAYS: Final = 6

Tell = Callable[[str], None]
"""Called with what is done next."""
Learner = Callable[[str, Table, FloatArray], Said]
"""Return the model of a name, learned from rows and what was wanted of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Horizon:
    """What was learned for one horizon.

    `missed`, of each model and of their blend on days left out: Brier score of jams where they are `lively`, and mean
    square error of pace; `weights` of the blends. `prone`, roads that were jammed on a day learned from; of the others
    a jam is spoken of only where `lively`, else it is as likely as `rare`.
    """

    ahead_min: int
    missed: Mapping[str, Mapping[str, float]]
    weights: Mapping[str, Mapping[str, float]]
    prone: npt.NDArray[np.bool_]
    rare: float
    jam: Said
    pace: Said
    steps: Steps
    spread: Spread
    threshold: float
    region: RegionModel

    def probability(self, seen: FloatArray) -> FloatArray:
        """Return the calibrated probability of a jam by road. seen (n_roads, n_features)"""
        found = np.full(len(seen), self.rare)
        where = lively(seen, self.prone)
        if where.any():
            found[where] = self.steps.of(self.jam(seen[where]))
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """What days taught."""

    n_days: int
    sums: Sums
    horizons: tuple[Horizon, ...]
    fundamental: Fundamental | None


def learn(
    days: Sequence[WatchedDay], city: CityArrays, tell: Tell = lambda _line: None, most: int = MOST_ROWS
) -> Learned:
    """Return what days teach.

    Args: most, about how many rows are learned from at each horizon.
    Raises: InvalidInputError for fewer than six days, or days of another network.
    """
    if len(days) < LEAST_DAYS:
        raise InvalidInputError(f"{len(days)} days to learn from; a forecast needs {LEAST_DAYS}")
    if any(day.seen.ratio.shape[1] != len(city.names) for day in days):
        raise InvalidInputError(f"a day has not the {len(city.names)} roads of the network")
    tell(f"the usual day of {len(days)} days")
    sums = sums_of(days)
    usuals = [sums.usual(day.kind, without=day) for day in days]
    prone = _prone(days)
    found = []
    for ahead_min in AHEAD_MIN:
        tell(f"{ahead_min} min ahead")
        found.append(_horizon(ahead_min, days, usuals, city, prone, most))
    return Learned(len(days), sums, tuple(found), fundamental_of(days, city))


def _prone(days: Sequence[WatchedDay]) -> npt.NDArray[np.bool_]:
    return np.asarray(np.stack([np.nan_to_num(day.seen.jam).any(axis=0) for day in days]).any(axis=0))


def _horizon(
    ahead_min: int,
    days: Sequence[WatchedDay],
    usuals: Sequence[Usual],
    city: CityArrays,
    prone: npt.NDArray[np.bool_],
    most: int,
) -> Horizon:
    jams = rows_of(days, usuals, ahead_min, city, lambda seen: lively(seen, prone), most)
    paces = rows_of(days, usuals, ahead_min, city, lambda seen: np.ones(len(seen), dtype=np.bool_), most)
    jam = _blend(jam_model, jams, jams.jam)
    pace = _blend(pace_model, paces, paces.pace)
    steps = calibrated(jam.left_out, jams.jam)
    return Horizon(
        ahead_min=ahead_min,
        missed={"jam": jam.missed, "pace": pace.missed},
        weights={"jam": jam.weights, "pace": pace.weights},
        prone=prone,
        rare=_rare(days, prone),
        jam=jam.model,
        pace=pace.model,
        steps=steps,
        spread=spread_of(pace.left_out, paces.pace, paces.road, len(city.names), LEVEL),
        threshold=threshold(steps.of(jam.left_out), jams.jam),
        region=learn_region(days, usuals, ahead_min, city, FOLDS),
    )


def _rare(days: Sequence[WatchedDay], prone: npt.NDArray[np.bool_]) -> float:
    """Return how likely a jam is where none was seen on any day (Laplace)."""
    return 1.0 / (sum(len(day) for day in days) * max(int((~prone).sum()), 1) + 2.0)


@dataclass(frozen=True, slots=True, eq=False)
class _Blend:
    """The blend that missed least on days left out, what it said of them, by how much each missed, and the weights."""

    model: Said
    left_out: FloatArray
    missed: Mapping[str, float]
    weights: Mapping[str, float]


def _blend(learn_from: Learner, rows: Rows, wanted: FloatArray) -> _Blend:
    said = {name: _left_out(learn_from, name, rows, wanted) for name in MODELS}
    weights = blend_of(said, wanted)
    whole = np.sum([weights[name] * said[name] for name in MODELS], axis=0)
    missed = {name: float(np.nanmean((found - wanted) ** 2)) for name, found in {**said, BLEND: whole}.items()}
    models = {name: learn_from(name, rows.seen, wanted) for name in MODELS if weights[name] > 0}
    return _Blend(blended(models, weights), whole, missed, weights)


def _left_out(learn_from: Learner, name: str, rows: Rows, wanted: FloatArray) -> FloatArray:
    """Return what was said of each row by a model that was learned on other days."""
    found = np.full(len(wanted), np.nan)
    for fold in range(FOLDS):
        own = rows.day % FOLDS == fold
        if own.any():
            found[own] = learn_from(name, rows.seen[~own], wanted[~own])(rows.seen[own])
    return found
