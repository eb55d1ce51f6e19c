"""A map of a network: lanes by who uses them, signals, crossings, stops, car parks and places."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import Element

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.xml_input import elements

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

AROUND_M: Final = 110.0
"""How far the surroundings of one signal reach."""
SIZE_IN: Final = 10.0
LANE_M: Final = 3.2
POINTS_PER_INCH: Final = 72.0
COLOURS: Final = {
    "motor": "#5b6470", "bike": "#b4552d", "walk": "#c9c2b2", "crossing": "#f2f2f2", "inside": "#7a828c",
}  # fmt: skip
STOP: Final = "#1f6fb2"
PARK: Final = "#3a9d5d"

Line = tuple[tuple[float, float], ...]


class _Map:
    """What is drawn, by kind: lines with their widths, and points. [m]"""

    def __init__(self) -> None:
        self.lanes: defaultdict[str, list[tuple[Line, float]]] = defaultdict(list)
        self.signals: dict[str, tuple[float, float]] = {}
        self.along: defaultdict[str, list[Line]] = defaultdict(list)
        self.places: defaultdict[tuple[float, float], list[str]] = defaultdict(list)
        self._shapes: dict[str, Line] = {}

    def take_net(self, element: Element) -> None:
        """Take in an edge or a junction of a net."""
        if element.tag == "junction" and element.get("type", "").startswith("traffic_light"):
            self.signals[element.attrib["id"]] = (float(element.attrib["x"]), float(element.attrib["y"]))
        elif element.tag == "edge":
            for lane in element.findall("lane"):
                shape = _shape(lane.get("shape", ""))
                self._shapes[lane.attrib["id"]] = shape
                kind = _kind(element.get("function", ""), lane.get("allow"))
                if kind and len(shape) > 1:
                    self.lanes[kind].append((shape, float(lane.get("width", LANE_M))))

    def take_additional(self, element: Element) -> None:
        """Take in a stop, a car park or a place of an additional file."""
        if element.tag in ("busStop", "parkingArea") and element.get("lane") in self._shapes:
            shape = self._shapes[element.attrib["lane"]]
            span_m = (float(element.get("startPos", 0.0)), float(element.get("endPos", 0.0)))
            self.along[element.tag].append(tuple(_at(shape, each) for each in span_m))
        elif element.tag == "poi" and element.get("x"):
            place = (float(element.attrib["x"]), float(element.attrib["y"]))
            self.places[place].append(element.get("type", "").replace("_", " "))


def draw_net(net: Path, additional: Sequence[Path], signal: str = "") -> "Figure":
    """Return the map of a net, or of the surroundings of one of its signals.

    Raises: InvalidInputError for damaged files, or a signal that is none.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 - loads slowly

    found = _Map()
    for _, element in elements(net):
        if element.tag in ("edge", "junction"):
            found.take_net(element)
            element.clear()
    for path in additional:
        for _, element in elements(path):
            found.take_additional(element)
    box = _box(found, signal)
    wide_m, high_m = box[2] - box[0], box[3] - box[1]
    scale = SIZE_IN / max(wide_m, high_m)
    figure = Figure(figsize=(wide_m * scale, high_m * scale), facecolor="white")
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(box[0], box[2])
    axes.set_ylim(box[1], box[3])
    axes.set_axis_off()
    _draw(axes, found, scale * POINTS_PER_INCH, bool(signal))
    return figure


def _box(found: _Map, signal: str) -> tuple[float, float, float, float]:
    if signal:
        if signal not in found.signals:
            raise InvalidInputError(f"there is no signal '{signal}'; there are {', '.join(sorted(found.signals)[:8])}")
        x_m, y_m = found.signals[signal]
        return x_m - AROUND_M, y_m - AROUND_M, x_m + AROUND_M, y_m + AROUND_M
    points = [point for lanes in found.lanes.values() for line, _ in lanes for point in line]
    if not points:
        raise InvalidInputError("the net has no streets to be drawn")
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs) - 40, min(ys) - 40, max(xs) + 40, max(ys) + 40


def _draw(axes: "Axes", found: _Map, points_per_m: float, names: bool) -> None:
    from matplotlib.collections import LineCollection  # noqa: PLC0415 - loads slowly

    for kind in ("walk", "motor", "inside", "bike", "crossing"):
        lines = found.lanes[kind]
        widths = [max(width_m * points_per_m, 0.3) for _, width_m in lines]
        style = "solid" if kind != "crossing" or not names else (0, (0.15, 0.15))
        axes.add_collection(
            LineCollection(
                [line for line, _ in lines],
                linewidths=widths,
                colors=COLOURS[kind],
                linestyles=[style],
                capstyle="butt",
            )
        )
    for tag, colour in (("busStop", STOP), ("parkingArea", PARK)):
        lines_of = [line for line in found.along[tag] if len(line) > 1]
        axes.add_collection(LineCollection(lines_of, linewidths=max(3.0 * points_per_m, 2.0), colors=colour))
    for name, (x_m, y_m) in found.signals.items():
        axes.plot([x_m], [y_m], "o", color="#d62728", markersize=4)
        if names:
            axes.annotate(name, (x_m, y_m), xytext=(4, 4), textcoords="offset points", clip_on=True)
    for place, kinds in found.places.items():
        axes.annotate(
            "\n".join(kinds), place, ha="center", va="center", clip_on=True, fontsize=7,
            bbox={"boxstyle": "round", "facecolor": "#fff8dc", "edgecolor": "#999999"},
        )  # fmt: skip


def _kind(function: str, allow: str | None) -> str:
    """Return who uses a lane, empty for what is not drawn."""
    if function in ("crossing", "internal"):
        return "crossing" if function == "crossing" else "inside"
    if function:
        return ""
    return {"pedestrian": "walk", "bicycle": "bike"}.get(allow or "", "motor")


def _shape(text: str) -> Line:
    return tuple((float(x), float(y)) for x, y, *_ in (point.split(",") for point in text.split()))


def _at(shape: Line, along_m: float) -> tuple[float, float]:
    """Return the point so far along a line."""
    for (x, y), (u, v) in pairwise(shape):
        way_m = ((u - x) ** 2 + (v - y) ** 2) ** 0.5
        if along_m <= way_m and way_m > 0:
            share = along_m / way_m
            return x + (u - x) * share, y + (v - y) * share
        along_m -= way_m
    return shape[-1]
