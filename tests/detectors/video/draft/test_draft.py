"""Drafts from made paths: lines lie across the flows, lanes are parted, noise makes no line."""

import math
import tomllib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.video.camera import camera_of
from detectors.video.camera_file import read_camera
from detectors.video.capture.pictures import Picture
from detectors.video.draft.document import draft_text
from detectors.video.draft.flows import distance, flows_of
from detectors.video.draft.horizon import Sight, across, sight_of
from detectors.video.draft.paths import Path, PathCollector, path_of
from detectors.video.draft.proposal import Proposed, propose
from detectors.video.plane import Point
from detectors.video.seen import Kind, Seen, TrackView

SHAPE = (360, 640)


def path(
    start: Point, end: Point, size: tuple[float, float] = (40.0, 30.0), at_s: float = 0.0, wobble: int = 0
) -> Path:
    """A straight path of 40 frames, its place off by a pixel or two."""
    dice = np.random.default_rng(wobble)
    share = np.linspace(0.0, 1.0, 40)
    xy = np.outer(1 - share, start) + np.outer(share, end) + dice.normal(0.0, 1.0, (40, 2))
    made = path_of(np.column_stack([xy, np.full((40, 2), size), at_s + share * 4.0]), min(SHAPE))
    assert made is not None
    return made


def flow(x: float, down: bool = True, count: int = 6, first_s: float = 0.0) -> list[Path]:
    ends = ((x, 20.0), (x, 340.0)) if down else ((x, 340.0), (x, 20.0))
    return [path(*ends, at_s=first_s + 10.0 * k, wobble=int(x) + k) for k in range(count)]


def sides(proposed: Proposed, made: Path) -> tuple[float, float]:
    """Return on which sides of a line a path begins and ends, and check that it goes through the line itself."""
    (ax, ay), (bx, by) = proposed.line.start, proposed.line.end
    signs = (bx - ax) * (made.points[:, 1] - ay) - (by - ay) * (made.points[:, 0] - ax)
    at = int(np.argmin(np.abs(signs)))
    share = ((made.points[at] - (ax, ay)) @ np.array((bx - ax, by - ay))) / math.dist(*[(ax, ay), (bx, by)]) ** 2
    assert 0.0 < share < 1.0
    return float(signs[0]), float(signs[-1])


def crossed_by(proposed: Proposed, made: Path) -> bool:
    try:
        before, after = sides(proposed, made)
    except AssertionError:
        return False
    return before * after < 0.0


def test_one_flow_gets_one_line_across_it_and_forward_is_its_way() -> None:
    paths = flow(300.0)
    (found,) = propose(tuple(paths), SHAPE)
    assert (found.forward, found.backward, found.line.forward, found.doubt) == (6, 0, "down", "")
    for each in paths:
        before, after = sides(found, each)
        assert before < 0.0 < after
    assert 100.0 < found.line.start[1] < 300.0


def test_a_two_way_road_gets_a_line_each_that_the_other_way_does_not_cross() -> None:
    down, up = flow(250.0), flow(330.0, down=False, first_s=5.0)
    found = propose((*down, *up), SHAPE)
    assert sorted(each.line.forward for each in found) == ["down", "up"]
    for line in found:
        own, other = (down, up) if line.line.forward == "down" else (up, down)
        assert all(crossed_by(line, each) for each in own)
        assert not any(crossed_by(line, each) for each in other)


def test_ways_against_each_other_on_the_same_ground_share_a_line() -> None:
    (found,) = propose((*flow(300.0), *flow(304.0, down=False, count=4, first_s=5.0)), SHAPE)
    assert sorted((found.forward, found.backward)) == [4, 6]


def test_lanes_are_parted_where_vehicles_keep_to_them() -> None:
    left, right = propose((*flow(290.0), *flow(328.0, first_s=3.0)), SHAPE)
    assert (left.forward, right.forward) == (6, 6)
    assert {left.line.lane, right.line.lane} == {"down-lane1", "down-lane2"}
    ends = {left.line.start, left.line.end} & {right.line.start, right.line.end}
    assert len(ends) == 1  # end to end: nobody is lost between them


def test_a_flow_in_a_curve_and_one_across_are_told_apart() -> None:
    across_road = [path((20.0, 200.0), (620.0, 200.0), at_s=5 + 10.0 * k, wobble=k) for k in range(5)]
    found = propose((*flow(300.0), *across_road), SHAPE)
    assert sorted(each.line.forward for each in found) == ["down", "right"]


def test_one_vehicle_and_things_that_dance_make_no_line() -> None:
    assert propose((path((300.0, 20.0), (300.0, 340.0)),), SHAPE) == ()
    assert propose((), SHAPE) == ()
    dice = np.random.default_rng(3)
    dancing = np.column_stack([dice.normal(200.0, 15.0, (60, 2)), np.full((60, 2), 30.0), np.arange(60.0)])
    assert path_of(dancing, 360) is None
    assert path_of(dancing[:5], 360) is None


