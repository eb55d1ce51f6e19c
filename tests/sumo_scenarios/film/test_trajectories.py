"""Scenes from what SUMO wrote, and frames at their times."""

import gzip
import math
from pathlib import Path

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.film.movement import Scene
from sumo_scenarios.film.shutter import Shutter
from sumo_scenarios.film.trajectories import fcd_scenes
from sumo_scenarios.fleet import Fleet, read_fleet
from tests.sumo_scenarios.film.scenes import at, scene

FCD = """<fcd-export>
<timestep time="10.00">
 <vehicle id="a" x="5" y="7" angle="90" type="long" speed="3" pos="1" lane="e_0" signals="8"/>
 <person id="p" x="1" y="2" angle="0" speed="1.2" pos="1" edge="e"/>
</timestep>
<timestep time="11.00"><vehicle id="a" x="8" y="7" angle="90" type="long" speed="3" pos="4" lane="e_0"/></timestep>
</fcd-export>"""
TYPES = '<routes><vType id="long" vClass="truck" length="9.5"/></routes>'


def scenes(folder: Path, text: str) -> list[Scene]:
    (folder / "t.rou.xml").write_text(TYPES)
    (folder / "fcd.xml.gz").write_bytes(gzip.compress(text.encode()))
    return list(fcd_scenes(folder / "fcd.xml.gz", read_fleet([folder / "t.rou.xml"]), 0.5))


def test_positions_headings_and_sizes_are_taken_over(tmp_path: Path) -> None:
    first, second = scenes(tmp_path, FCD)
    assert (first.time_s, first.names, second.names) == (10.5, ("a", "p"), ("a",))
    assert first.front.tolist() == [[5.0, 7.0], [1.0, 2.0]]
    assert first.heading.tolist() == pytest.approx([0.0, math.pi / 2])
    truck, walker = first.bodies
    assert (truck.kind, truck.length_m, truck.width_m) == ("truck", 9.5, 2.4) and walker.kind == "pedestrian"
    assert first.braking.tolist() == [True, False] and second.braking.tolist() == [False]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [(' x="5"', "", "number 'x'"), ('x="5"', 'x="nan"', "x of a vehicle is nan"), ("</fcd-export>", "", "well-formed")],
)
def test_damaged_files_are_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        scenes(tmp_path, FCD.replace(old, new))


def test_frames_come_at_the_rate_of_the_film_from_its_begin_on() -> None:
    now: list[Scene] = []
    shutter = Shutter(lambda _: now[0], 3.5, 4.0)
    taken = []
    for time_s in range(7):
        now[:] = [scene(float(time_s), at("a", 10.0 * time_s, 0.0, 10.0))]
        taken += list(shutter.step(float(time_s)))
    assert [each.time_s for each in taken] == pytest.approx([3.5 + k / 4 for k in range(11)])
    assert [each.front[0, 0] for each in taken] == pytest.approx([10 * (3.5 + k / 4) for k in range(11)])


def test_types_may_be_missing() -> None:
    assert Fleet((), {}).types() == {}
