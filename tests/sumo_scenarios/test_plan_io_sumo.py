"""Networks with crossings, and junctions of two nodes, through both formats; dual rings as another tool writes them."""

from pathlib import Path

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import Plan, SignalPlan
from signal_ctrl.domain.profile import PUBLISHED, STREET, SafetyProfile
from signal_ctrl.domain.site import GroupKind, Right
from signal_ctrl.domain.site_json import site_hash
from signal_ctrl.engine.acceptance import refusals
from signal_ctrl.gateways.exchange import Exchange, Movement, NemaUnit, Node, NodeKind, NodeTiming
from signal_ctrl.gateways.utdf_reader import exchange_from_utdf
from signal_ctrl.gateways.utdf_writer import exchange_to_utdf
from signal_ctrl.kernel.kernel import Kernel
from sumo_scenarios.catalogue import resolve
from sumo_scenarios.plain_net import Plain
from sumo_scenarios.plan_programmes import plan_programmes
from sumo_scenarios.programme_import import import_programmes
from sumo_scenarios.programme_text import programmes_text
from sumo_scenarios.utdf_export import world_exchange
from sumo_scenarios.utdf_import import lay_onto
from sumo_scenarios.utdf_map import network_map
from sumo_scenarios.world import World, build_world
from tests.sumo_scenarios.networks import cross, dual, walked
from tests.sumo_scenarios.small_nets import world_of

NETS = {"crossings": walked(), "crossings of two lanes": walked(2), "two nodes": dual(), "plain": cross()}


def town(folder: Path, net: Plain, safety: SafetyProfile) -> World:
    net.build(folder)
    (folder / "town.rou.xml").write_text("<routes/>", encoding="utf-8")
    files = '<net-file value="town.net.xml"/><route-files value="town.rou.xml"/>'
    (folder / "town.sumocfg").write_text(f'<configuration>{files}<end value="60"/></configuration>')
    return world_of(folder / "town.sumocfg", safety)


