"""Cameras stand for the loops that they see, at the places of the loops."""

import numpy as np
import pytest

from signal_ctrl.domain.network import LoopRole
from signal_ctrl.domain.profile import PUBLISHED
from sumo_scenarios import catalogue
from sumo_scenarios.film.camera_loops import LEAST_PX, loop_cameras, zone_of
from sumo_scenarios.film.roadmap import read_roadmap
from sumo_scenarios.world import build_world


@pytest.mark.parametrize("name", ["cologne1", "ingolstadt1"])
def test_stop_lines_and_middles_are_seen_and_what_is_far_is_left_out(name: str) -> None:
    scenario = catalogue.resolve(name)
    (loops,), (seen,) = (
        [unit.layout.loops for unit in build_world(scenario, PUBLISHED, None, None, cameras=cameras).units]
        for cameras in (False, True)
    )
    by_id = {loop.loop_id: loop for loop in loops}
    assert [by_id[loop.loop_id] for loop in seen] == list(seen)  # same names, channels and places as the loops
    assert {loop.loop_id for loop in loops if loop.role is LoopRole.STOP} <= {loop.loop_id for loop in seen}
    assert sum(loop.role is LoopRole.MIDDLE for loop in seen) >= 0.8 * sum(
        loop.role is LoopRole.MIDDLE for loop in loops
    )
    assert max(loop.to_stop_m for loop in seen) < 70.0


def test_a_camera_has_a_zone_and_a_line_at_the_place_of_each_loop() -> None:
    world = build_world(catalogue.resolve("cologne1"), PUBLISHED, None, None, cameras=True)
    (unit,), roads = world.units, read_roadmap(world.net.path)
    loops = {loop.loop_id: loop for loop in unit.layout.loops}
    cameras = loop_cameras(world.net, roads, unit.site.signal_id, unit.layout.loops)
    assert sorted(name for camera in cameras for name in camera.loops) == sorted(loops)
    for camera in cameras:
        for name, zone, line in zip(camera.loops, camera.camera.zones, camera.camera.lines, strict=True):
            loop, lane = loops[name], roads.lanes[loops[name].lane_id]
            assert (zone.name, line.name, zone.lane) == (name, name, loop.lane_id)
            assert np.ptp([y for _, y in zone.polygon]) >= LEAST_PX - 0.1
            middle = zone_of(loop, world.net, roads).corners.mean(axis=0)
            to_end_m = float(np.hypot(*(lane.end - middle)))
            assert to_end_m == pytest.approx(lane.long_m - loop.position_m - loop.length_m / 2, abs=1.0)


def test_the_views_of_a_run_have_no_other_loops_in_what_leads_where() -> None:
    world = build_world(catalogue.resolve("cologne1"), PUBLISHED, None, None, cameras=True)
    (unit,) = world.units
    for lane in unit.layout.lanes:
        roles = [unit.layout.loops[k].role for k in lane.loops]
        assert LoopRole.STOP in roles
