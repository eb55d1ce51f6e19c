"""The counted demand: how many vehicles an hour want each turn at each signal, and where they come from.

Counted from the routes of the demand, not from what a simulation lets through: a queue hides demand.
"""

import itertools
import math
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

from signal_ctrl.domain.counts import Turn
from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.configuration import Configuration
from sumo_scenarios.demand import demand_span
from sumo_scenarios.net_reader import Net
from sumo_scenarios.simulation import sumo_home
from sumo_scenarios.sumo_program import run_program, said_of
from sumo_scenarios.xml_input import elements, parse_time_s

_SINGLE: Final = frozenset({"vehicle", "trip"})
_BICYCLE: Final = "bicycle"
_COUNTED: Final = _SINGLE | {"flow"}
_S_PER_H: Final = 3600.0
_ROUTER_TIME_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class Volumes:
    """Demand in vehicles per hour. [veh/h]

    `turns` by turn; `links` by pairs of turns that vehicles take one after the other, with no signal in between;
    `ways_s` the free driving time between the two [s].
    """

    turns: dict[Turn, float]
    links: dict[tuple[Turn, Turn], float]
    ways_s: dict[tuple[Turn, Turn], float]


def count_volumes(config: Configuration, net: Net, times_s: tuple[float, float]) -> Volumes:
    """Return the demand that departs between two times, or up to the last departure. [s]

    Raises: InvalidInputError for damaged files, demand without any end, or that SUMO's router cannot route.
    """
    span = demand_span(config.routes)
    until_s = min(times_s[1], max(span.last_s, times_s[0] + 1.0))
    if math.isinf(until_s):
        raise InvalidInputError(f"the demand of {config.path} has no end of its own: give the configuration an end")
    times_s = (times_s[0], times_s[1] if math.isinf(span.last_s) else until_s)
    named = dict(_named((*config.additional, *config.routes)))
    if all(_edges(element, named) for element in _departing(config.routes)):
        return _counted(config.routes, named, net, times_s)
    with tempfile.TemporaryDirectory(prefix="signal-ctrl-") as scratch:
        routed = routed_demand(config, times_s, Path(scratch))
        return _counted((routed,), dict(_named((*config.additional, routed))), net, times_s)


def count_periods(
    config: Configuration, net: Net, periods_s: Sequence[tuple[float, float]]
) -> tuple[dict[Turn, float], ...]:
    """Return the demand by turn of each period [veh/h]: who would be at the signal in it, driving freely. [s]

    Unlike `count_volumes` it counts a vehicle when it is due at the signal, not when it departs, so that short periods
    far from the edge of the network are right; each of them counts from its begin up to, not including, its end.
    Raises: as `count_volumes`.
    """
    named = dict(_named((*config.additional, *config.routes)))
    if all(_edges(element, named) for element in _departing(config.routes)):
        return _by_period(config.routes, named, net, periods_s)
    span_s = (min(begin_s for begin_s, _ in periods_s), max(end_s for _, end_s in periods_s))
    first_s = min(span_s[0], config.begin_s or 0.0)
    with tempfile.TemporaryDirectory(prefix="signal-ctrl-") as scratch:
        routed = routed_demand(config, (first_s, span_s[1]), Path(scratch))
        return _by_period((routed,), dict(_named((*config.additional, routed))), net, periods_s)


def _by_period(
    paths: Sequence[Path],
    named: dict[str, list[tuple[float, tuple[str, ...]]]],
    net: Net,
    periods_s: Sequence[tuple[float, float]],
) -> tuple[dict[Turn, float], ...]:
    signal_of, edge_s = _signals(net), {edge: way_s(net, (edge,)) for edge in net.edges}
    found: tuple[defaultdict[Turn, float], ...] = tuple(defaultdict(float) for _ in periods_s)
    for element in _departing(paths):
        depart_s = _time(element, "depart", math.nan) if element.tag in _SINGLE else math.nan
        for share, edges in _edges(element, named):
            for turn, behind_s in _passed(edge_s, signal_of, edges):
                for turns, (begin_s, end_s) in zip(found, periods_s, strict=True):
                    number = share * _departures(element, depart_s, begin_s - behind_s, end_s - behind_s)
                    if number:
                        turns[turn] += number * _S_PER_H / (end_s - begin_s)
    return tuple(dict(turns) for turns in found)


def _departures(element: Element, depart_s: float, from_s: float, until_s: float) -> float:
    """Return how many vehicles an element sends from one time up to, not including, another. [veh]

    Args: depart_s, the departure of a single vehicle where it was read already, else NaN.
    """
    if not math.isnan(depart_s):
        return float(from_s <= depart_s < until_s)
    return _vehicles(element, (from_s, math.nextafter(until_s, -math.inf)))


