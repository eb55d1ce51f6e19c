"""Pictures of forecasts: errors by time ahead, coverage by hour, a day with its intervals, and what is ahead."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detectors.forecast.backtest import CHOSEN, MODELS, Backtest
from detectors.forecast.baselines import NAIVE
from detectors.forecast.live import Ahead
from detectors.forecast.series import FlowSeries
from sumo_scenarios.picture_file import save_picture

FloatArray = NDArray[np.float64]
_HUES: Final = ("#4477aa", "#66ccee", "#228833", "#ccbb44", "#ee6677", "#aa3377", "#bbbbbb", "#000000")
_MODEL_HUES: Final = ("#000000", "#b4572a", "#777777")
_S_PER_H: Final = 3600.0
_LEVEL: Final = 0.9
_BEFORE_H: Final = 6
_DPI: Final = 120


def draw_backtest(found: Backtest, report: Mapping[str, Any], folder: Path) -> tuple[Path, ...]:
    """Draw a backtest into a folder and return the files. Raises: InvalidInputError if they cannot be written."""
    drawn = (("errors.png", _errors(report)), ("coverage.png", _coverage(report)), ("day.png", _day(found)))
    return tuple(_saved(figure, folder / name) for name, figure in drawn)


def draw_ahead(series: FlowSeries, ahead: Ahead, path: Path) -> Path:
    """Draw the counts of the last hours and what is forecast, one panel an approach. Raises: InvalidInputError."""
    panels = _panels(len(ahead.approaches), "what is counted and forecast")
    each_h = series.interval_s / _S_PER_H
    first = max(ahead.slot - int(_BEFORE_H / each_h), 0)
    past = np.arange(first, ahead.slot) * each_h
    coming = np.arange(ahead.slot, ahead.slot + len(ahead.mean_veh)) * each_h
    for k, (panel, approach) in enumerate(zip(panels[1], ahead.approaches, strict=False)):
        counted = series.vehicles[-1, first : ahead.slot, k] / each_h
        if len(past):
            row = (_held(past, each_h), _held_values(counted))
            panel.step(*row, where="post", color="#111111", linewidth=1.2, label="counted")
        panel.step(
            _held(coming, each_h), _held_values(ahead.usual_veh[:, k]) / each_h, where="post", color="#bbbbbb",
            linewidth=1.0, label="usual",
        )  # fmt: skip
        _band(panel, coming, (ahead.low_veh[:, k], ahead.mean_veh[:, k], ahead.high_veh[:, k]), each_h)
        panel.set_title(f"{approach[0]}, {approach[1]}", fontsize=9, loc="left")
    panels[1][0].legend(fontsize=8)
    return _saved(panels[0], path)


def _band(
    panel: Any, hours: NDArray[np.floating[Any]], curves: tuple[FloatArray, FloatArray, FloatArray], each_h: float
) -> None:
    low, mean, high = (_held_values(curve) / each_h for curve in curves)
    at = _held(hours, each_h)
    panel.fill_between(at, low, high, step="post", color=_HUES[0], alpha=0.25, linewidth=0, label="90 % interval")
    panel.step(at, mean, where="post", color=_HUES[0], linewidth=1.5, label="forecast")


def _held(hours: NDArray[np.floating[Any]], each_h: float) -> FloatArray:
    return np.append(hours, hours[-1] + each_h).astype(np.float64)


def _held_values(values: FloatArray) -> FloatArray:
    return np.append(values, values[-1])


def _figure(size: tuple[float, float]) -> Any:
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  slow to load
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _panels(n: int, title: str) -> tuple[Any, Sequence[Any]]:
    """Return a figure with a panel for each approach, eight at most."""
    n = min(n, 8)
    figure = _figure((10.0, 0.6 + 2.0 * n))
    panels = figure.subplots(n, 1, squeeze=False, sharex=True)[:, 0]
    figure.suptitle(title, fontsize=10)
    for panel in panels:
        panel.set_ylabel("veh/h")
    panels[-1].set_xlabel("local time [h]")
    return figure, panels


def _errors(report: Mapping[str, Any]) -> Any:
    figure = _figure((8.0, 4.6))
    panel = figure.subplots()
    minutes = [ahead["ahead_min"] for ahead in report["ahead"]]
    for name, hue in zip((*NAIVE, *MODELS), (*_HUES[: len(NAIVE)], *_MODEL_HUES), strict=True):
        values = [ahead["scores"][name]["mae_veh"] for ahead in report["ahead"]]
        model = name in MODELS
        panel.plot(minutes, values, "o-" if model else "s--", color=hue, linewidth=1.8 if model else 1.0, label=name)
    floor = [ahead["floor_veh"] for ahead in report["ahead"]]
    panel.plot(minutes, floor, color="#111111", linestyle=":", label="floor: Poisson")
    panel.set(xlabel="time ahead [min]", ylabel=f"mean absolute error [veh / {report['interval_s'] // 60} min]")
    panel.set_ylim(bottom=0)
    panel.legend(fontsize=8, ncols=2)
    return figure


def _coverage(report: Mapping[str, Any]) -> Any:
    figure = _figure((8.0, 3.6))
    panel = figure.subplots()
    shown = report["ahead"][:: max(len(report["ahead"]) // 4, 1)]
    for ahead, hue in zip(shown, _HUES, strict=False):
        hours = list(ahead["coverage_by_hour"])
        values = [100 * ahead["coverage_by_hour"][hour] for hour in hours]
        panel.plot(hours, values, "o-", color=hue, markersize=3, label=f"{ahead['ahead_min']} min ahead")
    panel.axhspan(87, 93, color="#228833", alpha=0.12, linewidth=0)
    panel.axhline(100 * _LEVEL, color="#228833", linewidth=0.8)
    panel.set(xlabel="hour of the origin", ylabel="covered by 90 % intervals [%]", ylim=(60, 101), xlim=(-0.5, 23.5))
    panel.legend(fontsize=8)
    return figure


def _day(found: Backtest) -> Any:
    """Draw the scored day that differs most from its profile of those that were counted whole, a quarter ahead."""
    step = max(900 // found.series.interval_s, 1) - 1
    mean, (low, high) = found.mean_veh[CHOSEN], found.bounds[CHOSEN]
    counted = found.counted_veh[found.n_train :, :, step]
    usual = found.mean_veh[NAIVE[2]][found.n_train :, :, step]
    missing = np.isnan(counted).mean(axis=(1, 2))
    apart = np.where(missing < 0.05, np.nanmean(np.abs(counted - usual), axis=(1, 2)), -1.0)
    day = int(np.argsort(apart)[-max(len(apart) // 10, 1)])
    date = found.series.dates[found.n_train + day]
    each_h = found.series.interval_s / _S_PER_H
    title = f"{date:%a %Y-%m-%d}: counted, and forecast {(step + 1) * found.series.interval_s // 60} min before"
    figure, panels = _panels(len(found.series.approaches), title)
    hours = (np.arange(mean.shape[1]) + step) * each_h
    for k, (panel, approach) in enumerate(zip(panels, found.series.approaches, strict=False)):
        own = [one[found.n_train + day, :, step, k] for one in (low, mean, high)]
        panel.plot(hours, usual[day, :, k] / each_h, color="#bbbbbb", linewidth=1.0, label="median of day type")
        _band(panel, hours, (own[0], own[1], own[2]), each_h)
        panel.plot(hours + each_h / 2, counted[day, :, k] / each_h, ".", color="#111111", markersize=3, label="counted")
        panel.set_title(f"{approach[0]}, {approach[1]}", fontsize=9, loc="left")
        panel.set_xlim(0, 24)
    panels[0].legend(fontsize=8, ncols=4)
    return figure


def _saved(figure: Any, path: Path) -> Path:
    save_picture(figure, path, _DPI)
    return path
