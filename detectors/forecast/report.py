"""What a backtest came to: scores by time ahead, against the best naive forecast, and coverage by hour."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detectors.forecast.backtest import CHOSEN, MODELS, Backtest, best_naive
from detectors.forecast.baselines import NAIVE, UNTUNED, targets
from detectors.forecast.scores import by_hour, paired, poisson_floor_veh, score_of

FloatArray = NDArray[np.float64]
_HOUR_S: Final = 3600
_SEED: Final = 1
_S_PER_MIN: Final = 60


def report_of(found: Backtest, rate_veh: FloatArray | None = None) -> dict[str, Any]:
    """Return a backtest as a JSON object.

    Args: rate_veh, true rates of the counts where somebody knows them: the floor is then that of the data, else that
    of Poisson counts around the forecasts. As the counts.
    """
    series, n_ahead = found.series, found.counted_veh.shape[2]
    naive = np.abs(found.counted_veh - found.mean_veh[NAIVE[0]])[: found.n_train, :, 0]
    scale_veh = float(np.nanmean(naive))
    truth = None if rate_veh is None else targets(rate_veh, n_ahead)
    return {
        "version": 1,
        "interval_s": series.interval_s,
        "first": series.dates[0].isoformat(),
        "last": series.dates[-1].isoformat(),
        "train_days": found.n_train,
        "scored_days": len(series.dates) - found.n_train,
        "missing": float(np.isnan(series.vehicles).mean()),
        "approaches": [list(approach) for approach in series.approaches],
        "choices": [
            {
                "signal": one.signal,
                "model": one.model,
                "p_of_rival": one.p,
                "carried": one.learned.carried,
                **asdict(one.learned.rules),
                "spreads": asdict(one.learned.spreads),
            }
            for one in found.choices
        ],
        "ahead": [_ahead(found, step, scale_veh, truth) for step in range(n_ahead)],
    }


def _ahead(found: Backtest, step: int, scale_veh: float, truth: FloatArray | None) -> dict[str, Any]:
    counted = found.counted_veh[found.n_train :, :, step]
    means = {name: mean[found.n_train :, :, step] for name, mean in found.mean_veh.items()}
    ends = {name: _scored(found, name, step) for name in means}
    per_hour = _HOUR_S // found.series.interval_s
    best, untuned = best_naive(counted, means), best_naive(counted, means, UNTUNED)
    rates = means[CHOSEN] if truth is None else truth[found.n_train :, :, step]
    return {
        "ahead_min": (step + 1) * found.series.interval_s // _S_PER_MIN,
        "scores": {name: asdict(score_of(counted, means[name], ends[name], scale_veh, per_hour)) for name in means},
        "best_naive": best,
        "against_best_naive": _against(counted, means, best),
        "best_untuned": untuned,
        "against_best_untuned": _against(counted, means, untuned),
        "models_against_best_naive": {name: _against(counted, means, best, name)["gain"] for name in MODELS},
        "floor_veh": poisson_floor_veh(np.where(np.isnan(counted), np.nan, rates)),
        "floor_is_of": "forecast" if truth is None else "truth",
        "coverage_by_hour": by_hour(counted, ends[CHOSEN], per_hour),
    }


def _scored(found: Backtest, name: str, step: int) -> tuple[FloatArray, FloatArray]:
    low, high = found.bounds[name]
    return low[found.n_train :, :, step], high[found.n_train :, :, step]


def _against(
    counted: FloatArray, means: Mapping[str, FloatArray], other: str, name: str = CHOSEN
) -> dict[str, float | int]:
    return asdict(paired(counted, means[name], means[other], np.random.default_rng(_SEED)))


def rows_of(report: Mapping[str, Any], names: Sequence[str] = (*NAIVE, *MODELS, CHOSEN)) -> list[dict[str, Any]]:
    """Return the scores of a report as rows of a table: one a time ahead and forecast."""
    return [
        {"ahead_min": ahead["ahead_min"], "forecast": name, **ahead["scores"][name], "floor_veh": ahead["floor_veh"]}
        for ahead in report["ahead"]
        for name in names
    ]
