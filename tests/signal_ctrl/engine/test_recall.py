"""Groups that nothing sees are on recall: they count as waiting whenever they are red."""

from pathlib import Path

from signal_ctrl.engine.calls import recall_of
from tests.sumo_scenarios.small_nets import crossroads, world_of, write_town


def test_crossings_are_on_recall_and_lanes_with_loops_are_not(tmp_path: Path) -> None:
    walked = crossroads().replace('<edge id="CN"', '<edge function="crossing" id="CN"').replace("200.0", "20.0")
    (unit,) = world_of(write_town(tmp_path, walked)).units
    crossings = sum(1 << g for g, group in enumerate(unit.site.groups) if group.kind.value == "crossing")
    assert crossings
    assert recall_of(unit.layout, unit.site) == crossings


def test_lanes_without_a_loop_are_on_recall(tmp_path: Path) -> None:
    loops = tmp_path / "loops.xml"
    loops.write_text('<additional><inductionLoop id="C/1" lane="WC_0" pos="150"/></additional>')
    (unit,) = world_of(write_town(tmp_path), loops=loops).units
    side = next(g for g, group in enumerate(unit.site.groups) if 2 in group.links)
    assert recall_of(unit.layout, unit.site) == 1 << side
