"""The arterial's speed in a report: a drawing for each direction, and the table of every hour."""

import math
from collections.abc import Sequence
from html import escape
from typing import Final

from bench.artery import MET, NOT_JUDGED, NOT_MET, ArteryRow
from bench.charts import short_name, style_of
from bench.reports.page import figure, legend, number, table
from bench.reports.plots import WIDTH
from bench.svg import Canvas, Scale, clock, round_ticks

_ROW: Final = 34.0
_FEW_HOURS: Final = 3
_CLASSES: Final = {MET: "better", NOT_MET: "worse", NOT_JUDGED: "soft"}


def artery_part(name: str, rows: Sequence[ArteryRow], order: Sequence[str], words: str) -> str:
    """Return drawing and table, nothing without rows. Args: words, where the data are, as safe HTML."""
    shown = [row for row in rows if math.isfinite(row.speed_kmh)]
    if not shown:
        return ""
    charts = []
    for k, direction in enumerate(dict.fromkeys(row.direction for row in shown)):
        mine = [row for row in shown if row.direction == direction]
        whole = [row for row in mine if row.target != NOT_JUDGED] or mine
        draw = _by_controller if len({row.from_s for row in whole}) <= _FEW_HOURS else _over_day
        charts.append(
            f"<h4>towards {escape(short_name(mine[0].towards, 20))}</h4>{draw(f'{name}-artery-{k}', whole, order)}"
        )
    caption = (
        f"Metres driven over time spent by all vehicles on the arterial's edges, mean of the valid seeds; dashed: the "
        f"target of {shown[0].target_kmh:g} km/h. Halts at bus stops are left out. {words}"
    )
    controllers = [each for each in order if any(row.controller == each for row in shown)]
    drawn = figure(charts, caption, legend(order, controllers), "Speed on the arterial by hour and direction")
    return drawn + _table(shown, controllers)


def _canvas(name: str, height: float, rows: Sequence[ArteryRow]) -> Canvas:
    told = "; ".join(f"{row.controller} {clock(row.from_s)}: {row.speed_kmh:.1f} km/h, {row.target}" for row in rows)
    return Canvas(name, WIDTH, height, f"Speed on the arterial towards {rows[0].towards}", told)


def _scale(rows: Sequence[ArteryRow], start: float, stop: float) -> tuple[Scale, list[float]]:
    ticks = round_ticks(max(rows[0].target_kmh, *(row.highest_kmh for row in rows)))
    return Scale(0.0, ticks[-1], start, stop), ticks


def _by_controller(name: str, rows: Sequence[ArteryRow], order: Sequence[str]) -> str:
    """Return a row for each controller: a dot an hour, the line from the slowest to the fastest run."""
    controllers = [each for each in order if any(row.controller == each for row in rows)]
    height = 52.0 + _ROW * len(controllers)
    canvas = _canvas(name, height, rows)
    x, ticks = _scale(rows, 16.0, WIDTH - 16.0)
    for tick in ticks:
        canvas.line((x.at(tick), 8), (x.at(tick), height - 34), "grid" if tick else "axis")
        canvas.text((x.at(tick), height - 20), f"{tick:g}", "tick", "middle")
    canvas.line((x.at(rows[0].target_kmh), 4), (x.at(rows[0].target_kmh), height - 34), "mean target")
    canvas.text((WIDTH / 2, height - 4), "km/h", "tick", "middle")
    for k, controller in enumerate(controllers):
        y, style = 30.0 + _ROW * k, style_of(controller, order)
        canvas.text((20, y - 8), controller, "tick strong")
        mine = [row for row in rows if row.controller == controller]
        for row in mine:
            canvas.line((x.at(row.lowest_kmh), y), (x.at(row.highest_kmh), y), f"whisker {style} plain")
        canvas.dots([(x.at(row.speed_kmh), y) for row in mine], f"seed {style} plain")
    return canvas.render("chart")


def _over_day(name: str, rows: Sequence[ArteryRow], order: Sequence[str]) -> str:
    """Return a line over the hours for each controller."""
    canvas = _canvas(name, 260.0, rows)
    y, ticks = _scale(rows, 212.0, 16.0)
    x = Scale(min(row.from_s for row in rows), max(row.to_s for row in rows), 40.0, WIDTH - 12.0)
    for tick in ticks:
        canvas.line((x.start, y.at(tick)), (x.stop, y.at(tick)), "grid" if tick else "axis")
        canvas.text((x.start - 6, y.at(tick) + 4), f"{tick:g}", "tick", "end")
    for from_s in sorted({row.from_s for row in rows})[:: max(1, len({row.from_s for row in rows}) // 6)]:
        canvas.text((x.at(from_s), 230), clock(from_s), "tick", "middle")
    canvas.line((x.start, y.at(rows[0].target_kmh)), (x.stop, y.at(rows[0].target_kmh)), "mean target")
    canvas.text((4, 12), "km/h", "unit")
    for controller in order:
        mine = sorted((row for row in rows if row.controller == controller), key=lambda row: row.from_s)
        points = [(x.at((row.from_s + row.to_s) / 2), y.at(row.speed_kmh)) for row in mine]
        canvas.polyline(points, f"line {style_of(controller, order)}")
        canvas.dots(points, f"seed {style_of(controller, order)} plain")
    return canvas.render("chart")


def _table(rows: Sequence[ArteryRow], controllers: Sequence[str]) -> str:
    heads = ["controller", "towards", "hour", "vehicles", "all [km/h]", "end to end [km/h]", "target"]
    body = [
        [
            *(escape(row.controller), escape(row.towards), f"{clock(row.from_s)}–{clock(row.to_s)}"),
            *(number(row.vehicles, 0), number(row.speed_kmh), number(row.through_speed_kmh)),
            f'<span class="{_CLASSES[row.target]}">over {row.target_kmh:g}: {row.target}</span>',
        ]
        for controller in controllers
        for row in rows
        if row.controller == controller
    ]
    return table(heads, body, words=3)
