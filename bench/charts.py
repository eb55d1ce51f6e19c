"""The drawings of the demo report."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from bench.axes import Area, time_axes
from bench.junction_view import JunctionView
from bench.lamps import Shown, Stage, bars, letter_of
from bench.svg import Canvas, Point, Scale, clock, clock_ticks, spread
from bench.tables import DelayRow, QueueRow, smooth_delays, smooth_queues

_LABEL_GAP: Final = 15.0
_DRAWN: Final = {"G": "lamp-go", "g": "lamp-yield", "y": "lamp-amber", "Y": "lamp-amber", "u": "lamp-amber"}
_SAID: Final = {"lamp-go": "green", "lamp-yield": "green, gives way", "lamp-amber": "amber"}

Series = Mapping[str, Sequence[Point]]
"""Points (time [s], value) by controller."""


def style_of(controller: str, order: Sequence[str]) -> str:
    """Return the CSS class of a controller's line."""
    return f"s{order.index(controller) % 8}"


def delay_chart(rows: Sequence[DelayRow], order: Sequence[str], width: float, panel: str = "") -> str:
    """Return the delay over time, one line per controller, with their names at the ends.

    Args: panel, id of a panel without names at the ends, beside which a legend stands.
    """
    by_controller = {name: [row for row in rows if row.controller == name] for name in order}
    series = {name: smooth_delays(found) for name, found in by_controller.items()}
    times = [row.from_s for row in rows]
    span = (min(times), max(row.from_s + row.width_s for row in rows))
    worst = {name: max((value for _, value in points), default=0.0) for name, points in series.items()}
    canvas = Canvas(
        panel or f"delay-{width:.0f}",
        width,
        0.42 * width if width > 600 else 0.75 * width,
        "Delay over time by controller",
        "Mean delay per vehicle by the time it was due to depart. Highest values: "
        + ", ".join(f"{name} {value:.0f} s" for name, value in worst.items()),
    )
    area = _area(canvas, right=28.0 if panel else 86.0 if width > 600 else 74.0)
    x, y = time_axes(canvas, area, span, max(worst.values(), default=1.0), "delay [s/veh]")
    for name, points in series.items():
        canvas.polyline([(x.at(t), y.at(v)) for t, v in points], f"line {style_of(name, order)}")
    if not panel:
        _end_labels(canvas, series, order, x, y)
    return canvas.render("chart")


