"""Approaches, the ways of the demand, and arterials: on networks of the catalogue, against slow second searches."""

import heapq
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from sumo_scenarios import catalogue
from sumo_scenarios.configuration import read_configuration
from sumo_scenarios.measures.approaches import find_approaches
from sumo_scenarios.measures.arterials import arterial_figures, arterials_of, find_arterials
from sumo_scenarios.measures.context import read_net_once
from sumo_scenarios.measures.demand_routes import demand_routes
from sumo_scenarios.measures.edges import read_edges
from sumo_scenarios.measures.schedule import Schedule, read_schedule
from sumo_scenarios.measures.sources import read_sources
from sumo_scenarios.net_reader import Net
from sumo_scenarios.settings import RunSettings
from tests.sumo_scenarios.measures.runs import make_run


def scenario(name: str) -> tuple[Net, Schedule]:
    config = read_configuration(catalogue.resolve(name).config)
    return read_net_once(config.net), read_schedule(config.routes)


def slow_time_s(net: Net, start: str, end: str) -> float:
    """Search the fastest way edge by edge; the first edge is free. [s]"""
    todo, done = [(0.0, start)], set()
    while todo:
        time_s, edge = heapq.heappop(todo)
        if edge == end:
            return time_s
        if edge in done:
            continue
        done.add(edge)
        for connection in net.connections:
            here, there = net.lanes[connection.from_lane].edge_id, net.lanes[connection.to_lane]
            if here == edge and there.motorised and not net.edges[there.edge_id].function:
                heapq.heappush(todo, (time_s + there.length_m / there.speed_mps, there.edge_id))
    return float("inf")


def time_s(net: Net, route: tuple[str, ...]) -> float:
    """Return the least time of a route, lane by lane, of those that lead on from the edge before. [s]"""
    total_s = 0.0
    for before, after in pairwise(route):
        lanes = [net.lanes[c.to_lane] for c in net.connections if net.lanes[c.from_lane].edge_id == before]
        total_s += min(lane.length_m / lane.speed_mps for lane in lanes if lane.edge_id == after)
    return total_s


def test_trips_take_the_fastest_way_over_the_empty_network() -> None:
    net, schedule = scenario("cologne8")
    routes = demand_routes(net, schedule)
    assert sum(routes.values()) > 0.98 * len(schedule.departures)
    for route in list(routes)[::60]:
        assert time_s(net, route) == pytest.approx(slow_time_s(net, route[0], route[-1]))


def test_routes_of_the_files_are_taken_as_they_are() -> None:
    net, schedule = scenario("arterial4x4")
    routes = demand_routes(net, schedule)
    assert sum(routes.values()) == len(schedule.departures) == 2484
    assert set(routes) == {each.edges for each in schedule.departures}


def test_an_approach_reaches_back_to_where_ways_part() -> None:
    net, _ = scenario("ingolstadt7")
    approaches = find_approaches(net)
    assert len({approach.approach_id for approach in approaches}) == len(approaches) > 20
    for approach in approaches:
        assert approach.edge_id == approach.edges[0]
        assert all(net.lanes[lane].edge_id == approach.edge_id for lane in approach.stop_lanes)
        for behind, ahead in pairwise(reversed(approach.edges)):
            onward = {
                net.lanes[c.to_lane].edge_id
                for c in net.connections
                if net.lanes[c.from_lane].edge_id == behind and c.direction != "t" and net.lanes[c.to_lane].motorised
            }
            assert onward == {ahead}, "nobody may leave the approach on the way"


def test_the_arterial_is_a_straight_chain_in_two_directions() -> None:
    forth, back = arterials_of(*scenario("ingolstadt7"))
    assert len(forth.signals) >= 3
    assert len(set(forth.signals)) == len(forth.signals)
    assert set(back.signals) <= set(forth.signals)
    order = [forth.signals.index(signal) for signal in back.signals]
    assert order == sorted(order, reverse=True)
    assert not set(forth.edges) & set(back.edges)


def test_most_of_the_demand_drives_along_the_arterial() -> None:
    """Where all vehicles drive one chain, it is the arterial, whatever else there is."""
    net, _ = scenario("grid4x4")
    approaches = find_approaches(net)
    for index in (0, 5, 9):
        (wanted, *_) = find_arterials(net, approaches[index:], {})
        stops = tuple(approaches[index:][k].edge_id for k in wanted.chain)
        found = find_arterials(net, approaches, {stops: 10.0})
        assert tuple(approaches[k].edge_id for k in found[0].chain) == stops


def test_one_signal_is_no_arterial() -> None:
    assert arterials_of(*scenario("cologne1")) == ()


@pytest.mark.sumo
def test_speeds_are_those_of_a_slow_count(tmp_path: Path) -> None:
    make_run(RunSettings("ingolstadt7", controller="net", end_s=58200.0), tmp_path)
    sources = read_sources(tmp_path / "run", tmp_path / "evidence")
    arterials = arterials_of(sources.net, sources.schedule)
    totals = read_edges(tmp_path / "evidence" / "edges.xml.gz")
    figures, tables = arterial_figures(sources.passages, arterials, totals)
    passages, table = sources.passages, sources.table
    ways: dict[int, list[int]] = {}
    for k, vehicle in enumerate(passages.vehicle.tolist()):
        if sources.approaches[passages.approach[k]].length_m >= 25.0:  # shorter ones may be missed
            ways.setdefault(vehicle, []).append(k)
    for arterial, row in zip(arterials, tables["arterials"], strict=True):
        chain = tuple(k for k in arterial.chain if sources.approaches[k].length_m >= 25.0)
        metres = seconds = 0.0
        vehicles = 0
        for way in ways.values():
            signals = [int(passages.approach[k]) for k in way]
            for at in range(len(signals)):
                if tuple(signals[at : at + len(chain)]) == chain:
                    first, last = passages.first_row[way[at]], passages.last_row[way[at + len(chain) - 1]]
                    if passages.passed[way[at + len(chain) - 1]]:
                        vehicles += 1
                        metres += float(np.sum(table.speed_mps[first : last + 1]))
                        seconds += float(last - first + 1)
        assert row["vehicles"] == vehicles > 3
        assert row["speed_kmh"] == pytest.approx(3.6 * metres / seconds, abs=1e-3)
    assert figures["arterial_speed_kmh"] == min(row["speed_kmh"] for row in tables["arterials"])
    assert 5 < figures["trunk_speed_kmh"] < 50
    assert figures["trunk_above_40_kmh"] == (figures["trunk_speed_kmh"] > 40)
