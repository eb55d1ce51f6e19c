"""Drawings and table of what the controller expected beside what happened."""

from collections.abc import Callable, Sequence
from html import escape
from typing import Final

from bench.axes import time_axes
from bench.charts import short_name
from bench.reports.page import cards, difference, legend, number
from bench.reports.plots import WIDTH, signed, ticks_between
from bench.reports.records import PredictionRow
from bench.svg import Canvas, Point, Scale, clock, clock_ticks

_HEIGHT: Final = 260.0
_AREA: Final = (44.0, 26.0, WIDTH - 24.0, _HEIGHT - 28.0)
_WIDTH_S: Final = 60.0
_LINES: Final = ("happened", "", "expected", "", "", "mean error", "", "mean size of the error")
"""Names by the number of their style; the others are not used."""


def prediction_chart(name: str, rows: Sequence[PredictionRow]) -> str:
    """Return the vehicles that wait ahead of a decision over the run: expected and happened. [veh]"""
    series = {
        "happened": _by_minute(rows, lambda row: row.happened_veh),
        "expected": _by_minute(rows, lambda row: row.expected_veh),
    }
    means = {each: _mean(rows, each) for each in ("expected_veh", "happened_veh")}
    canvas = Canvas(
        name, WIDTH, _HEIGHT, "Waiting expected and happened, by minute",
        f"Mean of the run: {means['expected_veh']:.2f} vehicles expected, {means['happened_veh']:.2f} happened.",
    )  # fmt: skip
    high = max(value for points in series.values() for _, value in points)
    x, y = time_axes(canvas, _AREA, _span(rows), high, "waiting at a signal [veh]")
    _draw(canvas, series, x, y)
    return canvas.render("chart")


def error_chart(name: str, rows: Sequence[PredictionRow]) -> str:
    """Return the error over the run, expected minus happened: its mean and the mean of its size. [veh]"""
    series = {
        "mean error": _by_minute(rows, lambda row: row.expected_veh - row.happened_veh),
        "mean size of the error": _by_minute(rows, lambda row: row.error_size_veh),
    }
    canvas = Canvas(
        name, WIDTH, _HEIGHT, "Error of what was expected, by minute",
        f"Mean of the run {_mean(rows, 'expected_veh') - _mean(rows, 'happened_veh'):+.2f} vehicles, mean size "
        f"{_mean(rows, 'error_size_veh'):.2f}.",
    )  # fmt: skip
    values = [value for points in series.values() for _, value in points]
    ticks = ticks_between(min(0.0, *values), max(0.0, *values))
    left, top, right, bottom = _AREA
    span = _span(rows)
    x, y = Scale(*span, left, right), Scale(ticks[0], ticks[-1], bottom, top)
    for tick in ticks:
        canvas.line((left, y.at(tick)), (right, y.at(tick)), "grid" if tick else "axis")
        canvas.text((left - 6, y.at(tick) + 4), signed(tick), "tick", "end")
    for time_s in clock_ticks(*span, wanted=4):
        canvas.text((x.at(time_s), bottom + 17), clock(time_s), "tick", "middle")
    canvas.text((4, 14), "expected minus happened [veh]", "unit")
    _draw(canvas, series, x, y)
    return canvas.render("chart")


def prediction_key() -> str:
    """Return the key of the lines."""
    return legend(_LINES, [name for name in _LINES if name])


def prediction_table(rows: Sequence[PredictionRow]) -> str:
    """Return the same by signal over the whole run, the largest errors first. [veh]"""
    members: dict[tuple[str, str], list[PredictionRow]] = {}
    for row in rows:
        members.setdefault((row.controller, row.signal), []).append(row)
    heads = ("signal", "decisions", "expected [veh]", "happened", "mean error", "mean size of the error", "newcomers")
    ordered = sorted(members.values(), key=lambda mine: -_mean(mine, "error_size_veh"))
    several = len({row.controller for row in rows}) > 1
    return cards(heads, [_cells(mine, several) for mine in ordered])


def _cells(mine: Sequence[PredictionRow], several: bool) -> list[str]:
    names = ("expected_veh", "happened_veh", "error_size_veh", "newcomers_veh")
    expected, happened, size, later = (_mean(mine, name) for name in names)
    signal = short_name(mine[0].signal) + (f" ({mine[0].controller})" if several else "")
    return [
        *(escape(signal), number(sum(row.decisions for row in mine), 0)),
        *(number(expected, 2), number(happened, 2), difference(expected - happened, 2), number(size, 2)),
        number(later, 2),
    ]


def _draw(canvas: Canvas, series: dict[str, list[Point]], x: Scale, y: Scale) -> None:
    for name, points in series.items():
        canvas.polyline([(x.at(t), y.at(v)) for t, v in points], f"line s{_LINES.index(name)}")


def _span(rows: Sequence[PredictionRow]) -> tuple[float, float]:
    return min(row.from_s for row in rows), max(row.from_s for row in rows) + _WIDTH_S


def _by_minute(rows: Sequence[PredictionRow], value: Callable[[PredictionRow], float]) -> list[Point]:
    """Return (middle of the minute [s], mean over all decisions in it)."""
    sums: dict[float, list[float]] = {}
    for row in rows:
        total = sums.setdefault(row.from_s, [0.0, 0.0])
        total[0] += row.decisions * value(row)
        total[1] += row.decisions
    return [(from_s + _WIDTH_S / 2, total / count) for from_s, (total, count) in sorted(sums.items())]


def _mean(rows: Sequence[PredictionRow], name: str) -> float:
    return sum(row.decisions * float(getattr(row, name)) for row in rows) / sum(row.decisions for row in rows)
