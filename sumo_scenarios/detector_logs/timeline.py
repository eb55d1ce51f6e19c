"""A picture of the states of detectors over time: a row a detector, in green, amber or red, grey without data."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from sumo_scenarios.detector_logs.check import EPOCH, Checked
from sumo_scenarios.picture_file import save_picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS: Final = ("#7fb77e", "#e8b04a", "#c2391b", "#d5dade")
"""Ok, suspect, failed, not known."""
LABELS: Final = ("ok", "suspect", "failed", "no data")
WIDTH_IN: Final = 11.0
ROW_IN: Final = 0.17
HEAD_IN: Final = 1.4
MOST_ROWS: Final = 400
LABELLED: Final = 80
HOUR_S: Final = 3600.0


def draw_timeline(checked: Checked, path: Path) -> None:
    """Write the picture; of more than 400 detectors those that were worst. Raises: InvalidInputError if that fails."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  slow to load
    from matplotlib.figure import Figure  # noqa: PLC0415

    found = checked.found
    order = np.sort(np.argsort(-found.level.sum(axis=0), kind="stable")[:MOST_ROWS])
    level = np.where(np.isnan(found.count), 3, found.level)[:, order].T
    figure = Figure(figsize=(WIDTH_IN, HEAD_IN + ROW_IN * len(order)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    _fill(axes, checked, level)
    names = ["/".join(checked.source.names[k]) for k in order]
    if len(names) <= LABELLED:
        axes.set_yticks(range(len(names)), names, fontsize=7)
    axes.set_title(f"{checked.log.name}: what is thought of its detectors", loc="left", fontsize=10)
    save_picture(figure, path, dpi=130)


def _fill(axes: "Axes", checked: Checked, level: "np.ndarray[tuple[int, int], np.dtype[np.int64]]") -> None:
    from matplotlib.colors import ListedColormap  # noqa: PLC0415
    from matplotlib.patches import Patch  # noqa: PLC0415

    found = checked.found
    from_h, to_h = float(found.begins_s[0]) / HOUR_S, (float(found.begins_s[-1]) + found.slot_s) / HOUR_S
    axes.imshow(
        level, aspect="auto", interpolation="nearest", cmap=ListedColormap(COLOURS), vmin=0, vmax=3,
        extent=(from_h, to_h, len(level) - 0.5, -0.5),
    )  # fmt: skip
    axes.set_yticks([row + 0.5 for row in range(len(level) - 1)], minor=True)
    axes.grid(which="minor", axis="y", color="white", linewidth=1.0)
    axes.tick_params(which="minor", length=0)
    ticks = [float(tick) for tick in axes.get_xticks() if from_h <= tick <= to_h]
    axes.set_xticks(ticks, [_clock(tick, checked.source.calendar.weekday is not None) for tick in ticks], fontsize=8)
    handles = [Patch(color=colour, label=label) for colour, label in zip(COLOURS, LABELS, strict=True)]
    axes.legend(handles=handles, ncols=4, loc="lower right", bbox_to_anchor=(1.0, 1.0), fontsize=8, frameon=False)


def _clock(hour: float, dated: bool) -> str:
    minutes = round(hour * 60)
    if dated:
        return f"{EPOCH + dt.timedelta(minutes=minutes):%m-%d %H:%M}"
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
