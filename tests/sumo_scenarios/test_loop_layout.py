"""Loops: at most three a lane, where vehicles really stand, at places that SUMO takes."""

from collections import Counter
from pathlib import Path

import pytest

from signal_ctrl.domain.network import Loop, LoopRole
from signal_ctrl.domain.profile import PUBLISHED
from sumo_scenarios import catalogue
from sumo_scenarios.loop_layout import lay_loops
from sumo_scenarios.net_reader import Net
from sumo_scenarios.world import build_world
from tests.sumo_scenarios.small_nets import edge_row, net_of, net_text, node_text


def road(folder: Path, *lengths_m: float, inner_m: float = 12.0) -> Net:
    """Return a road to a stop line over lanes of these lengths, the last one before the stop line. [m]

    Between two of them lies a node without a signal, so long.
    """
    n = len(lengths_m)
    edges = "".join(edge_row(f"e{i}", (str(i), str(i + 1)), length_m=m) for i, m in enumerate(lengths_m))
    edges += edge_row("x", (str(n), "X"))
    parts = [node_text(str(i), [(f"e{i - 1}_0", f"e{i}_0", 0)], [], [], "", inner_m) for i in range(1, n)]
    return net_of(folder, net_text(edges, [*parts, node_text(str(n), [(f"e{n - 1}_0", "x_0", 0)], [], [], "C")], ""))


def loops_of(net: Net) -> tuple[Loop, ...]:
    return lay_loops(net, {"C": net.signal_links["C"]})["C"]


def places(net: Net) -> list[tuple[LoopRole, str, float, float]]:
    return [(loop.role, loop.lane_id, loop.position_m, loop.to_stop_m) for loop in loops_of(net)]


def test_a_long_lane_has_three(tmp_path: Path) -> None:
    assert places(road(tmp_path, 300.0)) == [
        (LoopRole.STOP, "e0_0", 295.5, 0.5),
        (LoopRole.MIDDLE, "e0_0", 263.0, 35.0),
        (LoopRole.ADVANCE, "e0_0", 148.0, 150.0),
    ]


def test_a_short_road_has_fewer(tmp_path: Path) -> None:
    assert [role for role, *_ in places(road(tmp_path, 40.0))] == [LoopRole.STOP, LoopRole.MIDDLE]
    assert [role for role, *_ in places(road(tmp_path, 12.0))] == [LoopRole.STOP]


@pytest.mark.parametrize(
    ("last_m", "place"),
    [
        (144.0, ("e1_0", 3.0, 139.0)),  # 150 m before the stop line is inside the junction behind, which is 12 m long
        (137.0, ("e0_0", 97.0, 150.0)),
        (156.0, ("e1_0", 4.0, 150.0)),
    ],
)
def test_no_advance_loop_is_lost_within_a_junction(tmp_path: Path, last_m: float, place: object) -> None:
    advance = [at for role, *at in places(road(tmp_path, 100.0, last_m)) if role is LoopRole.ADVANCE]
    assert [tuple(at) for at in advance] == [place]


@pytest.mark.parametrize(
    ("lengths_m", "inner_m", "lane", "to_stop_m"),
    [
        ((100.0, 4.0), 12.0, "e1_0", 0.4),
        ((100.0, 3.9), 12.0, ":1_0_0", 4.4),  # no vehicle fits on the last lane: it stands within the node behind
        ((100.0, 0.2), 4.0, ":1_0_0", 0.6),
        ((100.0, 0.2), 3.9, "e0_0", 4.6),  # nor within the node
        ((100.0, 3.0, 0.2), 3.9, "e1_0", 4.4),  # the lane before that ends 11 m behind the stop line
        ((100.0, 3.0, 0.2), 12.0, ":2_0_0", 0.7),
        ((100.0, 3.0, 0.2), 7.0, ":2_0_0", 0.7),
        ((3.0,), 12.0, "e0_0", 0.3),
        ((0.01,), 12.0, "e0_0", 0.0),
    ],
)
def test_the_stop_loop_lies_where_vehicles_stand(
    tmp_path: Path, lengths_m: tuple[float, ...], inner_m: float, lane: str, to_stop_m: float
) -> None:
    net = road(tmp_path, *lengths_m, inner_m=inner_m)
    stop = next(loop for loop in loops_of(net) if loop.role is LoopRole.STOP)
    assert (stop.lane_id, stop.to_stop_m) == (lane, pytest.approx(to_stop_m, abs=0.01))
    assert 0 <= stop.position_m <= net.lanes[lane].length_m - stop.length_m + 0.005


def test_lanes_that_fork_within_a_node_have_a_stop_loop_each(tmp_path: Path) -> None:
    edges = edge_row("in", ("I", "F")) + edge_row("C", ("F", "C"), lanes=2, length_m=0.2)
    edges += "".join(edge_row(f"x{k}", ("C", f"X{k}")) for k in (0, 1))
    fork = node_text("F", [("in_0", "C_0", 0), ("in_0", "C_1", 1)], [], [], "")
    stop = node_text("C", [("C_0", "x0_0", 0), ("C_1", "x1_0", 1)], [], [], "C")
    loops = [
        loop for loop in loops_of(net_of(tmp_path, net_text(edges, [fork, stop], ""))) if loop.role is LoopRole.STOP
    ]
    assert [(loop.lane_id, loop.serves) for loop in loops] == [(":F_0_0", (0,)), (":F_1_0", (1,))]


@pytest.mark.parametrize("name", catalogue.names())
def test_the_catalogue_has_at_most_three_a_lane(name: str) -> None:
    world = build_world(catalogue.resolve(name), PUBLISHED, None, None)
    loops = [loop for unit in world.units for loop in unit.layout.loops]
    assert max(Counter(loop.lane_id for loop in loops).values()) <= 3
    assert len({loop.loop_id for loop in loops}) == len(loops)
    for loop in loops:
        assert loop.position_m + loop.length_m <= world.net.lanes[loop.lane_id].length_m + 0.005
    for unit in world.units:
        assert [loop.channel for loop in unit.layout.loops] == list(range(1, len(unit.layout.loops) + 1))
        for index, lane in enumerate(unit.layout.lanes):
            own = [unit.layout.loops[k] for k in lane.loops]
            assert any(loop.role is LoopRole.STOP for loop in own)
            assert all(index in loop.serves for loop in own)


def test_a_lane_that_leads_to_two_signals_keeps_three(tmp_path: Path) -> None:
    edges = edge_row("in", ("I", "F")) + "".join(edge_row(f"{s}", ("F", s), length_m=10.0) for s in "CD")
    edges += "".join(edge_row(f"x{s}", (s, f"X{s}")) for s in "CD")
    parts = [node_text("F", [("in_0", "C_0", 0), ("in_0", "D_0", 1)], [], [], "")]
    parts += [node_text(s, [(f"{s}_0", f"x{s}_0", 0)], [], [], s) for s in "CD"]
    net = net_of(tmp_path, net_text(edges, parts, ""))
    laid = lay_loops(net, net.signal_links)
    loops = [loop for own in laid.values() for loop in own]
    assert Counter(loop.lane_id for loop in loops)["in_0"] == 3
    assert {loop.loop_id for loop in loops} == {f"{s}/{c.channel}" for s, own in laid.items() for c in own}