def _passed(
    edge_s: Mapping[str, float], signal_of: Mapping[tuple[str, str], str], edges: tuple[str, ...]
) -> Iterator[tuple[Turn, float]]:
    """Yield the turns of a route, and the free driving time from its start to each. [s]"""
    way_s = 0.0
    for before, after in itertools.pairwise(edges):
        way_s += edge_s.get(before, 0.0)
        if (before, after) in signal_of:
            yield (signal_of[before, after], before, after), way_s


def _signals(net: Net) -> dict[tuple[str, str], str]:
    """Return which signal controls the turn from one edge to another."""
    return {
        (net.lanes[c.from_lane].edge_id, net.lanes[c.to_lane].edge_id): signal
        for signal, connections in net.signal_links.items()
        for c in connections
        if c.from_lane in net.lanes and c.to_lane in net.lanes
    }


def routed_vehicles(
    config: Configuration, times_s: tuple[float, float]
) -> Iterator[tuple[float, tuple[str, ...], float]]:
    """Yield (departure [s], edges, vehicles) of the demand between two times; a flow sends one vehicle after the other.

    Raises: as `count_volumes`.
    """
    named = dict(_named((*config.additional, *config.routes)))
    if all(_edges(element, named) for element in _departing(config.routes)):
        yield from _rows(config.routes, named, times_s)
        return
    with tempfile.TemporaryDirectory(prefix="signal-ctrl-") as scratch:
        routed = routed_demand(config, times_s, Path(scratch))
        yield from _rows((routed,), dict(_named((*config.additional, routed))), times_s)


def _rows(
    paths: Sequence[Path], named: dict[str, list[tuple[float, tuple[str, ...]]]], times_s: tuple[float, float]
) -> Iterator[tuple[float, tuple[str, ...], float]]:
    for element in _departing(paths):
        routes, number = _edges(element, named), _vehicles(element, times_s)
        begin_s = _time(element, "depart" if element.tag in _SINGLE else "begin", times_s[0])
        last_s = begin_s if element.tag in _SINGLE else min(_flow_end_s(element, begin_s, times_s[1]), times_s[1])
        from_s, whole = max(begin_s, times_s[0]), max(math.ceil(number), 1)
        for k in range(whole if number > 0 else 0):
            depart_s = from_s + (k + 0.5 * (whole > 1)) * max(last_s - from_s, 0.0) / whole
            yield from ((depart_s, edges, share * number / whole) for share, edges in routes)


def _departing(paths: Iterable[Path]) -> Iterator[Element]:
    """Yield vehicles, trips and flows; bicycles, whose types the files define, have lanes and greens of their own."""
    bicycles: set[str] = set()
    for path in paths:
        for _, element in elements(path):
            if element.tag == "vType" and element.get("vClass") == _BICYCLE:
                bicycles.add(element.get("id", ""))
            elif element.tag in _COUNTED:
                if element.get("type") not in bicycles:
                    yield element
                element.clear()


def _named(paths: Iterable[Path]) -> Iterator[tuple[str, list[tuple[float, tuple[str, ...]]]]]:
    """Yield the routes and route distributions that have a name."""
    known: dict[str, list[tuple[float, tuple[str, ...]]]] = {}
    for path in paths:
        for _, element in elements(path):
            name = element.get("id", "")
            if element.tag == "route" and name:
                known[name] = [(1.0, tuple(element.get("edges", "").split()))]
            elif element.tag == "routeDistribution" and name:
                known[name] = _distribution(element, known)
            else:
                continue
            yield name, known[name]


def _distribution(
    element: Element, known: dict[str, list[tuple[float, tuple[str, ...]]]]
) -> list[tuple[float, tuple[str, ...]]]:
    """Return (share, edges) of the routes of a distribution."""
    weights = [float(text) for text in element.get("probabilities", "").split()]
    pairs = list(zip(element.get("routes", "").split(), weights or itertools.repeat(1.0), strict=False))
    found = [(weight, known[name][0][1]) for name, weight in pairs if name in known]
    for route in element.findall("route"):
        name, weight = route.get("refId", ""), float(route.get("probability", "1"))
        edges = tuple(route.get("edges", "").split()) or (known[name][0][1] if name in known else ())
        found.append((weight, edges))
    total = sum(weight for weight, _ in found) or 1.0
    return [(weight / total, edges) for weight, edges in found if edges]


def _edges(
    element: Element, named: dict[str, list[tuple[float, tuple[str, ...]]]]
) -> list[tuple[float, tuple[str, ...]]]:
    """Return (share, edges) of the routes that a vehicle or flow may take, nothing if a router has to find them."""
    if element.get("route"):
        return named.get(element.get("route", ""), [])
    inner = element.find("routeDistribution")
    if inner is not None:
        return _distribution(inner, named)
    route = element.find("route")
    edges = tuple(route.get("edges", "").split()) if route is not None else ()
    return [(1.0, edges)] if edges else []


