"""Towns of any size and seed are well formed, before netconvert has seen them."""

import re
from collections import Counter
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from sumo_scenarios.newtown.buses import lines_of
from sumo_scenarios.newtown.people import Population, zones_of
from sumo_scenarios.newtown.roads import MOTOR, roads
from sumo_scenarios.newtown.town_plan import CLASSES, SPACINGS_M, TownPlan, plan_town
from sumo_scenarios.newtown.walkers import Sidewalks
from sumo_scenarios.newtown.ways import HEADINGS, block_sides, left_of, right_of, streets_of, ways_of

towns = st.builds(plan_town, st.integers(2, 6), st.integers(2, 6), st.integers(0, 2**31 - 1))
_ID = re.compile(r' (?:from|to)="([^"]+)"')


def lane_counts(town: TownPlan) -> dict[str, int]:
    found = {edge: 2 for block in town.blocks for street in streets_of(block) for edge in street.edges}
    for way in ways_of(town).values():
        found |= {piece.edge: MOTOR + way.road_class.lanes + piece.pocket + piece.widened for piece in way.pieces}
    return found


@settings(deadline=None, max_examples=40)
@given(towns)
def test_edges_join_nodes_that_exist_and_connections_join_lanes_that_exist(town: TownPlan) -> None:
    plain = roads(town)
    ends = {}
    for name, row in plain.edges.items():
        ends[name] = _ID.findall(row.partition("<lane")[0])[:2]
        assert set(ends[name]) <= set(plain.nodes) and len(ends[name]) == 2
    lanes = lane_counts(town)
    assert set(lanes) == set(plain.edges)
    seen = Counter(plain.connections)
    assert max(seen.values()) == 1
    for row in plain.connections:
        if row.startswith("<connection"):
            start, end, lane, onto = re.findall(r'="([^"]+)"', row)
            assert ends[start][1] == ends[end][0]
            assert int(lane) < lanes[start] and int(onto) < lanes[end]


@settings(deadline=None, max_examples=40)
@given(towns)
def test_every_motor_lane_leads_on_and_every_lane_is_reached(town: TownPlan) -> None:
    plain, ways = roads(town), ways_of(town)
    joined = [re.findall(r'="([^"]+)"', row) for row in plain.connections if row.startswith("<connection")]
    left = {(start, int(lane)) for start, _, lane, _ in joined}
    reached = {(end, int(onto)) for _, end, _, onto in joined}
    lanes = lane_counts(town)
    last = {way.pieces[-1].edge for way in ways.values() if way.leads_out}
    first = {way.pieces[0].edge for way in ways.values() if way.leads_in}
    for edge, number in lanes.items():
        own = range(1, number) if edge[0] != "B" else range(number)
        assert edge in last or all((edge, lane) in left for lane in own)
        assert edge in first or all(
            (edge, lane) in reached for lane in own if not (edge[0] != "B" and _is_exit(ways, edge, lane))
        )


def _is_exit(ways: dict, edge: str, lane: int) -> bool:  # type: ignore[type-arg]
    """Tell whether a lane begins behind a signal: it is reached from the side roads, or from nobody going straight on."""
    way = ways[edge[:-1]]
    return edge.endswith("a") and not way.leads_in and lane > 1


@settings(deadline=None, max_examples=30)
@given(towns)
def test_the_plan_is_what_it_says(town: TownPlan) -> None:
    for lines in (town.rows, town.columns):
        assert all(SPACINGS_M[0] <= b.place_m - a.place_m <= SPACINGS_M[1] for a, b in pairwise(lines))
        assert all(line.road_class in CLASSES for line in lines)
        assert any(line.road_class.lanes >= 3 for line in lines)
    ways = ways_of(town)
    for way in ways.values():
        places_m = [driven_m for _, driven_m in way.nodes]
        assert all(b - a >= 15.0 for a, b in pairwise(places_m))
        assert way.length_m > 0 and (not way.opening or way.road_class.has_gaps)
    for block in town.blocks:
        assert {ways[name].block for name in block_sides(block).values()} == {block.name}
    assert {kind for kind, _ in town.special} == {"station", "hospital", "fire_station"}


@settings(deadline=None, max_examples=20)
@given(towns, st.sampled_from(["peak", "weekday", "weekend"]))
def test_people_travel_in_order_between_zones_that_are_not_one(town: TownPlan, day: str) -> None:
    trips = Population(town).trips(0.02, day)
    zones = zones_of(town)
    assert [trip.depart_s for trip in trips] == sorted(trip.depart_s for trip in trips)
    for trip in trips:
        assert trip.start != trip.end or zones[trip.start].is_gate is False
        if zones[trip.start].is_gate or zones[trip.end].is_gate:
            assert trip.mode in ("car", "truck")
    assert trips == Population(town).trips(0.02, day)


def test_a_weekday_has_two_peaks_and_a_weekend_day_none_in_the_morning() -> None:
    town = plan_town(3, 3, 1)
    by_hour = {}
    for day in ("weekday", "weekend"):
        by_hour[day] = Counter(int(trip.depart_s // 3600) for trip in Population(town).trips(0.3, day))
    weekday, weekend = by_hour["weekday"], by_hour["weekend"]
    assert min(weekday[7], weekday[17]) > 1.3 * max(weekday[h] for h in (11, 12, 13))
    assert weekend[7] < 0.5 * weekday[7] and max(weekend, key=weekend.__getitem__) >= 10


@settings(deadline=None, max_examples=25)
@given(towns, st.randoms(use_true_random=False))
def test_walks_lead_along_sidewalks_that_meet(town: TownPlan, draw) -> None:  # type: ignore[no-untyped-def]
    ways = ways_of(town)
    sidewalks = Sidewalks(ways)
    nodes = {piece.edge: set(piece.nodes) for way in ways.values() for piece in way.pieces}
    one, other = draw.choice(town.blocks), draw.choice(town.blocks)
    start, goals = draw.choice(list(block_sides(one).values())), list(block_sides(other).values())
    edges = sidewalks.walk(start, goals)
    assert edges[0][:-1] == start and edges[-1][:-1] in goals
    assert all(nodes[a] & nodes[b] for a, b in pairwise(edges) if a != b)


@settings(deadline=None, max_examples=20)
@given(towns)
def test_bus_lines_run_through_town(town: TownPlan) -> None:
    ways = ways_of(town)
    lines = lines_of(town, ways)
    assert len(lines) == 2 * (len(town.rows) + len(town.columns))
    for line in lines:
        assert line.ways[0].leads_in and line.ways[-1].leads_out
        assert all(a.ends[1] == b.ends[0] for a, b in pairwise(line.ways))
        assert set(line.stops) <= {way.name for way in line.ways}


def test_left_and_right_undo_each_other() -> None:
    assert all(right_of(left_of(heading)) == heading for heading in HEADINGS)
