"""Stages composed of one approach alone, on networks built by netconvert."""

import re
from pathlib import Path

import pytest

from signal_ctrl.domain.profile import PUBLISHED
from signal_ctrl.domain.site import COMPATIBLE, GroupKind, Right
from sumo_scenarios.catalogue import Scenario
from sumo_scenarios.plain_net import Plain
from sumo_scenarios.world import SignalUnit, World, build_world
from tests.sumo_scenarios.networks import all_ways, cross, dual, flows, logic, walked, write_config


def world_of(plain: Plain, folder: Path, pairs: list[tuple[str, str]] | None = None) -> World:
    plain.build(folder)
    config = write_config(folder, routes=flows(pairs if pairs is not None else all_ways()))
    return build_world(Scenario("town", config, "", "", "", False), PUBLISHED, None, None)


def approaches(unit: SignalUnit, stage: int) -> set[str]:
    """Return the edges from which somebody has green."""
    rights = unit.site.stages[stage].rights
    return {
        unit.layout.lanes[m.lane].edge_id for m in unit.layout.movements if m.group >= 0 and rights[m.group].is_green
    }


def test_each_approach_whose_left_turners_yield_gets_a_stage_alone(tmp_path: Path) -> None:
    (unit,) = world_of(cross(lanes=1), tmp_path).units
    ((_, own),), ((_, more),) = unit.stages_from, unit.more_from
    assert len(own) == 2 and len(more) == 4 and not set(own) & set(more)
    for stage in more:
        alone = [
            {m.direction for m in unit.layout.movements if unit.layout.lanes[m.lane].edge_id == edge}
            for edge in approaches(unit, stage)
            if all(
                unit.site.stages[stage].rights[m.group] is Right.PROTECTED
                for m in unit.layout.movements
                if unit.layout.lanes[m.lane].edge_id == edge
            )
        ]
        assert alone == [{"l", "r", "s"}]


def test_a_composed_stage_shows_nobody_green_with_whom_it_has_to_meet_anybody(tmp_path: Path) -> None:
    for name, plain in (("cross", cross(lanes=2)), ("walked", walked()), ("dual", dual())):
        folder = tmp_path / name
        for unit in world_of(plain, folder, []).units:
            for _, more in unit.more_from:
                for stage in more:
                    rights = unit.site.stages[stage].rights
                    green = [g for g, right in enumerate(rights) if right.is_green]
                    assert all(unit.site.together[a][b] == COMPATIBLE for a in green for b in green)
                    assert all(unit.site.groups[g].kind is GroupKind.VEHICLE for g in green)


def test_nobody_is_left_between_two_stop_lines_of_one_signal(tmp_path: Path) -> None:
    """Two nodes under one signal: who is let onto the street between them has green at its end too."""
    (unit,) = world_of(dual(), tmp_path, []).units
    inner = {lane.edge_id for lane in unit.layout.lanes if lane.inner}
    assert inner
    for stage in unit.more_from[0][1]:
        rights = unit.site.stages[stage].rights
        fed = {
            unit.layout.exits[m.exit].edge_id
            for m in unit.layout.movements
            if m.group >= 0 and rights[m.group].is_green and unit.layout.exits[m.exit].edge_id in inner
        }
        assert fed <= approaches(unit, stage)


def test_a_programme_whose_stages_yield_nowhere_gets_none(tmp_path: Path) -> None:
    plain = cross(lanes=1, options=("--tls.layout", "incoming"))
    (unit,) = world_of(plain, tmp_path).units
    assert [more for _, more in unit.more_from] == [()]


@pytest.mark.parametrize("lanes", [1, 2])
def test_the_stages_of_the_programme_keep_their_numbers_and_names(tmp_path: Path, lanes: int) -> None:
    (unit,) = world_of(cross(lanes), tmp_path).units
    own, more = unit.stages_from[0][1], unit.more_from[0][1]
    assert own == tuple(range(len(own))) and all(s >= len(own) for s in more)
    assert [stage.name for stage in unit.site.stages] == [f"s{i + 1}" for i in range(len(unit.site.stages))]
    assert unit.with_composed().stages_from == ((0.0, (*own, *more)),)


