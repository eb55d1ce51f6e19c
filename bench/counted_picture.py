"""A picture of counted and reproduced volumes: a dot a place and period, with the line of agreement and GEH 5."""

import math
from collections.abc import Sequence
from typing import Final

from bench.svg import Canvas, Point, Scale, round_ticks
from signal_ctrl.domain.geh import GOOD, GehRow, GehTable

WIDTH: Final = 400.0
HEIGHT: Final = 430.0
_HEAD: Final = '<svg xmlns="http://www.w3.org/2000/svg"'
_S_PER_H: Final = 3600.0
_CURVE_POINTS: Final = 60
_STYLE: Final = (
    "svg{font-family:system-ui,sans-serif;font-size:12px;fill:#1d252c}rect.back{fill:#fff}"
    ".grid{stroke:#e3e8ec}.axis{stroke:#7d8a94}.same{stroke:#1d252c;stroke-width:1.2}"
    ".limit{fill:none;stroke:#b4572a;stroke-width:1.2;stroke-dasharray:5 4}.tick{fill:#56636d}.title{font-weight:600}"
    ".good{fill:none;stroke:#1b6ca8;stroke-width:5;stroke-linecap:round;opacity:.55}"
    ".bad{fill:none;stroke:#c2391b;stroke-width:6;stroke-linecap:round}"
)


def counted_picture(routes: GehTable, simulated: GehTable | None) -> str:
    """Return one panel for what the routes pass, and one for what a simulation brought, as an SVG document."""
    panels = [("routes, if nobody is held up", routes)]
    panels += [] if simulated is None else [("simulated, mean of the runs", simulated)]
    high = max(
        _flow(row, veh) for _, table in panels for row in table.rows for veh in (row.counted_veh, row.modelled_veh)
    )
    words = "; ".join(f"{name}: {table.share_good:.1%} below GEH {GOOD:g}" for name, table in panels)
    canvas = Canvas("counted", WIDTH * len(panels), HEIGHT, "Counted and reproduced volumes", words)
    canvas.box((0, 0), (canvas.width, canvas.height), "back")
    for k, (name, table) in enumerate(panels):
        _panel(canvas, WIDTH * k, name, table, round_ticks(high))
    head, _, rest = canvas.render().partition(">")
    return f"{head.replace('<svg', _HEAD, 1)}><style>{_STYLE}</style>{rest}\n"


def _flow(row: GehRow, vehicles: float) -> float:
    return vehicles * _S_PER_H / (row.end_s - row.begin_s)


def _panel(canvas: Canvas, left: float, name: str, table: GehTable, ticks: Sequence[float]) -> None:
    x, y = Scale(0.0, ticks[-1], left + 56.0, left + WIDTH - 18.0), Scale(0.0, ticks[-1], HEIGHT - 52.0, 66.0)
    canvas.text((left + 14, 20), name, "title")
    canvas.text((left + 14, 38), f"{table.share_good:.1%} of {len(table.rows)} below GEH {GOOD:g}", "tick")
    for tick in ticks:
        kind = "grid" if tick else "axis"
        canvas.line((x.at(tick), y.start), (x.at(tick), y.stop), kind)
        canvas.line((x.start, y.at(tick)), (x.stop, y.at(tick)), kind)
        canvas.text((x.at(tick), y.start + 16), f"{tick:g}", "tick", "middle")
        canvas.text((x.start - 6, y.at(tick) + 4), f"{tick:g}", "tick", "end")
    canvas.text(((x.start + x.stop) / 2, HEIGHT - 14), "counted [veh/h]", "tick", "middle")
    canvas.text((left + 14, y.stop - 10), "reproduced [veh/h]", "tick")
    canvas.line((x.at(0), y.at(0)), (x.stop, y.stop), "same")
    for side in (1.0, -1.0):
        canvas.polyline(_limit(x, y, side), "limit")
    for kind, good in (("good", True), ("bad", False)):
        rows = [row for row in table.rows if (row.geh < GOOD) == good]
        canvas.dots([(x.at(_flow(row, row.counted_veh)), y.at(_flow(row, row.modelled_veh))) for row in rows], kind)


def _limit(x: Scale, y: Scale, side: float) -> list[Point]:
    """Return the points of the volumes with GEH 5 above (side 1) or below (-1) the counted ones."""
    counted = [x.high * k / _CURVE_POINTS for k in range(_CURVE_POINTS + 1)]
    points = [(c, c + side * _off(c, side)) for c in counted]
    return [(x.at(c), y.at(m)) for c, m in points if 0 <= m <= y.high]


def _off(counted_veh_h: float, side: float) -> float:
    """Return how far from a count GEH is 5: solves 2 d² = 25 (2 c ± d) for d. [veh/h]"""
    quarter = GOOD**2 / 4.0
    return side * quarter + math.sqrt(quarter**2 + GOOD**2 * counted_veh_h)
