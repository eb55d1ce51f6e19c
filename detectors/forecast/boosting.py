"""The learnt rival: gradient-boosted trees that say by which factor the state-space forecast is wrong.

Trees see the forecast, the last counts of the approach and of all approaches against the profile, the state, the hour,
the kind of day and the time ahead. The loss is that of Poisson counts with the forecast as exposure.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detectors.forecast.baselines import targets
from detectors.forecast.profile import Profiles
from detectors.forecast.series import FlowSeries
from detectors.forecast.state_space import Filtered
from signal_ctrl.domain.schedule import WEEKDAYS

FloatArray = NDArray[np.float64]
LAGS: Final = 4
LEAST_VEH: Final = 0.3
MOST_ROWS: Final = 20_000
_TREES: Final = {"max_iter": 100, "learning_rate": 0.07, "max_leaf_nodes": 16, "min_samples_leaf": 60}
_SPECIAL: Final = len(WEEKDAYS)
_RATIO: Final = 4.0


def features(series: FlowSeries, profiles: Profiles, found: Filtered) -> FloatArray:
    """Return what the trees see at each origin. (n_days, n_slots, n_ahead, n_approaches, n_features)

    Nothing in the row of an origin was counted after it.
    """
    n_days, n_slots, n_ahead, m = found.mean_veh.shape
    usual = targets(profiles.usual_veh[:n_days, :n_slots], n_ahead)
    normal = profiles.usual_veh[:n_days, :n_slots]
    seen = ~np.isnan(series.vehicles) & ~np.isnan(normal)
    came, wanted = (np.where(seen, one, 0.0).sum(axis=2) for one in (series.vehicles, normal))
    common = np.where(seen.any(axis=2), _ratio(came, wanted), np.nan)
    own = _ratio(series.vehicles, normal)
    kinds = np.array([WEEKDAYS.index(k) if k in WEEKDAYS else _SPECIAL for k in series.kinds], dtype=np.float64)
    slots, states = np.arange(n_slots, dtype=np.float64), found.states
    shape = (n_days, n_slots, n_ahead, m)
    columns = [
        _ratio(found.mean_veh, usual),
        usual,
        *(_lag(own, lag)[:, :, None, :] for lag in range(1, LAGS + 1)),
        *(_lag(common[:, :, None], lag)[:, :, None, :] for lag in (1, 2)),
        *(states[:, :, None, None, k] for k in range(3)),
        states[:, :, None, 3 : 3 + m],
        states[:, :, None, 3 + m : 3 + 2 * m],
        slots[None, :, None, None],
        kinds[:, None, None, None],
        np.arange(m, dtype=np.float64)[None, None, None, :],
        np.arange(n_ahead, dtype=np.float64)[None, None, :, None],
    ]
    return np.stack([np.broadcast_to(column, shape) for column in columns], axis=-1).astype(np.float32)


def _ratio(one: FloatArray, other: FloatArray) -> FloatArray:
    return np.asarray(np.minimum(one / np.maximum(other, LEAST_VEH), _RATIO))


def _lag(values: FloatArray, lag: int) -> FloatArray:
    row = values.reshape(-1, values.shape[2])
    moved = np.concatenate([np.full((lag, row.shape[1]), np.nan), row[:-lag]])
    return moved.reshape(values.shape)


@dataclass(frozen=True, slots=True)
class Booster:
    """Fitted trees."""

    trees: Any

    def mean_veh(self, seen: FloatArray, base_veh: FloatArray) -> FloatArray:
        """Return forecasts. seen (..., n_features), base_veh (...) of the state space; [veh]"""
        known = ~np.isnan(base_veh)
        found = np.full(base_veh.shape, np.nan)
        if known.any():
            found[known] = self.trees.predict(seen[known]) * np.maximum(base_veh[known], LEAST_VEH)
        return found


def fitted(seen: FloatArray, base_veh: FloatArray, counted: FloatArray) -> Booster | None:
    """Return trees fitted on forecasts and counts; None where there are too few of them.

    seen (..., n_features); base_veh, counted (...) [veh]. At most 20,000 of them are used, evenly spaced.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor  # noqa: PLC0415  slow to load
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # noqa: PLC0415  comes with scikit-learn

    rows = np.flatnonzero((~np.isnan(base_veh) & ~np.isnan(counted)).ravel())
    if len(rows) < 10 * _TREES["min_samples_leaf"]:
        return None
    rows = rows[:: -(-len(rows) // MOST_ROWS)]
    base = np.maximum(base_veh.ravel()[rows], LEAST_VEH)
    trees = HistGradientBoostingRegressor(loss="poisson", early_stopping=False, random_state=0, **_TREES)
    with threadpool_limits(limits=1):
        trees.fit(seen.reshape(-1, seen.shape[-1])[rows], counted.ravel()[rows] / base, sample_weight=base)
    return Booster(trees)
