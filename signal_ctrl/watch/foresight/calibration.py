"""What errors of days not learned from teach: honest probabilities, intervals, and when to speak of a jam."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
PRECISION: Final = 0.8
_STRATA: Final = 6
_LEAST_IN_STRATUM: Final = 60
_LEAST_SPREAD: Final = 0.02
_SHRINK: Final = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """A rising function by its corners: the calibrated probability of a raw one.

    Source: Zadrozny & Elkan 2002, "Transforming classifier scores into accurate multiclass probability estimates".
    """

    raw: FloatArray
    share: FloatArray

    def of(self, raw: FloatArray) -> FloatArray:
        """Return calibrated probabilities."""
        return np.asarray(np.interp(raw, self.raw, self.share))


def calibrated(raw: FloatArray, jam: FloatArray) -> Steps:
    """Return the isotonic regression of jams on raw probabilities, straight where too little was seen."""
    from sklearn.isotonic import IsotonicRegression  # noqa: PLC0415  slow to load

    known = ~np.isnan(jam)
    if known.sum() < _LEAST_IN_STRATUM:
        return Steps(np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    model = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(raw[known], jam[known])
    return Steps(np.asarray(model.X_thresholds_, dtype=np.float64), np.asarray(model.y_thresholds_, dtype=np.float64))


def threshold(probability: FloatArray, jam: FloatArray, precision: float = PRECISION) -> float:
    """Return the lowest probability from which on jams that are spoken of come true as often as is asked for.

    1 or more: none is spoken of.
    >>> threshold(np.array([0.1, 0.6, 0.7, 0.9]), np.array([0.0, 0.0, 1.0, 1.0]))
    0.7
    """
    known = ~np.isnan(jam)
    order = np.argsort(-probability[known], kind="stable")
    p, hits = probability[known][order], np.cumsum(jam[known][order])
    last = np.append(p[1:] < p[:-1], True)  # equal ones are spoken of together
    good = np.flatnonzero(last & (hits / np.arange(1, len(p) + 1) >= precision))
    return float(p[good[-1]]) if len(good) else 1.01


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """Intervals of pace: how much each road scatters, and quantiles of errors in these units by how bad it is foreseen.

    Mondrian split conformal. Source: Vovk, Gammerman & Shafer 2005, "Algorithmic learning in a random world", ch. 4.
    """

    by_road: FloatArray
    edges: FloatArray
    low: FloatArray
    high: FloatArray

    def ends(self, pace: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the ends of the intervals of all roads. pace (n_roads,)"""
        stratum = np.searchsorted(self.edges, pace)
        return pace + self.low[stratum] * self.by_road, pace + self.high[stratum] * self.by_road


def spread_of(pace: FloatArray, true: FloatArray, road: npt.NDArray[np.int64], n_roads: int, level: float) -> Spread:
    """Return the spread of errors. pace, true, road: one a row."""
    known = ~np.isnan(true)
    pace, error, road = pace[known], (true - pace)[known], road[known]
    if len(error) < _LEAST_IN_STRATUM:
        return Spread(np.ones(n_roads), np.zeros(0), np.array([-1.0]), np.array([1.0]))
    number = np.bincount(road, minlength=n_roads)
    total = np.bincount(road, weights=np.abs(error), minlength=n_roads)
    common = float(np.abs(error).mean())
    by_road = np.maximum((total + _SHRINK * common) / (number + _SHRINK), _LEAST_SPREAD)
    edges = np.unique(np.quantile(pace, np.linspace(0, 1, _STRATA + 1)[1:-1]))
    stratum = np.searchsorted(edges, pace)
    score = error / by_road[road]
    ends = [_ends(score[stratum == k] if (stratum == k).sum() >= _LEAST_IN_STRATUM else score, level)
            for k in range(len(edges) + 1)]  # fmt: skip
    return Spread(by_road, edges, np.array([each[0] for each in ends]), np.array([each[1] for each in ends]))


def _ends(score: FloatArray, level: float) -> tuple[float, float]:
    ordered, tail = np.sort(score), (1.0 - level) / 2.0
    down = max(int(np.floor((len(score) + 1) * tail)) - 1, 0)
    up = min(int(np.ceil((len(score) + 1) * (1.0 - tail))) - 1, len(score) - 1)
    return float(ordered[down]), float(ordered[up])