def kept_plan(world: World) -> Plan:
    """Return the shortest even plan that each signal can keep, offset from signal to signal."""
    parts = []
    for i, unit in enumerate(world.units):
        own = unit.stages_from[0][1]
        for cycle_s in range(40, 200, 10):
            splits_s = [cycle_s // len(own)] * len(own)
            splits_s[0] += cycle_s - sum(splits_s)
            names = tuple(unit.site.stages[s].name for s in own)
            splits_ds = tuple(10 * s for s in splits_s)
            plan = SignalPlan(unit.site.signal_id, site_hash(unit.site), 10 * cycle_s, 70 * i + 110, names, splits_ds)
            if not refusals(plan, Kernel(unit.site)):
                parts.append(plan)
                break
    assert len(parts) == len(world.units)
    return Plan("even", tuple(parts))


@pytest.mark.sumo
@pytest.mark.parametrize("safety", [PUBLISHED, STREET], ids=lambda p: str(p.name))
@pytest.mark.parametrize("name", NETS)
def test_both_formats_bring_the_plan_back(tmp_path: Path, name: str, safety: SafetyProfile) -> None:
    world = town(tmp_path, NETS[name], safety)
    plan = kept_plan(world)
    path = tmp_path / "plan.add.xml"
    for named in (True, False):
        path.write_text(programmes_text(plan_programmes(plan, world).programmes, named), encoding="utf-8")
        found = import_programmes(path, world)
        assert not any(item.differs_s for item in found.signals)
        assert found.plan("even") == plan or not named
    out = world_exchange(world, plan, {})
    back = lay_onto(exchange_from_utdf(exchange_to_utdf(out.exchange)), world, None, 0.0)
    assert (out.left_out, back.left_out) == ((), ())
    assert back.plan("even") == plan
    walks = [unit.walk_s for unit in out.exchange.nema_units]
    crossings = any(group.kind is GroupKind.CROSSING for unit in world.units for group in unit.site.groups)
    assert any(walks) is crossings


@pytest.mark.sumo
def test_a_signal_of_three_nodes_has_more_approaches_than_utdf(tmp_path: Path) -> None:
    """Those between its own nodes count too, and need headings of their own."""
    world = town(tmp_path, dual(chain=True), PUBLISHED)
    with pytest.raises(InvalidInputError, match="J: it has 9 approaches; UTDF knows 8 headings"):
        world_exchange(world, kept_plan(world), {})


def dual_rings(signal: str, world: World, times: dict[int, tuple[float, float]]) -> Exchange:
    """Return one node as Synchro would have it: through 2, 6, 4, 8 and left turns 5, 1, 7, 3 in two rings, 90 s."""
    through, left = {"NB": 2, "SB": 6, "EB": 4, "WB": 8}, {"NB": 5, "SB": 1, "EB": 7, "WB": 3}
    place = {
        1: (1, 1, 1),
        2: (1, 1, 2),
        3: (2, 1, 1),
        4: (2, 1, 2),
        5: (1, 2, 1),
        6: (1, 2, 2),
        7: (2, 2, 1),
        8: (2, 2, 2),
    }
    numbering, _ = network_map(world)
    node = numbering.nodes[signal]
    movements = []
    for (at, key), _turn in numbering.turns.items():
        if at == node:
            number = left[key[:2]] if key[2] == "L" else through[key[:2]]
            movements.append(Movement(node, key, 900, 900, 1, 0, 100.0, (-1,) if key[2] == "R" else (number,)))
    units = tuple(
        NemaUnit(node, n, *place[n], 5, end_s - start_s - 4, 3, 1, start_s=start_s, end_s=end_s % 90)
        for n, (start_s, end_s) in times.items()
    )
    nodes = (Node(node, NodeKind.SIGNAL, 0, 0, signal), Node(900, NodeKind.EXTERNAL, 0, 0))
    return Exchange(nodes, (), tuple(movements), units, (NodeTiming(node, 90, 0, referenced=(2, 6)),))


def test_dual_rings_become_the_stages_of_the_signal() -> None:
    """Left turns 1 and 5 until 14 and 24 s: between them 2 goes beside 5, which is one approach alone."""
    world = build_world(resolve("grid4x4"), PUBLISHED, None, None)
    unit = world.units[5]
    signal = unit.site.signal_id
    times = {1: (0.0, 14.0), 5: (0.0, 24.0), 2: (14.0, 45.0), 6: (24.0, 45.0), 3: (45.0, 60.0), 7: (45.0, 60.0),
             4: (60.0, 90.0), 8: (60.0, 90.0)}  # fmt: skip
    found = lay_onto(dual_rings(signal, world, times), world, None, 0.0)
    (plan,) = found.signals
    assert (plan.cycle_ds, plan.offset_ds) == (900, 870)  # the first greens begin 3 s of amber after the change
    assert plan.splits_ds == (140, 100, 210, 150, 300)
    greens = []
    numbering, _ = network_map(world)
    keys = numbering.keys_of(signal)
    names = [stage.name for stage in unit.site.stages]
    exits = [world.net.lanes[e.lane_id].edge_id for e in unit.layout.exits]
    for stage in plan.stages:
        rights = unit.site.stages[names.index(stage)].rights
        going = {
            keys[unit.layout.lanes[m.lane].edge_id, exits[m.exit]]
            for m in unit.layout.movements
            if rights[m.group] >= Right.PERMISSIVE
        }
        greens.append(sorted(key for key in going if key[2] != "R"))
    assert greens == [["NBL", "SBL"], ["NBL", "NBT"], ["NBT", "SBT"], ["EBL", "WBL"], ["EBT", "WBT"]]
    others = {who for who, _ in found.left_out}
    assert len(others) == 15
    assert not any(signal in who for who in others)


def test_rings_without_a_stage_of_their_own_are_named() -> None:
    world = build_world(resolve("grid4x4"), PUBLISHED, None, None)
    signal = world.units[5].site.signal_id
    exchange = dual_rings(signal, world, {2: (0.0, 45.0), 8: (45.0, 90.0)})
    with pytest.raises(InvalidInputError, match="D2: no stage of the signal gives green to NBT alone"):
        lay_onto(exchange, world, None, 0.0).plan("p")
