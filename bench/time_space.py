"""Time-space diagrams drawn to PNG or SVG: greens of both directions, bands shaded, the street's distances upwards."""

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from optimiser.green_wave.diagram import StreetDiagram
from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.picture_file import save_picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS: Final = ("#1b6ca8", "#c8553d")
_RED: Final = "#d9d9d9"
_CLOSE: Final = 0.03
"""Names of signals that are closer, as a share of the street, move apart."""
_BAR: Final = (0.013, 0.16)
"""Height of a bar of green, as a share of the street: at most, and over all its signals."""
MOST_IN_ONE: Final = 12


def draw_pages(diagrams: Sequence[StreetDiagram], path: Path) -> list[Path]:
    """Write as many pictures as the streets need and return their files: the path itself, then `-2`, `-3` in its name.

    Raises: as `draw`.
    """
    found = []
    for page, first in enumerate(range(0, len(diagrams), MOST_IN_ONE), start=1):
        target = path if page == 1 else path.with_name(f"{path.stem}-{page}{path.suffix}")
        draw(diagrams[first : first + MOST_IN_ONE], target)
        found.append(target)
    return found


def draw(diagrams: Sequence[StreetDiagram], path: Path) -> None:
    """Write the diagrams of some streets into one picture.

    Raises: InvalidInputError for another kind of file, too many streets, or if it cannot be written.
    """
    if len(diagrams) > MOST_IN_ONE:
        raise InvalidInputError(f"a picture holds {MOST_IN_ONE} streets at most, got {len(diagrams)}")
    import matplotlib as mpl  # noqa: PLC0415 - slow to load, and only for who draws

    mpl.use("Agg")
    from matplotlib.figure import Figure  # noqa: PLC0415

    columns = 1 if len(diagrams) < 3 else 2
    rows = math.ceil(len(diagrams) / columns)
    heights = max(5.0, 2.0 + 0.42 * max(len(each.places) for each in diagrams))
    with mpl.rc_context({"svg.hashsalt": "signal-ctrl", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(11.0 * columns, heights * rows), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False)
        for diagram, own in zip(diagrams, axes.flat, strict=False):
            _draw(diagram, own)
        for own in list(axes.flat)[len(diagrams) :]:
            own.set_visible(False)
        save_picture(figure, path, 110)


def _draw(diagram: StreetDiagram, axes: "Axes") -> None:
    from matplotlib.patches import Patch, Polygon  # noqa: PLC0415

    places_m = [metres for _, metres in diagram.places]
    low_m, high_m = min(places_m), max(places_m)
    bar_m = min(_BAR[0], _BAR[1] / len(places_m)) * max(high_m - low_m, 1.0)
    for direction, colour in enumerate(COLOURS[: len(diagram.captions)]):
        shift_m = _shift_m(direction, len(diagram.captions), bar_m)
        for place_m in places_m:
            axes.barh(place_m + shift_m, diagram.until_s, left=0.0, height=bar_m, color=_RED, linewidth=0, zorder=2)
        own = [green for green in diagram.greens if green.direction == direction]
        axes.barh(
            [green.at_m + shift_m for green in own],
            [green.to_s - green.from_s for green in own],
            left=[green.from_s for green in own],
            height=bar_m,
            color=colour,
            linewidth=0,
            zorder=3,
        )
    for band in diagram.bands:
        colour = COLOURS[band.direction]
        axes.add_patch(Polygon(band.corners, closed=True, facecolor=colour, edgecolor=colour, alpha=0.28, zorder=1))
    handles = [Patch(color=colour, label=text) for colour, text in zip(COLOURS, diagram.captions, strict=False)]
    axes.legend(handles=handles, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(handles), frameon=False)
    _scales(diagram, axes, (low_m - 4 * bar_m, high_m + 4 * bar_m))


def _short(name: str, most: int = 24) -> str:
    """Return a name that leaves room for the picture.

    >>> _short("GS_cluster_2415878664_254486231"), _short("A")
    ('GS_cluster_2415878664_2…', 'A')
    """
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _shift_m(direction: int, directions: int, bar_m: float) -> float:
    """Return where the bar of a direction lies beside the stop line: the first above it, the second below. [m]"""
    if directions == 1:
        return 0.0
    return 0.55 * bar_m if direction == 0 else -0.55 * bar_m


def _scales(diagram: StreetDiagram, axes: "Axes", span_m: tuple[float, float]) -> None:
    axes.set_xlim(0.0, diagram.until_s)
    axes.set_ylim(*span_m)
    cycles = round(diagram.until_s / diagram.cycle_s)
    axes.set_xticks([diagram.cycle_s * k / 2 for k in range(2 * cycles + 1)])
    axes.xaxis.set_major_formatter("{x:g}")
    for k in range(1, cycles):
        axes.axvline(diagram.cycle_s * k, color="#888888", linewidth=0.6, linestyle=":", zorder=0)
    axes.set_yticks(
        [metres for _, metres in diagram.places],
        [f"{_short(name)}  {metres:,.0f} m" for name, metres in diagram.places],
    )
    labels = axes.get_yticklabels()
    for k, (place, onward) in enumerate(pairwise(metres for _, metres in diagram.places)):
        if onward - place < _CLOSE * (span_m[1] - span_m[0]):
            labels[k].set_verticalalignment("top")
            labels[k + 1].set_verticalalignment("bottom")
    axes.set_xlabel(f"time [s], cycle {diagram.cycle_s:g} s")
    axes.set_title(_short(diagram.title, 72), pad=24)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