def rewritten(folder: Path, plain: Plain, signal: str, rows: list[str], *changes: tuple[str, str]) -> SignalUnit:
    """Return the signal of a network with another programme and other changes by pattern."""
    net = plain.build(folder)
    text = net.read_text(encoding="utf-8")
    for pattern, new in changes:
        text = re.sub(pattern, new, text)
    programme = logic(signal, "0", rows)
    net.write_text(re.sub(r'<tlLogic id=".*?</tlLogic>', programme, text, flags=re.DOTALL), encoding="utf-8")
    config = write_config(folder, routes=flows([]))
    (unit,) = build_world(Scenario("town", config, "", "", "", False), PUBLISHED, None, None).units
    return unit


def composed_rights(unit: SignalUnit) -> list[tuple[Right, ...]]:
    return [unit.site.stages[s].rights for _, more in unit.more_from for s in more]


def priority_links(unit: SignalUnit) -> set[int]:
    """Return the lamps that some composed stage gives priority."""
    return {
        link
        for rights in composed_rights(unit)
        for group, right in zip(unit.site.groups, rights, strict=True)
        if right is Right.PROTECTED
        for link in group.links
    }


def test_a_lamp_whose_own_ways_cross_never_gets_priority(tmp_path: Path) -> None:
    """One lamp for each road: its left turners and those who come towards them share it."""
    changes = [
        (rf'(<connection from="{arm}C"[^>]*linkIndex=)"\d+"', rf'\1"{road}"')
        for arm, road in (("W", 0), ("E", 0), ("N", 1), ("S", 1))
    ]
    unit = rewritten(tmp_path, cross(lanes=1), "C", ["30 gr", "4 yr", "30 rg", "4 ry"], *changes)
    assert [group.links for group in unit.site.groups] == [(0,), (1,)]
    assert composed_rights(unit) == []


@pytest.mark.parametrize("letter", ["O", "o"])
def test_who_meets_a_lamp_that_never_shows_red_gets_no_priority(tmp_path: Path, letter: str) -> None:
    """East goes straight on at link 4, at all times; left from the west is link 11."""
    rows = ["30 rrrG?grrrGGg", "4 rrry?yrrryyy", "30 GGgr?rGGgrrr", "4 yyyr?ryyyrrr"]
    unit = rewritten(tmp_path, cross(lanes=1), "C", [row.replace("?", letter) for row in rows])
    assert unit.site.steady == ((4, letter),)
    assert 11 not in priority_links(unit) and 5 in priority_links(unit)


def test_who_meets_a_way_without_a_lamp_gets_no_priority(tmp_path: Path) -> None:
    free = (r'(<connection from="EC" to="CW"[^>]*) tl="C" linkIndex="4"', r"\1")
    rows = ["30 rrrGrgrrrGGg", "4 rrryryrrryyy", "30 GGgrrrGGgrrr", "4 yyyrrryyyrrr"]
    unit = rewritten(tmp_path, cross(lanes=1), "C", rows, free)
    assert 11 not in priority_links(unit) and 5 in priority_links(unit)


def test_a_letter_without_a_link_is_no_approach(tmp_path: Path) -> None:
    rows = ["42 GGgrrrGGgrrrg", "3 yyyrrryyyrrry", "42 rrrGGgrrrGGgr", "3 rrryyyrrryyyr"]
    unit = rewritten(tmp_path, cross(lanes=1), "C", rows)
    more = unit.more_from[0][1]
    assert len(more) == len(set(more)) == 4 and 12 not in priority_links(unit)


def test_no_arrow_leads_to_a_street_between_two_stop_lines_that_is_red_at_its_end(tmp_path: Path) -> None:
    """Link 8 leads from the west to the street between both nodes, with an arrow in a row in which that street is green."""
    rows = [
        "38 GgGGGrrrsGGGrrrrGg", "3 ygyyyrrrryyyrrrryg", "6 rGrrrrrrrrrrrrrrrG", "3 ryrrrrrrrrrrrrrrry",
        "37 rrrrrGGGGrrrGGGGrr", "3 rrrrryyyyrrryyyyrr",
    ]  # fmt: skip
    unit = rewritten(tmp_path, dual(), "J", rows)
    group = next(g for g, each in enumerate(unit.site.groups) if 8 in each.links)
    inner = [g for g, each in enumerate(unit.site.groups) if 17 in each.links]
    for rights in composed_rights(unit):
        assert rights[group] is not Right.STOP or all(rights[g].is_green for g in inner)
    assert composed_rights(unit)
