"""Lanes, movements and reach of a signal."""

from pathlib import Path

from sumo_scenarios.layout import upstream_reach
from tests.sumo_scenarios.small_nets import crossroads, edge_row, net_of, net_text, node_text, world_of, write_town


def test_movements_yield_by_connection_not_by_lamp(tmp_path: Path) -> None:
    rows = [("30", "GGrr"), ("3", "yyrr"), ("20", "rrGG"), ("3", "rryy")]
    layout = world_of(write_town(tmp_path, crossroads(rows))).units[0].layout
    assert [m.yields_to for m in layout.movements] == [(), (2,), (), (0,)]
    assert [m.lamp for m in layout.movements] == [0, 1, 2, 3]
    shared = crossroads([("30", "gr"), ("3", "yr"), ("20", "rg"), ("3", "ry")])
    shared = shared.replace('linkIndex="2"', 'linkIndex="0"').replace('linkIndex="3"', 'linkIndex="1"')
    layout = world_of(write_town(tmp_path, shared)).units[0].layout
    assert [m.lamp for m in layout.movements] == [0, 0, 1, 1]
    assert [m.yields_to for m in sorted(layout.movements, key=lambda m: m.direction)].count(()) == 2


def test_a_stop_arrow_yields_to_everybody_it_meets(tmp_path: Path) -> None:
    rows = [("30", "GGsr"), ("3", "yysr"), ("20", "rrGG"), ("3", "rryy")]
    layout = world_of(write_town(tmp_path, crossroads(rows))).units[0].layout
    assert layout.movements[2].yields_to == (0, 1)


def test_reach_goes_back_over_unsignalled_nodes_only(tmp_path: Path) -> None:
    """A tight ring of short lanes behind the stop line is walked once."""
    edges = edge_row("a", ("A", "C"), length_m=5.0) + edge_row("b", ("B", "A"), length_m=5.0)
    edges += edge_row("r", ("A", "B"), length_m=0.1) + edge_row("x", ("C", "X"), length_m=100.0)
    parts = [
        node_text("C", [("a_0", "x_0", 0)], [], [], "C"),
        node_text("A", [("b_0", "a_0", 0), ("b_0", "r_0", 1)], [], [], ""),
        node_text("B", [("r_0", "b_0", 0)], [], [], ""),
    ]
    net = net_of(tmp_path, net_text(edges, parts, ""))
    found = {lane.lane_id: lane.beyond_m for lane in upstream_reach(net, ["a_0"])}
    assert found["a_0"] == 0.0
    assert found["b_0"] == 17.0
    assert found["r_0"] == 34.0
    assert set(found) == {"a_0", "b_0", "r_0", ":A_0_0", ":A_1_0", ":B_0_0"}
