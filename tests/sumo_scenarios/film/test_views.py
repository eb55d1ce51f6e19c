"""Cameras from the geometry of a junction: what they look at lies in their pictures, lines know their directions."""

import tomllib
from functools import lru_cache

import numpy as np
import pytest

from detectors.video.camera import ZoneKind, camera_of
from detectors.video.ground import homography
from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios import catalogue
from sumo_scenarios.configuration import read_configuration
from sumo_scenarios.film.camera_text import camera_text
from sumo_scenarios.film.site import Site, only_junction, site_of
from sumo_scenarios.film.views import View, made_view, mast_camera, view_named, view_names
from sumo_scenarios.net_reader import read_net
from tests.sumo_scenarios.film.scenes import straight_leg


@lru_cache
def site(name: str, junction: str = "") -> Site:
    net = read_net(read_configuration(catalogue.resolve(name).config).net)
    return site_of(net, junction or only_junction(net))


def right_of(view: View, name: str) -> np.ndarray:  # type: ignore[type-arg]
    """Return a step in the picture towards the side that a line's `forward` leads to."""
    line = next(line for line in view.camera.lines if line.name == name)
    return np.array([line.start[1] - line.end[1], line.end[0] - line.start[0]])


def test_legs_are_named_by_where_traffic_comes_from() -> None:
    assert [leg.name for leg in site("cologne1").legs] == ["east", "south", "west", "northwest"]
    assert [leg.name for leg in site("grid4x4", "B1").legs] == ["north", "east", "south", "west"]


def test_a_leg_knows_its_lanes_from_the_right_and_its_exits() -> None:
    east = site("cologne1").legs[0]
    assert [lane.lane_id for lane in east.lanes] == ["-32038056#3_0", "-32038056#3_1"]
    assert {lane.edge_id for lane in east.exits} == {"32038056#0"}
    offsets = [float((lane.end - east.stop) @ east.right) for lane in east.lanes]
    assert offsets == sorted(offsets, reverse=True)


@pytest.mark.parametrize(("name", "junction"), [("cologne1", ""), ("ingolstadt1", ""), ("grid4x4", "B1")])
def test_every_view_has_a_line_and_all_of_it_is_in_the_picture(name: str, junction: str) -> None:
    here = site(name, junction)
    for view in (view_named(here.legs, each) for each in view_names(here.legs)):
        assert view.lines, view.name
        assert len(view.zones) >= (0 if view.name == "wide" else 1), view.name
        for line in view.camera.lines:
            assert all(0 <= x <= 640 and 0 <= y <= 360 for x, y in (line.start, line.end))
        for zone in view.camera.zones:
            assert all(0 <= x <= 640 and 0 <= y <= 360 for x, y in zone.polygon)
            assert zone.kind is ZoneKind.PRESENCE and zone.lane


def test_directions_are_those_of_the_picture() -> None:
    view = made_view("west", mast_camera(straight_leg()), (straight_leg(),))
    ways = {line.name: (line.forward, line.backward) for line in view.camera.lines}
    assert ways == {"west": ("down", "up"), "west-exit": ("up", "down")}
    assert right_of(view, "west")[1] > 0 > right_of(view, "west-exit")[1]


def test_forward_is_the_way_of_the_traffic_in_every_view() -> None:
    legs = site("cologne1").legs
    for kind in ("east", "east-side", "east-behind", "east-across"):
        view = view_named(legs, kind)
        line = next(line for line in view.lines if line.name == "east")
        middle = (line.start + line.end) / 2
        pixels, _ = view.pinhole.project_ground(np.array([middle, middle + legs[0].along]))
        assert float((pixels[1] - pixels[0]) @ right_of(view, "east")) > 0, kind


def test_the_calibration_is_that_of_the_camera() -> None:
    view = view_named(site("ingolstadt1").legs, "west-side")
    assert view.camera.ground is not None
    for pixel in ((320.0, 250.0), (100.0, 150.0), (600.0, 340.0)):
        x, y, w = homography(view.camera.ground) @ np.array([*pixel, 1.0])
        place = view.pinhole.ground_of(np.array([pixel]))[0] - view.pinhole.place[:2]
        assert (x / w, y / w) == pytest.approx(tuple(place), abs=0.05)


@pytest.mark.parametrize("name", ["east", "south-across", "wide"])
def test_a_camera_file_is_read_back_as_it_was(name: str) -> None:
    camera = view_named(site("cologne1").legs, name).camera
    assert camera_of(tomllib.loads(camera_text(camera, "a remark"))) == camera


def test_unknown_views_and_junctions_are_named() -> None:
    here = site("cologne1")
    for wrong in ("north", "east-above", ""):
        with pytest.raises(InvalidInputError, match=f"no view '{wrong}'; this junction has east, east-side"):
            view_named(here.legs, wrong)
    net = read_net(read_configuration(catalogue.resolve("cologne3").config).net)
    with pytest.raises(InvalidInputError, match="has 3 signals; name one by --junction"):
        only_junction(net)
    with pytest.raises(InvalidInputError, match="no signal 'x'"):
        site_of(net, "x")
