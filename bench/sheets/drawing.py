"""The junction of a sheet: its lanes, and the ways of the groups or of one stage."""

import math
from collections.abc import Callable, Sequence
from typing import Final

from bench.charts import fit_to
from bench.junction_view import JunctionView, LinkView
from bench.svg import Canvas, Point
from signal_ctrl.domain.site import Right, Site

SIZE: Final = 300.0
_MARGIN: Final = 26.0
_BADGE: Final = 8.5
_APART: Final = 19.0


def groups_drawing(view: JunctionView, site: Site, name: str) -> str:
    """Return the junction with the number of each group where its traffic comes from; north is up."""
    canvas = Canvas(name, SIZE, SIZE, f"Junction {view.signal}", "Ways through the junction, with numbers of groups.")
    place = _ground(canvas, view, _MARGIN)
    links = {link.index: link for link in view.links}
    taken: list[Point] = []
    for number, group in enumerate(site.groups, start=1):
        own = [links[k] for k in group.links if k in links and len(links[k].path) > 1]
        for link in own:
            points = [place(point) for point in link.path]
            canvas.polyline(points, "way")
            canvas.arrow_head(points, 7.0, "way-head")
        if own:
            _badge(canvas, _free_place([place(p) for p in own[len(own) // 2].path], taken), str(number))
    canvas.text((6, 14), "N ↑", "small")
    return canvas.render("map")


def stage_drawing(view: JunctionView, site: Site, stage: int, name: str) -> str:
    """Return the junction with the ways that go in one stage: full with priority, broken giving way."""
    words = f"Stage {site.stages[stage].name} of junction {view.signal}"
    canvas = Canvas(name, 200, 200, words, "Full arrows have priority, broken ones give way.")
    place = _ground(canvas, view)
    right = {link: r for group, r in zip(site.groups, site.stages[stage].rights, strict=True) for link in group.links}
    for link in sorted(view.links, key=lambda item: right.get(item.index, Right.NONE)):
        _way(canvas, [place(point) for point in link.path], right.get(link.index, Right.NONE), link)
    return canvas.render("stage")


def _way(canvas: Canvas, points: Sequence[Point], right: Right, link: LinkView) -> None:
    if len(points) < 2:
        return
    if not right.is_green:
        canvas.polyline(points, "way-red")
        return
    kind = "way-go" if right is Right.PROTECTED else "way-yield"
    canvas.polyline(points, kind)
    if not link.crossing:
        canvas.arrow_head(points, 11.0, f"{kind}-head")


def _ground(canvas: Canvas, view: JunctionView, margin: float = 0.0) -> Callable[[Point], Point]:
    """Draw lanes and areas, and return the map from metres to pixels."""
    place, scale = fit_to(view, canvas.width - 2 * margin)

    def moved(point: Point) -> Point:
        x, y = place(point)
        return x + margin, y + margin

    for line, width_m in view.lanes:
        canvas.polyline([moved(point) for point in line], "road", width=max(0.85 * width_m * scale, 2.0))
    for area in view.areas:
        canvas.polyline([moved(point) for point in area], "plaza", closed=True)
    return moved


def _free_place(path: Sequence[Point], taken: list[Point]) -> Point:
    """Return a place for a badge at the start of a way, pushed back until it covers no other one."""
    (x0, y0), (x1, y1) = path[0], path[1]
    length = math.dist(path[0], path[1]) or 1.0
    step = ((x0 - x1) / length, (y0 - y1) / length)
    for k in range(12):
        back = -4.0 + 0.5 * _APART * k
        spot = (x0 + step[0] * back, y0 + step[1] * back)
        spot = (min(max(spot[0], _BADGE + 1), SIZE - _BADGE - 1), min(max(spot[1], _BADGE + 1), SIZE - _BADGE - 1))
        if all(math.dist(spot, other) >= _APART for other in taken):
            break
    taken.append(spot)
    return spot


def _badge(canvas: Canvas, place: Point, number: str) -> None:
    canvas.dot(place, _BADGE, "badge")
    canvas.text((place[0], place[1] + 3.4), number, "tag", "middle")
