"""Ways to say how likely a jam is, and the logarithm of the pace over the free one, and a blend of them.

Gradient-boosted trees, straight lines, the present as if it lasted, and the usual day.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls

from signal_ctrl.watch.foresight.outlook import JAM_NOW, PACE_NOW, USUAL_JAM, USUAL_PACE

FloatArray = npt.NDArray[np.float64]
TREES: Final = "trees"
LINES: Final = "lines"
PRESENT: Final = "present"
USUAL: Final = "usual"
MODELS: Final = (TREES, LINES, PRESENT, USUAL)
_TREES: Final = {
    "max_iter": 60, "learning_rate": 0.1, "max_leaf_nodes": 16, "min_samples_leaf": 50, "l2_regularization": 1.0,
}  # fmt: skip
_NAIVE_JAM: Final = {PRESENT: JAM_NOW, USUAL: USUAL_JAM}
_NAIVE_PACE: Final = {PRESENT: PACE_NOW, USUAL: USUAL_PACE}
_STACK_RIDGE: Final = 1e-3
_RIDGE: Final = 10.0
_FAR: Final = 6.0
_NEWTON: Final = 15
_LEAST_BEND: Final = 0.02
_LONGEST_STEP: Final = 0.5
"""Keeps Newton's method from jumping where jams are rare."""

Table = npt.NDArray[np.floating[Any]]
Said = Callable[[Table], FloatArray]
"""Return what a model says of rows, (n, n_features)."""


def jam_model(name: str, seen: Table, jam: FloatArray) -> Said:
    """Return how likely a jam is, as learned from rows.

    Args: seen (n, n_features) and jam (n,), 0 or 1; NaN where unknown.
    """
    if name in _NAIVE_JAM:
        return lambda rows: np.asarray(rows[:, _NAIVE_JAM[name]], dtype=np.float64)
    return _jam_trees(seen, jam) if name == TREES else _on_one_core(lambda: _jam_line(seen, jam))


def pace_model(name: str, seen: Table, pace: FloatArray) -> Said:
    """Return the logarithm of the pace, as learned from rows. Args: as `jam_model`."""
    if name in _NAIVE_PACE:
        return lambda rows: np.asarray(rows[:, _NAIVE_PACE[name]], dtype=np.float64)
    return _pace_trees(seen, pace) if name == TREES else _on_one_core(lambda: _pace_line(seen, pace))


def blend_of(said: Mapping[str, FloatArray], wanted: FloatArray) -> dict[str, float]:
    """Return the weights, none below 0, of a sum of models that misses least on rows they were not learned from.

    Source: Breiman 1996, "Stacked regressions", Machine Learning 24.
    """
    known = ~np.isnan(wanted)
    table = np.stack([each[known] for each in said.values()], axis=1)
    table = np.concatenate([table, _STACK_RIDGE * np.sqrt(max(len(table), 1)) * np.eye(len(said))])
    weights, _ = nnls(table, np.concatenate([wanted[known], np.zeros(len(said))]))
    return {name: float(weight) for name, weight in zip(said, weights, strict=True)}


def blended(models: Mapping[str, Said], weights: Mapping[str, float]) -> Said:
    """Return the weighted sum of models."""
    used = [(models[name], weight) for name, weight in weights.items() if weight > 0]

    def said(rows: Table) -> FloatArray:
        found = np.zeros(len(rows))
        for model, weight in used:
            found += weight * model(rows)
        return found

    return said


def _jam_trees(seen: Table, jam: FloatArray) -> Said:
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415  slow to load

    known = ~np.isnan(jam)
    share = float(jam[known].mean()) if known.any() else 0.0
    if not 0.0 < share < 1.0:
        return lambda rows: np.full(len(rows), share)
    model = HistGradientBoostingClassifier(early_stopping=False, random_state=0, **_TREES)
    _on_one_core(lambda: model.fit(seen[known].astype(np.float32), jam[known] > 0.5))
    return lambda rows: np.asarray(_on_one_core(lambda: model.predict_proba(rows.astype(np.float32))[:, 1]))


def _pace_trees(seen: Table, pace: FloatArray) -> Said:
    from sklearn.ensemble import HistGradientBoostingRegressor  # noqa: PLC0415  slow to load

    known = ~np.isnan(pace)
    if not known.any():
        return lambda rows: np.zeros(len(rows))
    model = HistGradientBoostingRegressor(early_stopping=False, random_state=0, **_TREES)
    _on_one_core(lambda: model.fit(seen[known].astype(np.float32), pace[known]))
    return lambda rows: np.asarray(_on_one_core(lambda: model.predict(rows.astype(np.float32))))


def _on_one_core(work: Callable[[], Any]) -> Any:
    """Return what work returns. More threads than free cores make small sums ten times slower."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # noqa: PLC0415  comes with sklearn

    with threadpool_limits(limits=1):
        return work()


@dataclass(frozen=True, slots=True, eq=False)
class _Scale:
    """Makes features comparable; what is unknown becomes the mean."""

    mean: FloatArray
    spread: FloatArray

    def of(self, rows: Table) -> FloatArray:
        scaled = np.nan_to_num((rows - self.mean) / self.spread)
        return np.concatenate([np.ones((len(rows), 1)), np.clip(scaled, -_FAR, _FAR)], axis=1)


def _scale_of(seen: Table) -> _Scale:
    known = ~np.isnan(seen)
    number = np.maximum(known.sum(axis=0), 1)
    mean = np.asarray(np.where(known, seen, 0.0).sum(axis=0) / number, dtype=np.float64)
    spread = np.sqrt((np.where(known, seen - mean, 0.0) ** 2).sum(axis=0) / number)
    return _Scale(mean, np.where(spread > 1e-9, spread, 1.0))


def _pace_line(seen: Table, pace: FloatArray) -> Said:
    """Return ridge regression."""
    known = ~np.isnan(pace)
    scale = _scale_of(np.asarray(seen[known], dtype=np.float64))
    x = scale.of(seen[known])
    weights = np.linalg.solve(x.T @ x + _penalty(x), x.T @ pace[known])
    return lambda rows: np.asarray(scale.of(rows) @ weights)


def _jam_line(seen: Table, jam: FloatArray) -> Said:
    """Return logistic regression with a ridge, by Newton's method."""
    known = ~np.isnan(jam)
    scale = _scale_of(np.asarray(seen[known], dtype=np.float64))
    x, y = scale.of(seen[known]), jam[known]
    share = float(np.clip(y.mean(), 1e-4, 1 - 1e-4)) if len(y) else 1e-4
    weights = np.zeros(x.shape[1])
    weights[0] = np.log(share / (1 - share))
    for _ in range(_NEWTON):
        p = _logistic(x @ weights)
        bend = x.T @ (x * np.maximum(p * (1 - p), _LEAST_BEND)[:, None]) + _penalty(x)
        step = np.linalg.solve(bend, x.T @ (y - p) - _penalty(x) @ weights)
        weights = weights + step * min(1.0, _LONGEST_STEP / max(float(np.abs(step).max()), 1e-9))
    return lambda rows: _logistic(scale.of(rows) @ weights)


def _penalty(x: FloatArray) -> FloatArray:
    ridge = _RIDGE * np.eye(x.shape[1])
    ridge[0, 0] = 1e-6
    return np.asarray(ridge)


def _logistic(values: FloatArray) -> FloatArray:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(values, -30.0, 30.0))))
