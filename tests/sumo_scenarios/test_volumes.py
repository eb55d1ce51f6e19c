"""The counted demand: what files of every kind ask for, per turn and from turn to turn."""

import math
from pathlib import Path

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.configuration import read_configuration
from sumo_scenarios.demand_model import demand_model
from sumo_scenarios.net_reader import read_net
from sumo_scenarios.plain_net import Plain
from sumo_scenarios.volumes import Volumes, count_periods, count_volumes, routed_vehicles
from tests.sumo_scenarios.small_nets import crossroads, edge_row, logic_row, net_text, node_text, world_of, write_town

HOUR_S = (0.0, 3600.0)


def counted(folder: Path, rows: str, times_s: tuple[float, float] = HOUR_S) -> Volumes:
    config = write_town(folder)
    (folder / "town.rou.xml").write_text(f"<routes>{rows}</routes>")
    found = read_configuration(config)
    return count_volumes(found, read_net(found.net), times_s)


def test_every_kind_of_demand_with_a_route_is_counted(tmp_path: Path) -> None:
    rows = (
        '<route id="ahead" edges="WC CE"/><route id="left" edges="WC CN"/>'
        '<routeDistribution id="both" routes="ahead left" probabilities="3 1"/>'
        '<vehicle id="a" depart="1" route="ahead"/>'
        '<vehicle id="b" depart="2"><route edges="SC CN"/></vehicle>'
        '<vehicle id="early" depart="-5" route="left"/><vehicle id="late" depart="7200" route="left"/>'
        '<flow id="f" begin="0" end="3600" vehsPerHour="40" route="both"/>'
        '<flow id="g" begin="1800" end="7200" period="60"><route edges="SC CE"/></flow>'
        '<flow id="h" begin="0" end="3600" number="6" route="ahead"/>'
        '<flow id="i" begin="0" end="3600" period="exp(0.01)" route="left"/>'
    )
    turns = counted(tmp_path, rows).turns
    assert turns == {
        ("C", "WC", "CE"): pytest.approx(1 + 30 + 6),
        ("C", "WC", "CN"): pytest.approx(10 + 36),
        ("C", "SC", "CN"): pytest.approx(1),
        ("C", "SC", "CE"): pytest.approx(30),
    }


def test_the_rate_counts_from_the_begin_to_the_last_departure(tmp_path: Path) -> None:
    rows = "".join(f'<vehicle id="{t}" depart="{t}"><route edges="WC CE"/></vehicle>' for t in range(0, 901, 9))
    assert counted(tmp_path, rows, (0.0, 3600.0)).turns["C", "WC", "CE"] == pytest.approx(101 * 4)


def test_turns_one_after_the_other_are_links_with_their_way(tmp_path: Path) -> None:
    rows = (("30", "G"), ("3", "y"), ("27", "r"))
    edges = "".join(edge_row(a + b, (a, b), length_m=139.0 if a == "A" else 100.0) for a, b in ("WA", "AB", "BE"))
    parts = [node_text(n, [(f"{a}_0", f"{b}_0", 0)], [], [], n) for n, a, b in (("A", "WA", "AB"), ("B", "AB", "BE"))]
    (tmp_path / "t.net.xml").write_text(net_text(edges, parts, logic_row("A", rows) + logic_row("B", rows)))
    (tmp_path / "t.rou.xml").write_text(
        '<routes><flow id="f" begin="0" end="3600" number="90"><route edges="WA AB BE"/></flow></routes>'
    )
    (tmp_path / "t.sumocfg").write_text(
        '<configuration><net-file value="t.net.xml"/><route-files value="t.rou.xml"/><end value="3600"/></configuration>'
    )
    config = read_configuration(tmp_path / "t.sumocfg")
    volumes = count_volumes(config, read_net(config.net), HOUR_S)
    pair = (("A", "WA", "AB"), ("B", "AB", "BE"))
    assert volumes.links == {pair: pytest.approx(90)}
    assert volumes.ways_s == {pair: pytest.approx(139.0 / 13.89)}


