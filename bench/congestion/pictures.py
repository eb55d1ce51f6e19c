"""Pictures of a backtest: how reliable probabilities are, and one day's truth beside its forecast."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.congestion.judging import Judged
from signal_ctrl.watch.foresight.backtest import OURS, DayBacktest
from signal_ctrl.watch.foresight.slots import SLOT_MIN
from sumo_scenarios.picture_file import save_picture

_HUES: Final = ("#4477aa", "#ee6677", "#228833")
_MOST_ROADS: Final = 6
_DPI: Final = 120


def draw(found: Judged, folder: Path, kind: str = "png") -> tuple[Path, ...]:
    """Draw a backtest into a folder. Args: kind, png or svg. Raises: InvalidInputError if it cannot be written."""
    made = (
        (f"reliability.{kind}", _reliability(found.report)),
        (f"day.{kind}", _day(found)),
        (f"region.{kind}", _region(found.found)),
    )
    for name, figure in made:
        folder.mkdir(parents=True, exist_ok=True)
        save_picture(figure, folder / name, _DPI)
    return tuple(folder / name for name, _ in made)


def _figure(size: tuple[float, float]) -> Any:
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  slow to load
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _reliability(report: dict[str, Any]) -> Any:
    figure = _figure((5.5, 5.0))
    panel = figure.add_subplot()
    panel.plot([0, 1], [0, 1], color="#bbbbbb", linewidth=1.0)
    for hue, each in zip(_HUES, report["horizons"], strict=False):
        rows = each["reliability"]
        label = f"{each['ahead_min']} min, Brier {each['brier'][OURS]:.4f}"
        panel.plot([row["said"] for row in rows], [row["came"] for row in rows], "o-", color=hue, label=label)
    panel.set_xlabel("probability of a jam, as foreseen")
    panel.set_ylabel("share that was jammed")
    panel.legend(fontsize=8)
    return figure


def _day(found: Judged) -> Any:
    """Draw the day with the most jams: its worst roads, truth in grey and the probability foreseen 15 min before."""
    ahead = min(each.ahead_min for each in found.found)
    first = [each for each in found.found if each.ahead_min == ahead]
    day = max(first, key=lambda each: float(np.nansum(each.jam)))
    roads = np.argsort(-np.nansum(day.jam, axis=0))[:_MOST_ROADS]
    figure = _figure((8.0, 1.3 * len(roads) + 0.8))
    minutes = (day.origin + ahead // SLOT_MIN) * SLOT_MIN
    panels = figure.subplots(len(roads), 1, sharex=True, squeeze=False)[:, 0]
    for panel, road in zip(panels, roads, strict=True):
        panel.fill_between(minutes, np.nan_to_num(day.jam[:, road]), step="pre", color="#bbbbbb", label="jammed")
        panel.step(minutes, day.said[OURS][:, road], where="pre", color=_HUES[0], label=f"foreseen {ahead} min before")
        panel.set_ylim(0, 1.05)
        panel.set_title(f"road {found.city.names[road]}", fontsize=8, loc="left")
    panels[0].legend(fontsize=8, loc="upper right")
    panels[-1].set_xlabel(f"minutes of day {day.day}")
    return figure


def _region(found: Sequence[DayBacktest]) -> Any:
    ahead = 30
    own = [each for each in found if each.ahead_min == ahead]
    day = max(own, key=lambda each: float(each.vehicles.max()))
    figure = _figure((8.0, 3.5))
    panel = figure.add_subplot()
    minutes = (day.origin + ahead // SLOT_MIN) * SLOT_MIN
    panel.fill_between(minutes, day.vehicles_low, day.vehicles_high, color=_HUES[0], alpha=0.25, label="80 % interval")
    panel.plot(minutes, day.vehicles_said[OURS], color=_HUES[0], label=f"foreseen {ahead} min before")
    panel.plot(minutes, day.vehicles, color="#111111", label="truth")
    panel.set_xlabel(f"minutes of day {day.day}")
    panel.set_ylabel("vehicles on the network")
    panel.legend(fontsize=8)
    return figure
