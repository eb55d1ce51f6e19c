"""A scenario with its plan as UTDF and back: volumes, lanes, cycle, splits, offsets and minimums stay."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bench.tuning.store import tuned_plan
from signal_ctrl.domain.counts import Turn
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import Plan
from signal_ctrl.domain.profile import PUBLISHED, STREET
from signal_ctrl.gateways.exchange import Exchange
from signal_ctrl.gateways.utdf_reader import exchange_from_utdf
from signal_ctrl.gateways.utdf_writer import exchange_to_utdf
from sumo_scenarios.catalogue import published_names, resolve
from sumo_scenarios.utdf_export import UtdfExport, world_exchange
from sumo_scenarios.utdf_import import UtdfImport, lay_onto
from sumo_scenarios.utdf_map import distinct_headings, map_from_csv, map_to_csv, network_map
from sumo_scenarios.world import World, build_world
from tests.sumo_scenarios.small_nets import crossroads, edge_row, logic_row, net_text, node_text, world_of, write_town
from tests.sumo_scenarios.test_plan_programmes import plan_of


def made_up(world: World) -> dict[Turn, float]:
    """Return a flow for each turn, in whole vehicles, no two alike."""
    return {turn: float(3 * k) for k, turn in enumerate(sorted(network_map(world)[0].turns.values()))}


def there_and_back(
    world: World, plan: Plan, flows: Mapping[Turn, float], metric: bool
) -> tuple[UtdfExport, UtdfImport]:
    out = world_exchange(world, plan, flows)
    back = exchange_from_utdf(exchange_to_utdf(out.exchange, metric))
    assert (back.movements, back.nema_units, back.timings) == (
        out.exchange.movements, out.exchange.nema_units, out.exchange.timings,
    )  # fmt: skip
    return out, lay_onto(back, world, None, 0.0)


@pytest.mark.parametrize("name", published_names())
def test_plans_and_volumes_of_the_catalogue_come_back(name: str) -> None:
    world = build_world(resolve(name), PUBLISHED, None, None)
    plan = tuned_plan(name, PUBLISHED)
    assert plan is not None
    flows = made_up(world)
    out, back = there_and_back(world, plan, flows, metric=name != "grid4x4")
    assert (out.left_out, back.left_out) == ((), ())
    assert back.plan(plan.name) == plan
    assert back.counts.periods[0].flow_veh_h() == flows
    least_s = {unit.min_green_s for unit in out.exchange.nema_units}
    assert least_s <= {0.0, 5.0}
    assert 5.0 in least_s


@pytest.mark.parametrize("safety", [PUBLISHED, STREET], ids=lambda p: str(p.name))
def test_a_small_town_by_hand(tmp_path: Path, safety: object) -> None:
    """Two one-way streets: W-E with a left turn to N, S-N with a right turn to E; all nodes of the net lie at one place."""
    world = world_of(write_town(tmp_path, crossroads()), PUBLISHED if safety is PUBLISHED else STREET)
    plan = plan_of(world)
    flows = {("C", "WC", "CE"): 400.4, ("C", "WC", "CN"): 20.0, ("C", "SC", "CN"): 300.0}
    out, back = there_and_back(world, plan, flows, metric=True)
    assert back.plan("p") == plan
    assert [n.kind.name for n in out.exchange.nodes] == ["SIGNAL", "EXTERNAL", "EXTERNAL", "EXTERNAL", "EXTERNAL"]
    by_turn = {out.map.turns[m.node, m.key]: m for m in out.exchange.movements}
    volumes = {turn[1:]: m.volume_veh_h for turn, m in by_turn.items()}
    assert volumes == {("WC", "CE"): 400, ("WC", "CN"): 20, ("SC", "CN"): 300, ("SC", "CE"): 0}
    assert sorted(m.lanes for m in out.exchange.movements) == [0, 0, 1, 1]
    timing = out.exchange.timings[0]
    assert (timing.cycle_s, timing.referenced) == (60, (1,))
    first, second = out.exchange.units_of(1)
    assert first.max_green_s + first.amber_s + first.all_red_s == (second.start_s or 0) - (first.start_s or 0)
    if safety is PUBLISHED:  # 4 s from the second to the first stage, 5 s (3 amber, 2 red) from the first to the second
        assert (first.start_s, first.max_green_s, first.amber_s, first.all_red_s) == (21, 30, 3, 2)
        assert (second.start_s, second.max_green_s, second.amber_s, second.all_red_s) == (56, 21, 4, 0)


def two_signals() -> str:
    """Return a street W-A-B-E with side streets from the south at both."""
    nodes = {"WA": ("W", "A"), "SA": ("S", "A"), "AB": ("A", "B"), "TB": ("T", "B"), "BE": ("B", "E")}
    edges = "".join(edge_row(name, ends) for name, ends in nodes.items())
    one = node_text("A", [("WA_0", "AB_0", 0), ("SA_0", "AB_0", 1)], [(0, 1)], [(1, 0)], "A")
    two = node_text("B", [("AB_0", "BE_0", 0), ("TB_0", "BE_0", 1)], [(0, 1)], [(1, 0)], "B")
    rows = [("30", "Gr"), ("3", "yr"), ("30", "rG"), ("3", "ry")]
    return net_text(edges, [one, two], logic_row("A", rows) + logic_row("B", rows))


def test_a_street_between_two_signals_joins_their_nodes(tmp_path: Path) -> None:
    world = world_of(write_town(tmp_path, two_signals()))
    plan = Plan(
        "p", tuple(replace(plan_of(world).signals[0], signal_id=u.site.signal_id, site=_hash(u)) for u in world.units)
    )
    out, back = there_and_back(world, plan, {}, metric=True)
    assert back.plan("p") == plan
    joined = [s for s in out.exchange.streets if s.node == 2 and s.up_node == 1]
    assert [(s.name, s.length_m, round(s.speed_mps, 2)) for s in joined] == [("AB", 200.0, 13.89)]
    turn = next(m for m in out.exchange.movements if out.map.turns[m.node, m.key] == ("A", "WA", "AB"))
    assert turn.to_node == 2


def _hash(unit: object) -> str:
    from signal_ctrl.domain.site_json import site_hash

    return site_hash(unit.site)  # type: ignore[attr-defined]


def exchange_of(world: World, **changes: object) -> Exchange:
    return replace(world_exchange(world, plan_of(world), {}).exchange, **changes)  # type: ignore[arg-type]


def test_two_rings_of_another_tool_become_the_stages(tmp_path: Path) -> None:
    """Both streets in one ring under other numbers, times of tenths: the changes are rounded to whole seconds."""
    world = world_of(write_town(tmp_path, crossroads()))
    whole = exchange_of(world)
    units = tuple(
        replace(u, number=u.number + 3, start_s=(u.start_s or 0) + 0.3, end_s=(u.end_s or 0) + 0.3)
        for u in whole.nema_units
    )
    moves = tuple(
        replace(m, protected=tuple(n + 3 for n in m.protected), permitted=tuple(n + 3 for n in m.permitted))
        for m in whole.movements
    )
    given = lay_onto(replace(whole, nema_units=units, movements=moves), world, None, 0.0).plan("p")
    assert given == plan_of(world)


def test_stages_that_the_signal_does_not_have_are_named(tmp_path: Path) -> None:
    world = world_of(write_town(tmp_path, crossroads()))
    whole = exchange_of(world)
    moves = tuple(replace(m, protected=(1,), permitted=()) for m in whole.movements)
    ((who, why),) = lay_onto(replace(whole, movements=moves), world, None, 0.0).left_out
    assert who == "signal C (node 1)"
    assert why.startswith("D1: no stage of the signal gives green to")


def test_times_that_the_kernel_cannot_keep_are_named(tmp_path: Path) -> None:
    world = world_of(write_town(tmp_path, crossroads()))
    whole = exchange_of(world)
    first, second = whole.nema_units
    units = (replace(first, end_s=28.0), replace(second, start_s=28.0))
    ((_, why),) = lay_onto(replace(whole, nema_units=units), world, None, 0.0).left_out
    assert "minimum green" in why
    odd = replace(whole, timings=(replace(whole.timings[0], cycle_s=59.5),))
    assert "whole seconds" in lay_onto(odd, world, None, 0.0).left_out[0][1]
    none = replace(whole, nema_units=(), timings=())
    assert "no timing" in lay_onto(none, world, None, 0.0).left_out[0][1]


def test_a_file_that_was_not_numbered_so_needs_a_map(tmp_path: Path) -> None:
    world = world_of(write_town(tmp_path, crossroads()))
    whole = exchange_of(world)
    other = replace(whole, nodes=(replace(whole.nodes[0], name="Main St"), *whole.nodes[1:]))
    with pytest.raises(InvalidInputError, match=r"node 1 is 'Main St', but .* it is signal C; give --map"):
        lay_onto(other, world, None, 0.0)
    numbering = map_from_csv(map_to_csv(network_map(world)[0]), "map.csv", world.units, world.net)
    assert lay_onto(other, world, numbering, 0.0).plan("p") == plan_of(world)
    part = type(numbering)(dict(list(numbering.turns.items())[1:]))
    busy = replace(other, movements=tuple(replace(m, volume_veh_h=7.0) for m in other.movements))
    with pytest.raises(InvalidInputError, match=r"node 1 \w+ has 7 veh/h, but no row in the map"):
        lay_onto(busy, world, part, 0.0)


@pytest.mark.parametrize(
    ("row", "fix"),
    [
        ("1,NBL,C,WC,XX", "no turn from WC to XX"),
        ("1,NBL,X,WC,CE", "signal X has no turn"),
        ("one,NBL,C,WC,CE", "no node and movement"),
        ("1,NBX,C,WC,CE", "no node and movement"),
        ("1,NBL,C,WC,CE\n1,NBL,C,WC,CN", "occurs twice"),
        ("1,NBL,C,WC,CE\n2,NBL,C,WC,CN", "do not belong to each other alone"),
    ],
)
def test_a_damaged_map_is_refused(tmp_path: Path, row: str, fix: str) -> None:
    world = world_of(write_town(tmp_path, crossroads()))
    with pytest.raises(InvalidInputError, match=fix):
        map_from_csv(f"node,movement,signal,from_edge,to_edge\n{row}\n", "map.csv", world.units, world.net)
    with pytest.raises(InvalidInputError, match="header needs"):
        map_from_csv("node,movement\n", "map.csv", world.units, world.net)


def test_too_many_approaches_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="9 approaches; UTDF knows 8"):
        distinct_headings({f"e{k}": 40.0 * k for k in range(9)})


def test_headings_are_distinct_and_near() -> None:
    assert distinct_headings({"n": 2.0, "s": 182.0, "e": 91.0, "w": 268.0}) == {
        "n": "NB",
        "s": "SB",
        "e": "EB",
        "w": "WB",
    }
    assert sorted(distinct_headings({"a": 1.0, "b": 2.0, "c": 3.0}).values()) == ["NB", "NE", "NW"]
