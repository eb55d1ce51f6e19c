"""Lanes, movements and reach of a signal."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from signal_ctrl.domain.network import JunctionLayout, LoopRole
from sumo_scenarios.layout import TURN_BACK, upstream_reach
from tests.sumo_scenarios.small_nets import (
    ROWS,
    Link,
    crossroads,
    edge_row,
    logic_row,
    net_of,
    net_text,
    node_text,
    world_of,
    write_town,
)


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


# Which loop comes next ---------------------------------------------------------------------------------------------

LINKS = [("WC_0", "CE_0", 0), ("WC_0", "CN_0", 1), ("SC_0", "CN_0", 2), ("SC_0", "CE_0", 3)]
FORKED = [("WC_0", "CE_0", 0), ("WC_1", "CN_0", 1), *LINKS[2:]]
FOES = ([(0, 2), (0, 3), (1, 2)], [(3, 0), (1, 2)])


def town_behind_a_node(
    upstream: Sequence[str], last_m: float, links: Sequence[Link] = LINKS, joins: Sequence[Link] = ()
) -> str:
    """Return the crossroads with roads that lead over a node without a signal to its western approach."""
    lanes = 2 if links is FORKED else 1
    edges = "".join(edge_row(name, (f"from {name}", "F")) for name in upstream)
    edges += edge_row("WC", ("F", "C"), lanes=lanes, length_m=last_m)
    edges += "".join(edge_row(name, (name[0], name[1])) for name in ("SC", "CE", "CN"))
    ways = joins or [(f"{name}_0", "WC_0", k) for k, name in enumerate(upstream)]
    return net_text(edges, [node_text("F", ways, [], [], ""), node_text("C", links, *FOES, "C")], logic_row("C", ROWS))


def onward_of(layout: JunctionLayout) -> dict[tuple[str, LoopRole], set[tuple[str, LoopRole]]]:
    """Return the loops that come next, each by its lane and role."""
    names = [(loop.lane_id, loop.role) for loop in layout.loops]
    assert len(set(names)) == len(names) == len(layout.onward)
    return {name: {names[k] for k in following} for name, following in zip(names, layout.onward, strict=True)}


def test_on_a_plain_lane_the_loops_follow_each_other(tmp_path: Path) -> None:
    onward = onward_of(world_of(write_town(tmp_path, crossroads())).units[0].layout)
    assert onward["SC_0", LoopRole.ADVANCE] == {("SC_0", LoopRole.MIDDLE)}
    assert onward["SC_0", LoopRole.MIDDLE] == {("SC_0", LoopRole.STOP)}
    assert onward["SC_0", LoopRole.STOP] == set(), "the signal ends the way"


def test_where_roads_join_each_has_its_own_way(tmp_path: Path) -> None:
    far = onward_of(world_of(write_town(tmp_path, town_behind_a_node(["up", "side"], 20.0))).units[0].layout)
    for name in ("up_0", "side_0"):
        assert far[name, LoopRole.ADVANCE] == {(name, LoopRole.MIDDLE)}
        assert far[name, LoopRole.MIDDLE] == {("WC_0", LoopRole.STOP)}
    near = onward_of(world_of(write_town(tmp_path, town_behind_a_node(["up", "side"], 60.0))).units[0].layout)
    for name in ("up_0", "side_0"):
        assert near[name, LoopRole.ADVANCE] == {("WC_0", LoopRole.MIDDLE)}


def test_who_comes_from_a_side_beyond_the_middle_loop_meets_the_stop_line_next(tmp_path: Path) -> None:
    places = [("WC_0", 13.5, 6.0), ("up_0", 195.0, 2.0), ("up_0", 80.0, 2.0), ("side_0", 80.0, 2.0)]
    rows = "".join(
        f'<inductionLoop id="C/{k}" lane="{lane}" pos="{at_m}" length="{length_m}" period="86400" file="NUL"/>'
        for k, (lane, at_m, length_m) in enumerate(places, start=1)
    )
    config = write_town(tmp_path, town_behind_a_node(["up", "side"], 20.0))
    loops = tmp_path / "loops.add.xml"
    loops.write_text(f"<additional>{rows}</additional>", encoding="utf-8")
    onward = onward_of(world_of(config, loops=loops).units[0].layout)
    assert onward["up_0", LoopRole.ADVANCE] == {("up_0", LoopRole.MIDDLE)}
    assert onward["side_0", LoopRole.ADVANCE] == {("WC_0", LoopRole.STOP)}


def test_a_stop_loop_within_a_node_is_next_and_is_on_the_way_from_the_exit(tmp_path: Path) -> None:
    layout = world_of(write_town(tmp_path, town_behind_a_node(["up", "side"], 0.2))).units[0].layout
    onward = onward_of(layout)
    assert onward["up_0", LoopRole.MIDDLE] == {(":F_0_0", LoopRole.STOP)}
    assert onward["side_0", LoopRole.MIDDLE] == {(":F_1_0", LoopRole.STOP)}
    assert onward[":F_0_0", LoopRole.STOP] == set()


def test_ways_from_an_exit_tell_what_lies_within_nodes(tmp_path: Path) -> None:
    edges = "".join(edge_row(f"{a}{b}", (a, b)) for a, b in ("WC", "SC", "CE", "CN", "EF", "FG", "FH"))
    ways = [("EF_0", "FG_0", 0), ("EF_0", "FH_0", 1)]
    nodes = [
        node_text("C", LINKS, *FOES, "C"),
        node_text("E", [("CE_0", "EF_0", 0)], [], [], "", 5.0),
        node_text("F", ways, [], [], ""),
    ]
    net = net_text(edges.replace('length="200.0"', 'length="50.0"'), nodes, logic_row("C", ROWS))
    exits = {out.lane_id: out.paths for out in world_of(write_town(tmp_path, net)).units[0].layout.exits}
    assert exits["CE_0"] == (
        (("CE_0", 0.0), (":E_0_0", 50.0), ("EF_0", 55.0), (":F_0_0", 105.0), ("FG_0", 117.0)),
        (("CE_0", 0.0), (":E_0_0", 50.0), ("EF_0", 55.0), (":F_1_0", 105.0), ("FH_0", 117.0)),
    )


def test_where_a_lane_splits_every_branch_counts(tmp_path: Path) -> None:
    net = town_behind_a_node(["up"], 60.0, FORKED, [("up_0", "WC_0", 0), ("up_0", "WC_1", 1)])
    onward = onward_of(world_of(write_town(tmp_path, net)).units[0].layout)
    assert onward["up_0", LoopRole.ADVANCE] == {("WC_0", LoopRole.MIDDLE), ("WC_1", LoopRole.MIDDLE)}
    assert onward["WC_1", LoopRole.MIDDLE] == {("WC_1", LoopRole.STOP)}


def test_the_way_ends_at_the_signal_even_where_its_exit_is_an_approach(tmp_path: Path) -> None:
    rows = (("WC", ("W", "C")), ("SC", ("C", "C")), ("CE", ("C", "E")), ("CN", ("C", "N")))
    node = node_text("C", [("WC_0", "SC_0", 0), *LINKS[1:]], *FOES, "C")
    net = net_text("".join(edge_row(*row) for row in rows), [node], logic_row("C", ROWS))
    onward = onward_of(world_of(write_town(tmp_path, net)).units[0].layout)
    assert onward["WC_0", LoopRole.MIDDLE] == {("WC_0", LoopRole.STOP)}
    assert onward["WC_0", LoopRole.STOP] == set()


@pytest.mark.parametrize(
    ("ring_m", "direction", "meets"), [(100.0, "s", False), (20.0, "s", True), (20.0, TURN_BACK, False)]
)
def test_a_way_round_is_no_longer_than_to_the_stop_line_and_turns_nowhere_back(
    tmp_path: Path, ring_m: float, direction: str, meets: bool
) -> None:
    """From the road behind the western approach another one leads to the southern approach."""
    edges = edge_row("up", ("U", "F")) + edge_row("WC", ("F", "C"), length_m=60.0)
    edges += edge_row("ring", ("F", "R"), length_m=ring_m) + edge_row("rest", ("R", "S"), length_m=ring_m)
    edges += "".join(edge_row(name, (name[0], name[1])) for name in ("SC", "CE", "CN"))
    fork = node_text("F", [("up_0", "WC_0", 0), ("up_0", "ring_0", 1)], [], [], "")
    turned = fork[1].replace('from="up" to="ring" fromLane="0" toLane="0" via=":F_1_0" dir="s"', "TURN")
    assert turned != fork[1]
    way = f'from="up" to="ring" fromLane="0" toLane="0" via=":F_1_0" dir="{direction}"'
    parts = [
        (fork[0], turned.replace("TURN", way), fork[2]),
        node_text("R", [("ring_0", "rest_0", 0)], [], [], ""),
        node_text("S", [("rest_0", "SC_0", 0)], [], [], ""),
        node_text("C", LINKS, *FOES, "C"),
    ]
    onward = onward_of(world_of(write_town(tmp_path, net_text(edges, parts, logic_row("C", ROWS)))).units[0].layout)
    others = {("SC_0", LoopRole.ADVANCE)} if meets else set()
    assert onward["up_0", LoopRole.ADVANCE] == {("WC_0", LoopRole.MIDDLE)} | others


def test_exits_name_their_edge(tmp_path: Path) -> None:
    layout = world_of(write_town(tmp_path, crossroads())).units[0].layout
    assert {(way.lane_id, way.edge_id) for way in layout.exits} == {("CE_0", "CE"), ("CN_0", "CN")}
