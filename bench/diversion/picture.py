"""A map of a proposed diversion as SVG: the road that is closed, signs, and ways as wide as what they carry."""

from collections import defaultdict
from typing import Final

from bench.svg import Canvas
from signal_ctrl.domain.roads import LonLat, RoadNetwork
from signal_ctrl.watch.diversion.proposal import Proposal

WIDTH: Final = 640.0
_EDGE: Final = 30.0
_LEGEND: Final = 70.0
_VEH_H_A_PIXEL: Final = 8.0
_HEAD: Final = '<svg xmlns="http://www.w3.org/2000/svg"'
_STYLE: Final = (
    "svg{font-family:system-ui,sans-serif;font-size:14px;fill:#222}path{fill:none;stroke-linecap:round}"
    ".ground{fill:#fff}.road{stroke:#c9ccd1;stroke-width:3}.way{stroke:#1a7f5a;stroke-opacity:.7}"
    ".shut{stroke:#c0392b;stroke-width:8}.sign{fill:#1f4e9c}.small{font-size:12px}"
)


def diversion_map(network: RoadNetwork, proposal: Proposal, closed: str) -> str:
    """Return the drawing as SVG text."""
    place = _Place(network)
    canvas = Canvas(
        "diversion",
        WIDTH,
        place.height + _LEGEND,
        f"Diversion of {closed}",
        "Roads, the closed one, signs and advised ways",
    )
    canvas.box((0, 0), (WIDTH, place.height + _LEGEND), "ground")
    canvas.lines([place.line(road.shape) for road in network.roads], "road")
    carried: dict[str, float] = defaultdict(float)
    for way in proposal.ways:
        for road in way.roads[1:]:
            carried[road] += way.flow_veh_h
    for road, flow in sorted(carried.items(), key=lambda item: -item[1]):
        canvas.polyline(place.line(network.of(road).shape), "way", width=max(flow / _VEH_H_A_PIXEL, 1.5))
    canvas.polyline(place.line(network.of(closed).shape), "shut")
    for way in {way.sign_id: way for way in proposal.ways}.values():
        points = place.line(network.of(way.roads[0]).shape)
        canvas.dot(((points[0][0] + points[-1][0]) / 2, (points[0][1] + points[-1][1]) / 2), 6.0, "sign")
    _legend(canvas, proposal, closed, place.height + 20.0)
    head, _, rest = canvas.render().partition(">")
    return f"{head.replace('<svg', _HEAD, 1)}><style>{_STYLE}</style>{rest}\n"


def _legend(canvas: Canvas, proposal: Proposal, closed: str, y: float) -> None:
    canvas.text((_EDGE, y), f"{closed} closed: {proposal.affected_veh_h:.0f} veh/h pass it")
    without, with_ = proposal.delay_without_veh_h, proposal.delay_with_veh_h
    canvas.text((_EDGE, y + 20), f"Expected delay {without:.1f} veh h without diversion, {with_:.1f} with", "small")
    canvas.text(
        (_EDGE, y + 38),
        "Red: closed. Blue: signs that divert. Green: advised ways, 8 veh/h a pixel of width.",
        "small",
    )


class _Place:
    """From degrees to pixels, north up."""

    def __init__(self, network: RoadNetwork) -> None:
        self._plane = network.plane
        points = [self._plane.metres(place) for road in network.roads for place in road.shape]
        xs, ys = [x for x, _ in points], [y for _, y in points]
        self._low_x, self._high_y = min(xs), max(ys)
        self._scale = (WIDTH - 2 * _EDGE) / max(max(xs) - self._low_x, 1.0)
        self.height = (self._high_y - min(ys)) * self._scale + 2 * _EDGE

    def line(self, shape: tuple[LonLat, ...]) -> list[tuple[float, float]]:
        """Return the pixels of a shape."""
        metres = [self._plane.metres(place) for place in shape]
        return [(_EDGE + (x - self._low_x) * self._scale, _EDGE + (self._high_y - y) * self._scale) for x, y in metres]