def test_lanes_of_an_approach_are_loaded_alike(tmp_path: Path) -> None:
    rows = '<flow id="f" begin="0" end="3600" number="360"><route edges="WC CE"/></flow>'
    config = write_town(tmp_path, crossroads())
    (tmp_path / "town.rou.xml").write_text(f"<routes>{rows}</routes>")
    found = read_configuration(config)
    world = world_of(config)
    model = demand_model(world, count_volumes(found, read_net(found.net), HOUR_S))
    assert model.links.flow_veh_s.sum() == pytest.approx(0.1)
    assert model.links.entering_veh_s.sum() == pytest.approx(0.1)


@pytest.mark.sumo
def test_trips_are_routed_by_sumos_router(tmp_path: Path) -> None:
    plain = Plain()
    for name, x in (("W", -300), ("C", 0), ("E", 300)):
        plain.node(name, x, 0, "traffic_light" if name == "C" else "")
    plain.node("S", 0, -300)
    for arm in "WES":
        plain.road(arm, "C")
    net = plain.build(tmp_path)
    rows = (
        '<trip id="a" depart="10" from="WC" to="CE"/><flow id="f" from="SC" to="CW" begin="0" end="3600" number="7"/>'
    )
    config = _config(tmp_path, net.name, rows)
    found = read_configuration(config)
    turns = count_volumes(found, read_net(found.net), HOUR_S).turns
    assert turns == {("C", "WC", "CE"): pytest.approx(1), ("C", "SC", "CW"): pytest.approx(7)}


@pytest.mark.sumo
def test_demand_that_cannot_be_routed_is_refused_in_one_line(tmp_path: Path) -> None:
    net = write_town(tmp_path)
    (tmp_path / "town.rou.xml").write_text('<routes><trip id="a" depart="x" from="WC" to="nowhere"/></routes>')
    found = read_configuration(net)
    with pytest.raises(InvalidInputError, match="cannot be counted") as caught:
        count_volumes(found, read_net(found.net), HOUR_S)
    assert "\n" not in str(caught.value)


def _config(folder: Path, net: str, rows: str) -> Path:
    (folder / "t.rou.xml").write_text(f"<routes>{rows}</routes>")
    path = folder / "t.sumocfg"
    path.write_text(
        f'<configuration><net-file value="{net}"/><route-files value="t.rou.xml"/><end value="3600"/></configuration>'
    )
    return path


def test_a_flow_that_has_sent_its_number_sends_nobody_any_more(tmp_path: Path) -> None:
    """50 vehicles, one every 10 s from 0 s on: the last 10 of them depart from 400 to 500 s, and nobody after that."""
    rows = '<flow id="f" begin="0" number="50" period="10"><route edges="WC CE"/></flow>'
    turn = ("C", "WC", "CE")
    assert counted(tmp_path, rows, (400.0, 1300.0)).turns[turn] == pytest.approx(10 * 36)
    assert counted(tmp_path, rows, (600.0, 1500.0)).turns[turn] == 0.0
    config = read_configuration(tmp_path / "town.sumocfg")
    net, periods_s = read_net(config.net), [(k * 250.0, (k + 1) * 250.0) for k in range(4)]
    found = [flows.get(turn, 0.0) * 250 / 3600 for flows in count_periods(config, net, periods_s)]
    assert sum(found) == pytest.approx(50)
    assert found[3] == 0.0
    departures_s = [depart_s for depart_s, _, _ in routed_vehicles(config, HOUR_S)]
    assert (len(departures_s), max(departures_s)) == (50, pytest.approx(495.0))


def test_demand_without_any_end_is_refused(tmp_path: Path) -> None:
    rows = '<flow id="f" begin="0" vehsPerHour="300"><route edges="WC CE"/></flow>'
    with pytest.raises(InvalidInputError, match="has no end of its own: give the configuration an end"):
        counted(tmp_path, rows, (0.0, math.inf))
    assert counted(tmp_path, rows).turns["C", "WC", "CE"] == pytest.approx(300)