def queue_chart(junction: str, name: str, rows: Sequence[QueueRow], order: Sequence[str], high_veh: float) -> str:
    """Return the queue of one junction over time, one line per controller; all panels share their scale."""
    mine = [row for row in rows if row.junction == junction]
    series = {each: smooth_queues([row for row in mine if row.controller == each]) for each in order}
    means = {each: _mean([row.halting_veh for row in mine if row.controller == each]) for each in order}
    span = (min(row.time_s for row in mine) // 60 * 60, max(row.time_s for row in mine) + 1e-9)
    canvas = Canvas(
        name,
        300,
        170,
        f"Queue before junction {junction}",
        "Mean queue: " + ", ".join(f"{each} {mean:.1f} vehicles" for each, mean in means.items()),
    )
    canvas.text((6, 14), short_name(junction), "panel-title")
    x, y = time_axes(canvas, (34.0, 26.0, 280.0, 146.0), span, high_veh, "", ticks=3)
    for each, points in series.items():
        canvas.polyline([(x.at(t), y.at(v)) for t, v in points], f"line {style_of(each, order)}")
    return canvas.render("chart panel")


def queue_height_veh(rows: Sequence[QueueRow], order: Sequence[str], junctions: Sequence[str]) -> float:
    """Return the highest smoothed queue of all panels. [veh]"""
    high = 1.0
    for junction in junctions:
        for name in order:
            mine = [row for row in rows if row.junction == junction and row.controller == name]
            high = max([high, *(value for _, value in smooth_queues(mine))])
    return high


def lamp_chart(
    records: Mapping[str, Sequence[Shown]],
    groups: Sequence[tuple[int, ...]],
    view: JunctionView,
    known: Sequence[Stage],
    width: float,
) -> str:
    """Return a bar per signal group over the time of the records, one block per controller."""
    left, row, gap = (84.0 if width > 600 else 62.0), 16.0, 40.0
    block = gap + row * len(groups) + 22.0
    span = _span(records)
    canvas = Canvas(
        f"lamps-{width:.0f}",
        width,
        block * len(records) + 4,
        f"Lamps of junction {view.signal} from {clock(span[0], True)} to {clock(span[1], True)}",
        "One bar per signal group and controller: thick is green, thin gives way, short orange is amber.",
    )
    x = Scale(span[0], span[1], left, width - 12)
    _time_grid(canvas, x, (gap - 6, block * len(records) - 18), span)
    for k, (name, lamps) in enumerate(records.items()):
        top = k * block
        canvas.text((0, top + 16), name, "block-title")
        _stage_letters(canvas, lamps, known, x, top + 32)
        for r, group in enumerate(groups):
            _lamp_row(canvas, view, group, lamps, x, top + gap + r * row)
    return canvas.render("chart")


def stage_drawing(view: JunctionView, stage: Stage) -> str:
    """Return a drawing of the junction with the links that go in one stage."""
    going = [link for link in view.links if _letter(stage, link.index) != "r"]
    canvas = Canvas(
        f"stage-{stage.letter}",
        200,
        200,
        f"Stage {stage.letter} of junction {view.signal}",
        "Green: " + "; ".join(sorted({view.words((link.index,)) for link in going})),
    )
    place, scale = fit_to(view, 200.0)
    for line, width_m in view.lanes:
        canvas.polyline([place(point) for point in line], "road", width=max(0.85 * width_m * scale, 2.0))
    for area in view.areas:
        canvas.polyline([place(point) for point in area], "plaza", closed=True)
    for link in view.links:
        canvas.polyline([place(point) for point in link.path], "way-red")
    for link in sorted(going, key=lambda item: _letter(stage, item.index) == "G"):
        points = [place(point) for point in link.path]
        kind = "way-go" if _letter(stage, link.index) == "G" else "way-yield"
        if len(points) > 1:
            canvas.polyline(points, kind)
            canvas.arrow_head(points, 9.0, f"{kind}-head")
    canvas.text((8, 22), stage.letter, "stage-letter")
    return canvas.render("stage")


def _letter(stage: Stage, link: int) -> str:
    return stage.state[link] if link < len(stage.state) else "r"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _span(records: Mapping[str, Sequence[Shown]]) -> tuple[float, float]:
    shown = [each for lamps in records.values() for each in lamps]
    return min(each.from_s for each in shown), max(each.to_s for each in shown)


def _area(canvas: Canvas, right: float) -> Area:
    return 44.0, 26.0, canvas.width - right, canvas.height - 26.0


def _end_labels(canvas: Canvas, series: Series, order: Sequence[str], x: Scale, y: Scale) -> None:
    drawn = [name for name in order if series[name]]
    places = spread((y.at(series[name][-1][1]) for name in drawn), _LABEL_GAP, y.stop, y.start - 2)
    for name, place in zip(drawn, places, strict=True):
        end = series[name][-1]
        canvas.dot((x.at(end[0]), y.at(end[1])), 3.0, f"fill-{style_of(name, order)}")
        canvas.text((x.stop + 6, place + 4), name, f"name fill-{style_of(name, order)}")


def _lamp_row(
    canvas: Canvas, view: JunctionView, group: tuple[int, ...], lamps: Sequence[Shown], x: Scale, top: float
) -> None:
    canvas.text((x.start - 6, top + 10), view.label(group), "tick", "end")
    canvas.line((x.start, top + 6), (x.stop, top + 6), "lamp-red")
    for from_s, to_s, letter in bars(lamps, group[0]):
        style = _DRAWN.get(letter)
        if style is None:
            continue
        tall = 11.0 if style == "lamp-go" else 6.0
        hint = f"{view.words(group)}: {_SAID[style]} {to_s - from_s:.0f} s from {clock(from_s, True)}"
        corner = (x.at(from_s), top + 6 - tall / 2)
        canvas.box(corner, (x.at(to_s) - x.at(from_s), tall), style, hint)


def _stage_letters(canvas: Canvas, lamps: Sequence[Shown], known: Sequence[Stage], x: Scale, base: float) -> None:
    for shown in lamps:
        letter = letter_of(shown, known)
        middle = (x.at(shown.from_s) + x.at(shown.to_s)) / 2
        if letter and x.at(shown.to_s) - x.at(shown.from_s) >= 8:
            canvas.text((middle, base), letter, "tick strong", "middle")


def _time_grid(canvas: Canvas, x: Scale, reach: tuple[float, float], span: tuple[float, float]) -> None:
    for time_s in clock_ticks(*span, wanted=max(2, int((x.stop - x.start) / 80))):
        canvas.line((x.at(time_s), reach[0]), (x.at(time_s), reach[1] + 4), "grid")
        if x.at(time_s) + 26 <= canvas.width:
            canvas.text((x.at(time_s), reach[1] + 18), clock(time_s, True), "tick", "middle")


def short_name(name: str, most: int = 30) -> str:
    """Return a name that fits above a panel; its two ends tell junctions apart."""
    return name if len(name) <= most else f"{name[: most // 2]}…{name[-most // 2 + 1 :]}"


def fit_to(view: JunctionView, size: float) -> tuple[Callable[[Point], Point], float]:
    """Return the map from metres to pixels that shows every link, and its pixels per metre; north is up."""
    points = [point for link in view.links for point in link.path] or [(0.0, 0.0)]
    xs, ys = [point[0] for point in points], [point[1] for point in points]
    middle = ((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2)
    scale = size / (max(max(xs) - min(xs), max(ys) - min(ys), 10.0) + 8.0)

    def place(point: Point) -> Point:
        return size / 2 + (point[0] - middle[0]) * scale, size / 2 - (point[1] - middle[1]) * scale

    return place, scale
