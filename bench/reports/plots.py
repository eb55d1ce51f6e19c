"""Drawings of differences and curves over conditions; each is a panel that two columns or a phone can hold."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from bench.charts import style_of
from bench.reports.records import CurveRow, PairRow, VerdictRow
from bench.svg import Canvas, Point, Scale, round_ticks

WIDTH: Final = 440.0
_ROW: Final = 34.0
_AXES: Final = {
    "failure_rate": ("share of the loops that failed [%]", 100.0),
    "scale": ("demand, counted = 100 [%]", 100.0),
}


def paired_chart(
    name: str, verdicts: Sequence[VerdictRow], pairs: Sequence[PairRow], order: Sequence[str], baseline: str
) -> str:
    """Return the difference to the baseline, one row per controller: a dot a pair, a bar the 95 % interval."""
    drawn = [row for row in verdicts if row.values]
    reach = [pair.difference_s for pair in pairs] + [
        end for row in drawn for end in (row.low_s, row.high_s) if math.isfinite(end)
    ]
    height = 66.0 + _ROW * len(drawn)
    canvas = Canvas(
        name,
        WIDTH,
        height,
        f"Difference of delay to {baseline}, pair by pair",
        "; ".join(f"{row.controller} {row.difference_s:+.1f} s per vehicle" for row in drawn),
    )
    x = _difference_axis(canvas, reach, height)
    for k, row in enumerate(drawn):
        middle = 42.0 + _ROW * k
        style = style_of(row.controller, order)
        canvas.text((8, middle - 8), row.controller, "tick strong")
        if math.isfinite(row.low_s):
            canvas.box(
                (x.at(row.low_s), middle - 4), (max(x.at(row.high_s) - x.at(row.low_s), 1.5), 12), f"ci f{style}"
            )
        mine = [pair for pair in pairs if pair.controller == row.controller]
        canvas.dots([(x.at(pair.difference_s), middle + 2) for pair in mine], f"seed {style} plain")
        canvas.line((x.at(row.difference_s), middle - 6), (x.at(row.difference_s), middle + 10), "mean")
    return canvas.render("chart")


def _difference_axis(canvas: Canvas, reach: Sequence[float], height: float) -> Scale:
    low, high = min([0.0, *reach]), max([0.0, *reach])
    ticks = ticks_between(low, high)
    x = Scale(ticks[0], ticks[-1], 16.0, WIDTH - 16.0)
    for tick in ticks:
        canvas.line((x.at(tick), 20), (x.at(tick), height - 34), "axis" if tick == 0 else "grid")
        canvas.text((x.at(tick), height - 20), signed(tick), "tick", "middle")
    canvas.text((8, 12), "← less delay", "tick")
    canvas.text((WIDTH - 8, 12), "more delay →", "tick", "end")
    canvas.text((WIDTH / 2, height - 4), "difference [s/veh]", "tick", "middle")
    return x


def ticks_between(low: float, high: float) -> list[float]:
    """Return round values on both sides of 0 that hold low and high.

    >>> ticks_between(-31.0, 4.0), ticks_between(0.0, 0.0)
    ([-40.0, -30.0, -20.0, -10.0, 0.0, 10.0], [0.0, 1.0])
    """
    step = round_ticks(max(high - low, 1e-9), 4)[1] if high > low else 1.0
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [step * k for k in range(first, max(last, first + 1) + 1)]


def signed(value: float, digits: int | None = None) -> str:
    """Return a number with its sign, as people write it.

    >>> signed(-20.0), signed(1.25, 1), signed(0.0)
    ('−20', '+1.2', '0')
    """
    if value == 0:
        return "0"
    text = f"{value:+g}" if digits is None else f"{value:+,.{digits}f}"
    return text.replace("-", "−")


@dataclass(frozen=True, slots=True)
class _Series:
    """One controller's points of a curve, by value."""

    controller: str
    rows: tuple[CurveRow, ...]


def curve_chart(name: str, rows: Sequence[CurveRow], order: Sequence[str]) -> str:
    """Return mean delay over failures or demand, with the least and the most of the seeds as whiskers."""
    words, factor = _AXES[rows[0].axis]
    drawn = [row for row in rows if math.isfinite(row.delay_s)]
    canvas = Canvas(
        name, WIDTH, 300.0, f"Delay over {words}",
        "; ".join(f"{row.controller} at {factor * row.value:g}: {row.delay_s:.1f} s per vehicle" for row in drawn),
    )  # fmt: skip
    values = sorted({row.value for row in rows})
    margin = 0.05 * (values[-1] - values[0])
    x = Scale(factor * (values[0] - margin), factor * (values[-1] + margin), 44.0, WIDTH - 18.0)
    ticks = round_ticks(max((row.most_s for row in drawn), default=1.0))
    y = Scale(0.0, ticks[-1], 252.0, 26.0)
    for tick in ticks:
        canvas.line((x.start, y.at(tick)), (x.stop, y.at(tick)), "grid" if tick else "axis")
        canvas.text((x.start - 6, y.at(tick) + 4), f"{tick:g}", "tick", "end")
    for value in values:
        canvas.text((x.at(factor * value), 270), f"{factor * value:g}", "tick", "middle")
    canvas.text((4, 14), "delay [s/veh]", "unit")
    canvas.text(((x.start + x.stop) / 2, 290), words, "tick", "middle")
    for series in _by_controller(drawn):
        _draw_series(canvas, series, x, y, factor, style_of(series.controller, order))
    return canvas.render("chart")


def _by_controller(rows: Iterable[CurveRow]) -> list[_Series]:
    found: dict[str, list[CurveRow]] = {}
    for row in rows:
        found.setdefault(row.controller, []).append(row)
    return [_Series(name, tuple(sorted(members, key=lambda r: r.value))) for name, members in found.items()]


def _draw_series(canvas: Canvas, series: _Series, x: Scale, y: Scale, factor: float, style: str) -> None:
    points: list[Point] = [(x.at(factor * row.value), y.at(row.delay_s)) for row in series.rows]
    for row, point in zip(series.rows, points, strict=True):
        canvas.line((point[0], y.at(row.least_s)), (point[0], y.at(row.most_s)), f"whisker {style} plain")
    canvas.polyline(points, f"line {style}")
    canvas.dots(points, f"seed {style} plain")
