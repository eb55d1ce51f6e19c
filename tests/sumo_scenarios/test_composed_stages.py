"""Stages composed of one approach alone, on networks built by netconvert."""

from pathlib import Path

import pytest

from signal_ctrl.domain.profile import PUBLISHED
from signal_ctrl.domain.site import COMPATIBLE, GroupKind, Right
from sumo_scenarios.catalogue import Scenario
from sumo_scenarios.plain_net import Plain
from sumo_scenarios.world import SignalUnit, World, build_world
from tests.sumo_scenarios.networks import all_ways, cross, dual, flows, walked, write_config


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
