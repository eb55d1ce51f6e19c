"""Loops of a user's own."""

from pathlib import Path

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.network import LoopRole
from signal_ctrl.domain.profile import PUBLISHED
from sumo_scenarios import catalogue
from sumo_scenarios.loop_file import read_loops
from sumo_scenarios.loop_layout import write_loops
from sumo_scenarios.world import build_world
from tests.sumo_scenarios.small_nets import world_of, write_town


@pytest.mark.parametrize("name", ["cologne1", "cologne8", "ingolstadt1", "grid4x4"])
def test_what_a_run_writes_is_read_back(tmp_path: Path, name: str) -> None:
    world = build_world(catalogue.resolve(name), PUBLISHED, None, None)
    written = {unit.site.signal_id: unit.layout.loops for unit in world.units}
    write_loops(tmp_path / "loops.xml", list(written.values()))
    links = {signal: world.net.signal_links[signal] for signal in written}
    for signal, found in read_loops(tmp_path / "loops.xml", world.net, links).items():
        assert [(a.loop_id, a.lane_id, a.position_m, a.length_m, a.role, a.serves, a.channel) for a in found] == [
            (b.loop_id, b.lane_id, b.position_m, b.length_m, b.role, b.serves, b.channel) for b in written[signal]
        ]


def written(folder: Path, *rows: str) -> Path:
    path = folder / "loops.add.xml"
    path.write_text("<additional>" + "".join(f"<inductionLoop {row} file='NUL'/>" for row in rows) + "</additional>")
    return path


def test_edited_loops_are_used(tmp_path: Path) -> None:
    rows = (
        'id="C/7" lane="WC_0" pos="-10" length="4"',
        'id="C/2" lane="WC_0" pos="160"',
        'id="C/3" lane="SC_0" pos="20"',
    )
    unit = world_of(write_town(tmp_path), loops=written(tmp_path, *rows)).units[0]
    assert [(loop.loop_id, loop.role, loop.position_m, loop.to_stop_m) for loop in unit.layout.loops] == [
        ("C/2", LoopRole.MIDDLE, 160.0, 38.0),
        ("C/3", LoopRole.ADVANCE, 20.0, 178.0),
        ("C/7", LoopRole.STOP, 190.0, 6.0),
    ]
    assert [lane.loops for lane in unit.layout.lanes] == [(0, 2), (1,)]


@pytest.mark.parametrize(
    ("rows", "word"),
    [
        (['id="d" lane="WC_0" pos="1"'], "SIGNAL/NUMBER"),
        (['id="X/1" lane="WC_0" pos="1"'], "SIGNAL/NUMBER"),
        (['id="C/a" lane="WC_0" pos="1"'], "SIGNAL/NUMBER"),
        (['id="C/1" lane="CE_0" pos="1"'], "no way leads"),
        (['id="C/1" lane="none" pos="1"'], "no way leads"),
        (['id="C/1" lane="WC_0"'], "needs pos"),
        (['id="C/1" lane="WC_0" pos="x"'], "needs pos"),
        (['id="C/1" lane="WC_0" pos="nan"'], "does not fit"),
        (['id="C/1" lane="WC_0" pos="199.5"'], "does not fit"),
        (['id="C/1" lane="WC_0" pos="10" length="0"'], "does not fit"),
        (['id="C/1" lane="WC_0" pos="10"', 'id="C/1" lane="SC_0" pos="10"'], "twice"),
        ([f'id="C/{i}" lane="WC_0" pos="{i}0"' for i in range(1, 5)], "4 loops on lane WC_0"),
    ],
)
def test_loops_that_cannot_be_are_refused(tmp_path: Path, rows: list[str], word: str) -> None:
    with pytest.raises(InvalidInputError, match=word):
        world_of(write_town(tmp_path), loops=written(tmp_path, *rows))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="none"):
        world_of(write_town(tmp_path), loops=tmp_path / "none.xml")
