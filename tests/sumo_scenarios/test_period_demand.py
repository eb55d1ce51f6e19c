"""Demand by period: from routes, when it is due at the signal; from counts, spread over their own periods."""

from dataclasses import replace
from pathlib import Path

import pytest

from signal_ctrl.domain.counts import counts_from_csv
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.engine.split_plan import SplitPlanner, chosen_cycle_s
from signal_ctrl.engine.split_values import Period, SplitRules
from sumo_scenarios.configuration import read_configuration
from sumo_scenarios.demand_model import choice_of
from sumo_scenarios.net_reader import read_net
from sumo_scenarios.period_demand import (
    check_turns,
    counted_flows,
    equal_periods,
    saturation_from_csv,
    scenario_flows,
    scenario_span_s,
    with_fewer_stages,
    world_demands,
)
from sumo_scenarios.volumes import count_periods, count_volumes
from sumo_scenarios.world import World
from tests.sumo_scenarios.small_nets import world_of, write_town

HEADER = "begin_s,end_s,signal,from_edge,to_edge,vehicles\n"
TURNS = [("WC", "CE"), ("WC", "CN"), ("SC", "CN"), ("SC", "CE")]


def full(begin_s: int = 0, end_s: int = 900, vehicles: float = 90) -> str:
    return "".join(f"{begin_s},{end_s},C,{a},{b},{vehicles}\n" for a, b in TURNS)


@pytest.fixture
def world(tmp_path: Path) -> World:
    config = write_town(tmp_path)
    rows = '<flow id="f" begin="0" end="60" number="9"><route edges="WC CE"/></flow>'
    (tmp_path / "town.rou.xml").write_text(f"<routes>{rows}</routes>")
    return world_of(config)


def test_a_vehicle_counts_when_it_is_due_at_the_signal(tmp_path: Path) -> None:
    config = write_town(tmp_path)
    net = read_net(read_configuration(config).net)
    way_s = net.edges["WC"].lanes[0].length_m / net.edges["WC"].lanes[0].speed_mps
    rows = f'<vehicle id="a" depart="{899 - way_s:.2f}"><route edges="WC CE"/></vehicle>'
    rows += f'<vehicle id="b" depart="{901 - way_s:.2f}"><route edges="WC CE"/></vehicle>'
    rows += '<flow id="f" begin="0" end="1800" vehsPerHour="120"><route edges="SC CN"/></flow>'
    (tmp_path / "town.rou.xml").write_text(f"<routes>{rows}</routes>")
    found = count_periods(read_configuration(config), net, [(0.0, 900.0), (900.0, 1800.0)])
    assert [turns["C", "WC", "CE"] for turns in found] == [4.0, 4.0]
    assert found[1]["C", "SC", "CN"] == pytest.approx(120.0)
    assert found[0]["C", "SC", "CN"] == pytest.approx(120.0 * (900 - way_s) / 900)


def test_periods_together_are_the_whole(tmp_path: Path) -> None:
    config = write_town(tmp_path)
    rows = "".join(f'<vehicle id="{t}" depart="{t}"><route edges="WC CE"/></vehicle>' for t in range(0, 1700, 7))
    (tmp_path / "town.rou.xml").write_text(f"<routes>{rows}</routes>")
    read = read_configuration(config)
    net = read_net(read.net)
    parts = count_periods(read, net, [(300.0 * k, 300.0 * (k + 1)) for k in range(6)])
    whole = count_volumes(read, net, (0.0, 1800.0)).turns["C", "WC", "CE"]
    assert sum(part["C", "WC", "CE"] / 12 for part in parts) == pytest.approx(len(range(0, 1700, 7)))
    assert whole > 0


def test_an_empty_period_is_named(world: World) -> None:
    with pytest.raises(InvalidInputError, match="nobody comes to a signal from 90000 to 90900 s"):
        scenario_flows(world, (Period(90_000, 90_900),))


