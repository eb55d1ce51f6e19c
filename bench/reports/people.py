"""Persons, buses, people on foot and bicycles in a report: a drawing for each figure, and the table of all."""

from collections.abc import Sequence
from typing import Final

from bench.charts import style_of
from bench.reports.figures_table import PEOPLE, figures_table
from bench.reports.page import figure, legend
from bench.reports.plots import WIDTH
from bench.reports.records import FigureRow
from bench.svg import Canvas, Scale, round_ticks

DRAWN: Final = (
    "person_delay_s", "motor_delay_s", "bus_signal_delay_s", "bus_headway_cv", "pedestrian_wait_s", "bicycle_delay_s",
)  # fmt: skip
_TOLD_BY: Final = ("bus_delay_s", "bicycle_delay_s", "pedestrian_wait_s")
_ROW: Final = 34.0


def people_part(name: str, rows: Sequence[FigureRow], order: Sequence[str], words: str) -> str:
    """Return drawings and table, nothing where there are cars alone.

    Args: rows, the figures of one scenario and condition; words, where the data are, as safe HTML.
    """
    if not any(row.measure in _TOLD_BY for row in rows):
        return ""
    shown = [each for each in order if any(row.controller == each for row in rows)]
    charts: list[str] = []
    for measure in DRAWN:
        mine = [row for row in rows if row.measure == measure]
        if mine:
            title = PEOPLE[measure][0]
            charts.append(f"<h4>{title}</h4>{_chart(f'{name}-people-{len(charts)}', title, mine, order)}")
    caption = (
        "A dot is the mean of the valid seeds, the line goes from the least to the most. Persons: 1.3 in a car, 30 in "
        f"a bus, 1 on a bicycle, and everybody on foot. {words}"
    )
    drawn = figure(charts, caption, legend(order, shown), "Persons, buses, people on foot and bicycles")
    return drawn + figures_table(rows, shown, PEOPLE)


def _chart(name: str, title: str, rows: Sequence[FigureRow], order: Sequence[str]) -> str:
    digits = PEOPLE[rows[0].measure][1]
    controllers = [each for each in order if any(row.controller == each for row in rows)]
    height = 40.0 + _ROW * len(controllers)
    told = "; ".join(f"{row.controller} {row.mean:.{digits}f}" for row in rows)
    canvas = Canvas(name, WIDTH, height, title, told)
    ticks = round_ticks(max(row.highest for row in rows))
    x = Scale(0.0, ticks[-1], 16.0, WIDTH - 24.0)
    for tick in ticks:
        canvas.line((x.at(tick), 8), (x.at(tick), height - 24), "grid" if tick else "axis")
        canvas.text((x.at(tick), height - 8), f"{tick:g}", "tick", "middle")
    for k, controller in enumerate(controllers):
        y, style = 30.0 + _ROW * k, style_of(controller, order)
        row = next(row for row in rows if row.controller == controller)
        canvas.text((20, y - 8), f"{controller}: {row.mean:,.{digits}f}", "tick strong")
        canvas.line((x.at(row.lowest), y), (x.at(row.highest), y), f"whisker {style} plain")
        canvas.dots([(x.at(row.mean), y)], f"seed {style} plain")
    return canvas.render("chart")
