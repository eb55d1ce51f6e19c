"""Vehicles from counts: passages by a calculation of its own, and counts kept period by period."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.geh import geh_table
from signal_ctrl.domain.place_counts import PlaceCounts
from sumo_scenarios.counting.candidates import candidate_routes, check_reached
from sumo_scenarios.counting.departures import fitted_departures
from sumo_scenarios.counting.passages import Clock, Departure, all_places, count_departures, passages
from sumo_scenarios.counting.places import CountedPlaces, find_places
from sumo_scenarios.counting.streets import Streets, read_streets
from sumo_scenarios.net_reader import read_net
from tests.sumo_scenarios.counting.towns import chain, one_hour, streets_of, turns

EDGE_S = 200.0 / 13.89
INNER_S = 12.0 / 10.0


@pytest.fixture(scope="module")
def streets(tmp_path_factory: pytest.TempPathFactory) -> Streets:
    return streets_of(tmp_path_factory.mktemp("chain"), chain())


def fitted(
    streets: Streets, counts: PlaceCounts, mid_block: bool = False
) -> tuple[CountedPlaces, tuple[Departure, ...]]:
    places, _ = find_places(streets, counts)
    candidates = candidate_routes(places, mid_block, np.random.default_rng(1))
    return places, fitted_departures(places, Clock(streets), candidates, counts, np.random.default_rng(2))


def test_a_turn_is_passed_where_its_edge_ends(streets: Streets) -> None:
    route = tuple(streets.index[edge] for edge in ("WA", "AB", "BE"))
    found = passages(all_places(streets, links=False), Clock(streets), route)
    assert found == [
        (pytest.approx(EDGE_S), ("A", "WA", "AB")),
        (pytest.approx(2 * EDGE_S + INNER_S), ("B", "AB", "BE")),
    ]
    links = passages(all_places(streets, links=True), Clock(streets), route)
    assert [place for _, place in links] == [("WA",), ("AB",), ("BE",)]


def test_measured_times_hold_the_junction_too(streets: Streets) -> None:
    route = tuple(streets.index[edge] for edge in ("WA", "AB", "BE"))
    clock = Clock(streets, {streets.index["AB"]: 60.0})
    assert clock.ends_s(route) == pytest.approx([EDGE_S, EDGE_S + 60.0, 2 * EDGE_S + 60.0 + INNER_S])


def test_a_vehicle_counts_in_the_period_in_which_it_passes(streets: Streets) -> None:
    periods = [(0.0, 900.0), (900.0, 1800.0)]
    departures = [Departure(890.0, ("WA", "AB", "BE")), Departure(900.0 - EDGE_S + 0.1, ("WA", "AN"), 0.5)]
    found = count_departures(all_places(streets, False), Clock(streets), periods, departures)
    assert found == ({}, {("A", "WA", "AB"): 1.0, ("B", "AB", "BE"): 1.0, ("A", "WA", "AN"): 0.5})


def test_counts_of_two_periods_are_kept_by_free_passages(streets: Streets) -> None:
    first = turns(WA_AB=100, WA_AN=10, SA_AB=40, SA_AN=5, AB_BE=120, AB_BO=20, TB_BE=30, TB_BO=6)
    later = {place: 2 * veh for place, veh in first.items()}
    counts = PlaceCounts(((3600.0, 4500.0), (4500.0, 5400.0)), (first, later))
    places, departures = fitted(streets, counts)
    table = geh_table(counts, count_departures(places, Clock(streets), counts.periods, departures))
    assert max(abs(row.counted_veh - row.modelled_veh) for row in table.rows) <= 1
    assert table.share_good == 1.0
    assert all(3600.0 - 3 * EDGE_S - 10 <= each.depart_s <= 5400.0 for each in departures)
    assert [each.depart_s for each in departures] == sorted(each.depart_s for each in departures)


def test_departures_are_spread_over_the_period(streets: Streets) -> None:
    _, departures = fitted(streets, one_hour(turns(WA_AN=360)))
    gaps = np.diff([each.depart_s for each in departures if each.edges[-1] == "AN"])
    assert len(departures) == 360
    assert gaps.max() < 30.0, "10 s on average"


def test_the_same_seed_gives_the_same_vehicles(streets: Streets) -> None:
    counts = one_hour(turns(WA_AB=100, AB_BE=60, AB_BO=41))
    assert fitted(streets, counts)[1] == fitted(streets, counts)[1]


def test_contradicting_counts_end_in_a_compromise_and_mid_block_keeps_both(streets: Streets) -> None:
    ins = {"WA_AB": 300.0, "WA_AN": 40.0, "SA_AB": 100.0, "SA_AN": 10.0}
    outs = {"AB_BE": 250.0, "AB_BO": 50.0, "TB_BE": 80.0, "TB_BO": 20.0}
    counts = one_hour(turns(**ins | outs))

    def through(mid_block: bool) -> tuple[float, float]:
        places, departures = fitted(streets, counts, mid_block)
        (found,) = count_departures(places, Clock(streets), counts.periods, departures)
        return sum(found["A", f, "AB"] for f in ("WA", "SA")), sum(found["B", "AB", t] for t in ("BE", "BO"))

    enters, leaves = through(False)
    assert 330 <= leaves <= enters <= 360, "between 300 and 400, but for who is under way at the ends"
    assert through(True) == pytest.approx((400.0, 300.0), abs=1)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(st.integers(0, 90), min_size=6, max_size=6), st.integers(0, 1000))
def test_counts_of_any_demand_come_back(streets: Streets, flows: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    routes = [("WA", "AB", "BE"), ("WA", "AB", "BO"), ("SA", "AB", "BE"), ("SA", "AN"), ("TB", "BE"), ("WA", "AN")]
    truth = [Departure(rng.uniform(3500, 5400), r) for r, n in zip(routes, flows, strict=True) for _ in range(n)]
    periods = ((3600.0, 4500.0), (4500.0, 5400.0))
    places = all_places(streets, False)
    counts = PlaceCounts(periods, count_departures(places, Clock(streets), periods, truth))
    if not counts.places():
        return
    own, departures = fitted(streets, counts)
    table = geh_table(counts, count_departures(own, Clock(streets), periods, departures))
    assert table.share_good == 1.0
    assert max(abs(row.counted_veh - row.modelled_veh) for row in table.rows) <= 3


def test_a_place_that_no_route_reaches_is_refused_by_name(tmp_path: Path) -> None:
    """A ring of two one-way streets between two signals: nobody can come in."""
    from tests.sumo_scenarios.small_nets import edge_row, logic_row, net_text, node_text

    edges = edge_row("AB", ("A", "B")) + edge_row("BA", ("B", "A"))
    parts = [node_text("A", [("BA_0", "AB_0", 0)], [], [], "A"), node_text("B", [("AB_0", "BA_0", 0)], [], [], "B")]
    (tmp_path / "town.net.xml").write_text(
        net_text(edges, parts, logic_row("A", (("9", "G"),)) + logic_row("B", (("9", "G"),)))
    )
    streets = read_streets(read_net(tmp_path / "town.net.xml"))
    counts = one_hour({("A", "BA", "AB"): 5.0, ("B", "AB", "BA"): 5.0})
    places, _ = find_places(streets, counts)
    candidates = candidate_routes(places, False, np.random.default_rng(1))
    with pytest.raises(InvalidInputError, match="signal A, BA to AB, and 1 more places: no route leads through it"):
        check_reached(places, candidates, counts.places())


def test_candidates_visit_nothing_twice_and_pass_a_count(streets: Streets) -> None:
    places, _ = find_places(streets, one_hour(turns(AB_BE=5)))
    found = candidate_routes(places, False, np.random.default_rng(1))
    assert found
    for each in found:
        assert len(set(each.route)) == len(each.route)
        assert places.meets(each.route)
        assert 0 < each.weight <= 1 and math.isfinite(each.weight)
