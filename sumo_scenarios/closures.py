"""Lanes and edges closed for a time, as SUMO rerouters.

While a place is closed, only emergency and authority vehicles, trams, cyclists and pedestrians may use it, on
the lanes that were theirs before. A rerouter stands on every street that is not closed itself (cologne8, with
149 of them, took no longer than without), so that every driver hears of the closure at once:

- A vehicle whose route uses a closed edge takes the fastest one that does not. With a closed lane it changes
  lanes, and takes another route only if no open lane leads where it wants to go.
- A vehicle whose destination is closed, or can be reached through closed edges only, ends its trip on an open
  street that leads to the closed edge; if none is in reach, it waits before the closure until that opens.
  Where one lane of several is closed and no other leads to the destination, it always waits.
- A vehicle that is to depart from a closed edge waits outside until it opens; its depart delay counts.
- A vehicle that is on the edge when it closes drives on and leaves it.
"""

import difflib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.sax.saxutils import quoteattr

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.net_reader import Edge, Net
from sumo_scenarios.settings import Closure

ALLOWED: Final = "emergency authority pedestrian bicycle tram"
ROUTING_MODE: Final = ("device.rerouting.mode", "8")
"""SUMO's option that lets a vehicle in whose route is closed; on its first edge it hears of the closure."""

_NEAR: Final = 3


@dataclass(frozen=True, slots=True)
class _Closed:
    """What is closed: an edge, or one lane of it where `lane` is not empty."""

    edge: Edge
    lane: str
    begin_s: float
    end_s: float


def write_closures(
    path: Path, closures: Sequence[Closure], net: Net, times_s: tuple[float, float], step_s: float
) -> None:
    """Write closures as an additional file of SUMO; they take effect in the first step that they touch.

    Args: times_s, begin and end of the run [s]; step_s, SUMO's step [s].
    Raises: InvalidInputError for an unknown place, one without motor vehicles, or a closure outside the run.
    """
    closed = [_closed(closure, net, times_s, step_s) for closure in closures]
    whole = frozenset(c.edge.edge_id for c in closed if not c.lane)
    around = [edge_id for edge_id, edge in net.edges.items() if _is_street(edge) and edge_id not in whole]
    if not around:
        raise InvalidInputError("--close leaves no street open")
    rows = [row for index, c in enumerate(closed) for row in _rerouter(index, c, net, around, whole)]
    path.write_text("\n".join(["<additional>", *rows, "</additional>"]) + "\n", encoding="utf-8")


def _is_street(edge: Edge) -> bool:
    return not edge.function and any(lane.motorised for lane in edge.lanes)


def _closed(closure: Closure, net: Net, times_s: tuple[float, float], step_s: float) -> _Closed:
    begin_s, end_s = _steps_s(closure, times_s, step_s)
    lane = None if closure.place in net.edges else net.lanes.get(closure.place)
    edge = net.edges.get(lane.edge_id if lane else closure.place)
    if edge is None:
        near = difflib.get_close_matches(closure.place, _places(net), n=_NEAR, cutoff=0.5)
        hint = f"; did you mean {', '.join(near)}?" if near else ": take the id of a lane or an edge"
        raise InvalidInputError(f"--close: {net.path.name} has no lane or edge '{closure.place}'{hint}")
    if not _is_street(edge) or (lane is not None and not lane.motorised):
        raise InvalidInputError(f"--close: no motor vehicle uses '{closure.place}'; take a lane or edge of a street")
    alone = sum(other.motorised for other in edge.lanes) == 1
    return _Closed(edge, lane.lane_id if lane is not None and not alone else "", begin_s, end_s)


def _places(net: Net) -> list[str]:
    streets = [edge for edge in net.edges.values() if _is_street(edge)]
    return [edge.edge_id for edge in streets] + [lane.lane_id for edge in streets for lane in edge.lanes]


def _steps_s(closure: Closure, times_s: tuple[float, float], step_s: float) -> tuple[float, float]:
    """Return begin and end within the run, on its steps: SUMO misses intervals that begin between two. [s]"""
    run_begin_s, run_end_s = times_s
    if closure.to_s <= run_begin_s or closure.from_s >= run_end_s:
        raise InvalidInputError(
            f"--close {closure.place}: closed from {closure.from_s:.10g} to {closure.to_s:.10g} s, "
            f"but the run goes from {run_begin_s:.10g} to {run_end_s:.10g} s of simulation"
        )
    tiny = 1e-6
    first = math.floor((max(closure.from_s, run_begin_s) - run_begin_s) / step_s + tiny)
    last = math.ceil((min(closure.to_s, run_end_s + step_s) - run_begin_s) / step_s - tiny)
    return run_begin_s + first * step_s, run_begin_s + last * step_s


def _rerouter(index: int, closed: _Closed, net: Net, around: Sequence[str], whole: frozenset[str]) -> Iterable[str]:
    yield f'    <rerouter id="signal-ctrl-closure-{index}" edges={quoteattr(" ".join(around))}>'
    yield f'        <interval begin="{closed.begin_s:.3f}" end="{closed.end_s:.3f}">'
    if closed.lane:
        yield f'            <closingLaneReroute id={quoteattr(closed.lane)} allow="{ALLOWED}"/>'
    else:
        yield f'            <closingReroute id={quoteattr(closed.edge.edge_id)} allow="{ALLOWED}"/>'
        for edge_id in _instead(closed.edge, net, whole):
            yield f"            <destProbReroute id={quoteattr(edge_id)}/>"
    yield "        </interval>"
    yield "    </rerouter>"


def _instead(edge: Edge, net: Net, whole: frozenset[str]) -> list[str]:
    """Return the open streets that lead to an edge, its other direction only if there is nothing else."""
    lanes = [lane.lane_id for lane in edge.lanes if lane.motorised]
    before = {c.from_lane: None for lane in lanes for c in net.incoming.get(lane, ())}
    found = dict.fromkeys(net.lanes[lane].edge_id for lane in before if net.lanes[lane].motorised)
    streets = [e for e in found if e not in whole and e != edge.edge_id]
    return [e for e in streets if net.edges[e].from_node != edge.to_node] or streets