def test_counts_are_spread_over_their_period() -> None:
    counts = counts_from_csv(HEADER + full(0, 900, 90) + full(900, 1800, 180))
    flows = counted_flows(counts, (Period(0, 1800), Period(450, 900)))
    assert flows[0]["C", "WC", "CE"] == pytest.approx(540)
    assert flows[1]["C", "WC", "CE"] == pytest.approx(360)
    with pytest.raises(InvalidInputError, match="cover 900 s of the period 900 to 2700 s"):
        counted_flows(counts, (Period(900, 2700),))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (full() + "0,900,X,WC,CE,9\n", "signal X is not in this network"),
        (full() + "0,900,C,WC,SC,9\n", "signal C: it has no turn from WC to SC"),
        (full().replace("0,900,C,SC,CE,90\n", ""), "signal C, 0 to 900 s: no count from SC to CE;"),
        (full(vehicles=12_000), "C, .*: 48,000 veh/h .*lanes let at most .*such as a day"),
    ],
)
def test_counts_have_to_fit_the_network(world: World, text: str, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        check_turns(world.units, world, counts_from_csv(HEADER + text), False, False)


def test_missing_turns_may_count_as_nobody(world: World) -> None:
    counts = counts_from_csv(HEADER + "0,900,C,WC,CE,90\n")
    check_turns(world.units, world, counts, True, False)
    check_turns(world.units, world, counts_from_csv(HEADER + full()), False, False)


def test_streams_carry_the_counts_and_a_saturation_flow_of_the_user(world: World) -> None:
    flows = counted_flows(counts_from_csv(HEADER + full()), (Period(0, 900),))
    usual = world_demands(world, world.units, flows, {}, {})[0]
    assert usual.stages == choice_of(world.units[0])
    assert usual.streams[0].flow_veh_s.sum() * 3600 == pytest.approx(4 * 360)
    group = usual.names[0].movement
    half = world_demands(world, world.units, flows, {("C", group): 900.0}, {})[0]
    own = [i for i, name in enumerate(usual.names) if name.movement == group]
    assert half.streams[0].saturation_veh_s[own] * 3600 == pytest.approx(900.0)
    assert chosen_cycle_s([SplitPlanner(usual, SplitRules())], 0) >= 40


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("signal,group\nC,g1\n", "look at saturation_veh_h"),
        ("signal,group,saturation_veh_h\nC,g1,0\n", "line 2, signal C: a saturation flow of '0' veh/h"),
        ("signal,group,saturation_veh_h\nC,g1,fast\n", "'fast'"),
        ("signal,group,saturation_veh_h\nC,tram,1800\n", "no group tram"),
        ("signal,group,saturation_veh_h\nX,g1,1800\n", "signal X: there is no group g1"),
        ("signal,group,saturation_veh_h\nC,g1,1800\nC,g1,1700\n", "line 3, signal C: group g1 occurs twice"),
    ],
)
def test_saturation_flows_that_cannot_be(world: World, text: str, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        saturation_from_csv(text, world.units, "s.csv")


def test_spans_and_periods(tmp_path: Path) -> None:
    config = write_town(tmp_path)
    (tmp_path / "town.rou.xml").write_text(
        '<routes><vehicle id="a" depart="31"><route edges="WC CE"/></vehicle></routes>'
    )
    assert scenario_span_s(read_configuration(config)) == (31.0, 60.0)
    (tmp_path / "town.rou.xml").write_text("<routes/>")
    with pytest.raises(InvalidInputError, match="nobody departs"):
        scenario_span_s(read_configuration(config))
    for span, length, words in (((0.0, 900.0), 0.0, "no periods"), ((0.0, 1e6), 900.0, "longer ones")):
        with pytest.raises(InvalidInputError, match=words):
            equal_periods(span, length)


def test_stages_that_the_user_names_stay(world: World) -> None:
    flows = counted_flows(counts_from_csv(HEADER + full()), (Period(0, 900),))
    demands = world_demands(world, world.units, flows, {}, {})
    twice = tuple(replace(demand, stages=(*demand.stages, *demand.stages)) for demand in demands)
    (fewer,) = with_fewer_stages(twice, (), (Period(0, 900),), SplitRules())
    (same,) = with_fewer_stages(twice, ("C",), (Period(0, 900),), SplitRules())
    assert set(fewer.stages) == set(demands[0].stages)
    assert len(fewer.stages) < len(same.stages) == 2 * len(demands[0].stages)


def test_a_flow_without_an_end_lasts_as_long_as_the_configuration(tmp_path: Path) -> None:
    config = write_town(tmp_path)
    (tmp_path / "town.rou.xml").write_text(
        '<routes><flow id="f" begin="0" vehsPerHour="300"><route edges="WC CE"/></flow></routes>'
    )
    found = read_configuration(config)
    assert scenario_span_s(replace(found, begin_s=0.0, end_s=1800.0)) == (0.0, 1800.0)
    with pytest.raises(InvalidInputError, match="no end of its own; give --periods"):
        scenario_span_s(replace(found, begin_s=0.0, end_s=None))