def _counted(
    paths: Sequence[Path],
    named: dict[str, list[tuple[float, tuple[str, ...]]]],
    net: Net,
    times_s: tuple[float, float],
) -> Volumes:
    signal_of = _signals(net)
    turns: defaultdict[Turn, float] = defaultdict(float)
    links: defaultdict[tuple[Turn, Turn], float] = defaultdict(float)
    ways_s: dict[tuple[Turn, Turn], float] = {}
    for element in _departing(paths):
        number = _vehicles(element, times_s)
        for share, edges in _edges(element, named):
            places = [i for i, pair in enumerate(itertools.pairwise(edges)) if pair in signal_of]
            passed = [(signal_of[edges[i], edges[i + 1]], edges[i], edges[i + 1]) for i in places]
            for turn in passed:
                turns[turn] += number * share
            for (i, before), (j, after) in itertools.pairwise(zip(places, passed, strict=True)):
                links[before, after] += number * share
                ways_s.setdefault((before, after), way_s(net, edges[i + 1 : j + 1]))
    hours = (times_s[1] - times_s[0]) / _S_PER_H
    by_turn = {turn: number / hours for turn, number in turns.items()}
    return Volumes(by_turn, {pair: number / hours for pair, number in links.items()}, ways_s)


def way_s(net: Net, edges: Iterable[str]) -> float:
    """Return the free driving time over some edges. [s]"""
    lanes = [max(net.edges[edge].lanes, key=lambda lane: lane.speed_mps) for edge in edges if edge in net.edges]
    return sum(lane.length_m / max(lane.speed_mps, 1.0) for lane in lanes)


def _vehicles(element: Element, times_s: tuple[float, float]) -> float:
    """Return how many vehicles an element sends between two times. [veh]"""
    begin_s = _time(element, "depart" if element.tag in _SINGLE else "begin", times_s[0])
    if element.tag in _SINGLE:
        return float(times_s[0] <= begin_s <= times_s[1])
    end_s = _flow_end_s(element, begin_s, times_s[1])
    from_s, to_s = max(begin_s, times_s[0]), min(end_s, times_s[1])
    number = float(element.get("number", "inf"))
    return min(_rate_veh_s(element, begin_s, end_s) * max(to_s - from_s, 0.0), number)


def _flow_end_s(flow: Element, begin_s: float, otherwise_s: float) -> float:
    """Return when a flow ends: as it says, or once it has sent its number at its rate; else at another time. [s]"""
    end_s = _time(flow, "end", math.nan)
    if not math.isnan(end_s) or not flow.get("number"):
        return otherwise_s if math.isnan(end_s) else end_s
    rate_veh_s = _rate_veh_s(flow, begin_s, math.inf)
    return begin_s + float(flow.attrib["number"]) / rate_veh_s if rate_veh_s > 0 else otherwise_s


def _rate_veh_s(flow: Element, begin_s: float, end_s: float) -> float:
    if flow.get("period", "").startswith("exp("):
        return float(flow.attrib["period"][4:-1])
    if flow.get("period"):
        return 1.0 / max(parse_time_s(flow.attrib["period"]), 1e-3)
    for name in ("vehsPerHour", "perHour"):
        if flow.get(name):
            return float(flow.attrib[name]) / _S_PER_H
    if flow.get("probability"):
        return float(flow.attrib["probability"])
    return float(flow.get("number", "0")) / max(end_s - begin_s, 1.0)


def _time(element: Element, name: str, otherwise_s: float) -> float:
    try:
        return parse_time_s(element.get(name, ""))
    except InvalidInputError:
        return otherwise_s


def routed_demand(config: Configuration, times_s: tuple[float, float], scratch: Path) -> Path:
    """Let SUMO's router find the routes of trips and flows; return its file.

    Raises: InvalidInputError if it cannot; BackendError if it is missing or hangs.
    """
    target = scratch / "routed.rou.xml"
    arguments = [
        *(str(sumo_home() / "bin" / "duarouter"), "--net-file", str(config.net)),
        *("--route-files", ",".join(map(str, config.routes)), "--output-file", str(target)),
        *("--begin", f"{times_s[0]:.3f}", "--end", f"{times_s[1]:.3f}", "--ignore-errors", "true"),
        *("--alternatives-output", "NUL", "--no-warnings", "true", "--no-step-log", "true"),
        *("--xml-validation", "never", "--seed", "1"),
    ]
    if config.additional:
        arguments += ["--additional-files", ",".join(map(str, config.additional))]
    done = run_program(arguments, "SUMO's router", _ROUTER_TIME_S)
    if done.returncode != 0 or not target.is_file():
        raise InvalidInputError(f"the demand of {config.path} cannot be counted: {said_of(done)}")
    return target
