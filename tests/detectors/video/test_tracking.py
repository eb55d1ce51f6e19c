"""Tracks and gates on blobs made by hand."""

import numpy as np
import pytest

from detectors.video.blobs import Blob
from detectors.video.camera import Camera
from detectors.video.gate import Event, Gate, GateKeeper
from detectors.video.kalman import Axis
from detectors.video.motion import Motion
from detectors.video.parts import vehicles_of
from detectors.video.plane import Box, union
from detectors.video.sizes import Sizes
from detectors.video.tracker import Tracker
from detectors.video.view import View

DT_S = 0.1
LINE = Gate("line", (0.0, 100.0), (1.0, 0.0), (0.0, 1.0), 200.0)  # crossed forward by what moves down


def blob(box: Box) -> Blob:
    left, top, right, bottom = box
    hull = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
    return Blob(box, int((right - left) * (bottom - top)), False, hull)


def at(x: float, y: float, width: float = 20.0, height: float = 30.0) -> Box:
    """Return a box by the middle of its lower edge."""
    return x - width / 2, y - height, x + width / 2, y


def count(frames: list[list[Box]]) -> list[Event]:
    tracker, keeper, events = Tracker(Sizes()), GateKeeper(LINE), []
    for index, boxes in enumerate(frames):
        tracker.step([blob(box) for box in boxes], index * DT_S)
        for track in tracker.tracks:
            events += keeper.look(track, index * DT_S, DT_S)
    return events


def test_the_filter_learns_speed_from_places() -> None:
    axis = Axis(0.0, 0.0, 1.0, 0.0, 1e4)
    for step in range(1, 40):
        axis.predict(DT_S, 1.0)
        axis.correct(5.0 * step, 0.5)
    assert axis.speed == pytest.approx(50.0, rel=0.02)
    assert axis.place == pytest.approx(195.0, abs=0.5)
    assert axis.place_var > 0.0 and axis.place_var * axis.speed_var > axis.cross_var**2


def test_the_leading_edge_crosses_not_the_middle() -> None:
    events = count([[at(100.0, 62.0 + 4.0 * index)] for index in range(20)])
    assert [event.forward for event in events] == [True]
    assert events[0].time_s == pytest.approx(0.95, abs=0.02)


def test_up_is_backward_and_leads_with_the_upper_edge() -> None:
    events = count([[at(100.0, 168.0 - 4.0 * index)] for index in range(20)])
    assert [event.forward for event in events] == [False]
    assert events[0].time_s == pytest.approx(0.95, abs=0.02)


def test_beside_the_line_nothing_is_counted() -> None:
    assert count([[at(260.0, 62.0 + 4.0 * index)] for index in range(20)]) == []


def test_a_vehicle_that_stops_on_the_line_counts_once() -> None:
    places = [62.0 + 4.0 * index for index in range(11)] + [102.0 + 1.5 * (index % 2) for index in range(60)]
    places += [103.0 + 4.0 * index for index in range(20)]
    assert len(count([[at(100.0, place)] for place in places])) == 1


def test_a_jitter_that_does_not_move_is_no_vehicle() -> None:
    rng = np.random.default_rng(3)
    assert count([[at(100.0 + rng.normal(0, 1), 100.0 + rng.normal(0, 1))] for _ in range(100)]) == []


def test_a_vehicle_that_turns_back_counts_once_each_way() -> None:
    there = [62.0 + 4.0 * index for index in range(20)]
    events = count([[at(100.0, place)] for place in there + there[::-1]])
    assert [event.forward for event in events] == [True, False]


def test_two_that_merge_in_the_picture_keep_apart() -> None:
    """A vehicle down and one up share one blob while they meet beside each other."""
    frames: list[list[Box]] = []
    for index in range(40):
        down, up = at(90.0, 40.0 + 4.0 * index), at(112.0, 190.0 - 4.0 * index)
        together = down[3] > up[1] and up[3] > down[1]
        whole = (down[0], min(down[1], up[1]), up[2], max(down[3], up[3]))
        frames.append([whole] if together else [down, up])
    assert sorted(event.forward for event in count(frames)) == [False, True]


def test_a_gap_of_some_frames_does_not_count_twice() -> None:
    frames = [[at(100.0, 62.0 + 4.0 * index)] for index in range(24)]
    for lost in (9, 10, 11):
        frames[lost] = []
    assert len(count(frames)) == 1


def test_one_already_over_the_line_at_the_start_is_not_counted() -> None:
    assert count([[at(100.0, 110.0 + 4.0 * index)] for index in range(20)]) == []