def test_small_and_rare_flows_are_left_out_with_a_reason() -> None:
    leaves = [path((500.0, 50.0), (560.0, 60.0), (8.0, 8.0), at_s=3 + 7.0 * k, wobble=90 + k) for k in range(3)]
    rare = [path((20.0, 300.0), (200.0, 340.0), at_s=4 + 9.0 * k, wobble=50 + k) for k in range(2)]
    found = propose((*flow(300.0, count=20), *leaves, *rare), SHAPE)
    assert [bool(each.doubt) for each in found] == [False, True, True]
    text = draft_text(found, "c", "a.mp4", SHAPE, 60.0, 25)
    assert len(camera_of(tomllib.loads(text)).lines) == 1
    assert "Not proposed, for" in text


@given(st.floats(0.3, 0.9), st.floats(-0.5, 0.5), st.floats(-0.4, 0.4))
def test_across_is_at_right_angles_on_the_ground(tilt: float, aside: float, yaw: float) -> None:
    """A camera of the assumed focal length one unit above the ground: project a road and what is across it."""
    focal, centre = 640.0, (320.0, 180.0)

    def seen(x: float, z: float) -> Point:
        down, ahead = 1.0, z
        y = down * math.cos(tilt) - ahead * math.sin(tilt)
        depth = down * math.sin(tilt) + ahead * math.cos(tilt)
        return focal * x / depth + centre[0], focal * y / depth + centre[1]

    def leads(a: Point, b: Point) -> Point:
        return (b[0] - a[0]) / math.dist(a, b), (b[1] - a[1]) / math.dist(a, b)

    place, small = seen(aside, 2.0), 1e-4
    along = leads(place, seen(aside + small * math.sin(yaw), 2.0 + small * math.cos(yaw)))
    aside_of = leads(place, seen(aside + small * math.cos(yaw), 2.0 - small * math.sin(yaw)))
    horizon = centre[1] - focal * math.tan(tilt)
    found = across(place, along, Sight((360, 640), horizon))
    assert abs(found[0] * aside_of[0] + found[1] * aside_of[1]) == pytest.approx(1.0, abs=1e-2)
    assert across(place, along, Sight((360, 640))) == (-along[1], along[0])


def test_the_horizon_is_where_sizes_come_to_nothing() -> None:
    rows = [(300.0, y, 0.3 * (y - 60.0), 0.2 * (y - 60.0), float(k)) for k, y in enumerate(np.linspace(120, 340, 40))]
    growing = path_of(np.array(rows), 360)
    assert growing is not None
    assert sight_of((growing, growing), SHAPE).horizon_px == pytest.approx(60.0, abs=2.0)
    assert sight_of(tuple(flow(300.0)), SHAPE).horizon_px is None


def test_distance_is_in_sizes_of_a_vehicle_and_a_part_is_no_distance_away() -> None:
    one, half = path((300.0, 20.0), (300.0, 340.0)), path((300.0, 100.0), (300.0, 200.0), wobble=1)
    assert distance(one, half) < 0.3
    assert distance(one, path((300.0, 340.0), (300.0, 20.0), wobble=2)) > 2.0
    assert [len(each) for each in flows_of((one, half))] == [2]


def test_the_collector_keeps_those_who_went_somewhere_in_the_picture() -> None:
    collector = PathCollector()
    frame = np.zeros((360, 640, 3), np.uint8)
    for k in range(60):
        tracks = (view(1, 300.0, 10.0 + 8.0 * k), view(2, 100.0, 100.0))
        collector.take(Picture(frame, k, k / 10), Seen(tracks=tracks if k < 55 else ()))
    assert len(collector.paths) == 1
    assert collector.paths[0].points[:, 1].max() < 360.0  # not where it had left the picture
    assert collector.shape == (360, 640)


def view(number: int, x: float, y: float) -> TrackView:
    return TrackView(number, (x - 20, y - 30, x + 20, y), (x, y), Kind.VEHICLE, None, False)


def test_a_draft_can_be_read_whatever_the_video_is_called() -> None:
    text = draft_text(propose(tuple(flow(300.0)), SHAPE), "street", "a?b.mp4", SHAPE, 40.0, 6)
    camera = read_camera(text, "draft.toml")
    assert (camera.width_px, camera.height_px, len(camera.lines)) == (640, 360, 1)


def test_a_flow_of_which_no_width_is_left_gets_no_line() -> None:
    """Its place lies at the picture's edge, where the span of its vehicles ends outside."""
    edge = [path((-2.0, 20.0 + k), (-1.0, 340.0 + k), (4.0, 30.0), 10.0 * k) for k in range(6)]
    found = propose((*edge, *flow(320.0)), SHAPE)
    assert [round(each.line.start[0]) for each in found if not each.doubt] != []
    assert all(math.dist(each.line.start, each.line.end) >= 4.0 for each in found)


def test_who_passes_a_camera_that_looks_across_is_counted_by_an_upright_line() -> None:
    """Vehicles grow as they come near the camera, not as they come down the picture."""

    def passing(k: int) -> Path:
        share = np.linspace(0.0, 1.0, 40)
        xy = np.column_stack([600.0 - 560.0 * share, 150.0 + 25.0 * share + k % 3])
        size = 30.0 + 110.0 * share
        made = path_of(np.column_stack([xy, size, 0.6 * size, 10.0 * k + 4.0 * share]), min(SHAPE))
        assert made is not None
        return made

    (found,) = propose(tuple(passing(k) for k in range(6)), SHAPE)
    (ax, ay), (bx, by) = found.line.start, found.line.end
    assert abs(by - ay) > 2.0 * abs(bx - ax)