def test_one_that_comes_in_over_the_edge_beyond_a_line_is_counted() -> None:
    """So fast that it is over the line, which lies near the edge, when it is first seen."""
    tracker, keeper, events = Tracker(Sizes()), GateKeeper(LINE), []
    for index in range(12):
        box = at(100.0, 106.0 + 12.0 * (index - 4), 20.0, 10.0)
        seen = [Blob(box, 200, index == 4, blob(box).hull)] if index >= 4 else []
        tracker.step(seen, index * DT_S)
        for track in tracker.tracks:
            events += keeper.look(track, index * DT_S, DT_S)
    assert [event.forward for event in events] == [True]
    assert events[0].time_s == pytest.approx(0.35, abs=0.03)


def test_who_drives_away_at_a_slant_passes_where_its_foot_will_be() -> None:
    """When its roof reaches the line its foot is still short of it, and beside its end."""
    events = count([[at(-90.0 + 6.0 * index, 200.0 - 5.0 * index, 30.0, 60.0)] for index in range(34)])
    assert [event.forward for event in events] == [False]


def test_who_drives_away_at_a_slant_past_the_line_is_not_counted() -> None:
    assert count([[at(-190.0 + 6.0 * index, 200.0 - 5.0 * index, 30.0, 60.0)] for index in range(34)]) == []


def test_one_that_leaves_while_a_truck_comes_in_over_the_same_edge_does_not_turn_round() -> None:
    """Seen across: a car drives out of the picture to the right, a truck comes in there and hides its way."""
    gate = Gate("line", (120.0, 0.0), (0.0, 1.0), (-1.0, 0.0), 200.0)
    picture = (0.0, 0.0, 400.0, 200.0)
    tracker, keeper, ways = Tracker(Sizes()), GateKeeper(gate), []
    for index in range(70):
        car, truck = (-40.0 + 12.0 * index, 80.0, 20.0 + 12.0 * index, 110.0), (
            760.0 - 14.0 * index, 30.0, 1000.0 - 14.0 * index, 105.0
        )  # fmt: skip
        inside = [_within(box, picture) for box in (car, truck) if box[0] < 400.0 and box[2] > 0.0]
        if len(inside) == 2 and inside[0][2] > inside[1][0] and inside[1][2] > inside[0][0]:
            inside = [union(*inside)]
        blobs = [Blob(box, 100, box[0] <= 0.0 or box[2] >= 400.0, blob(box).hull) for box in inside]
        tracker.step(blobs, index * DT_S, picture)
        ways += [event.forward for track in tracker.tracks for event in keeper.look(track, index * DT_S, DT_S)]
    assert ways == [False, True]


def _within(box: Box, picture: Box) -> Box:
    return max(box[0], picture[0]), max(box[1], picture[1]), min(box[2], picture[2]), min(box[3], picture[3])


def known_sizes() -> Sizes:
    sizes = Sizes()
    for x in range(40, 200, 10):
        sizes.learn(at(float(x), 100.0))
    return sizes


def drawn_mask(boxes: list[Box]) -> np.ndarray:
    mask = np.zeros((200, 200), np.uint8)
    for left, top, right, bottom in boxes:
        mask[int(top) : int(bottom), int(left) : int(right)] = 255
    return mask


def test_pieces_of_a_usual_vehicle_are_joined_and_neighbours_are_not() -> None:
    hood, body = (90.0, 92.0, 110.0, 100.0), (90.0, 71.0, 110.0, 88.0)
    other = at(140.0, 100.0)
    boxes = [hood, body, other]
    found = vehicles_of(drawn_mask(boxes), [blob(box) for box in boxes], known_sizes(), Motion())
    assert sorted(each.box for each in found) == [(90.0, 71.0, 110.0, 100.0), other]


def test_two_held_together_by_a_thin_bridge_are_cut_and_a_truck_is_not() -> None:
    one, two, bridge = at(80.0, 100.0), at(110.0, 100.0), (90.0, 80.0, 100.0, 83.0)
    whole = blob((70.0, 70.0, 120.0, 100.0))
    assert len(vehicles_of(drawn_mask([one, two, bridge]), [whole], known_sizes(), Motion())) == 2
    truck = at(100.0, 100.0, 30.0, 70.0)
    assert len(vehicles_of(drawn_mask([truck]), [blob(truck)], known_sizes(), Motion())) == 1


def test_a_small_picture_is_enlarged_and_a_large_one_made_smaller() -> None:
    """Two vehicles a pixel apart in a picture of 320 pixels are two."""
    sizes = [(view.width, view.height) for view in (View(Camera("c"), *size) for size in ((320, 240), (1280, 720)))]
    assert sizes == [(640, 480), (640, 360)]
    tiny = View(Camera("c"), 160, 120)
    assert (tiny.width, tiny.height) == (320, 240)
    assert tiny.resize(np.zeros((120, 160, 3), np.uint8)).shape == (240, 320, 3)
