"""Zones and the picture as a whole, through the counter, on drawn frames."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from detectors.video.camera import Camera, Zone, ZoneKind, named_line
from detectors.video.counter import VideoCounter
from detectors.video.ground import Ground
from detectors.video.seen import AlarmKind, Kind, Seen
from signal_ctrl.domain.errors import InvalidInputError

HEIGHT, WIDTH, DT_S = 160, 240, 0.1
RNG = np.random.default_rng(8)
ROAD = np.clip(RNG.normal(110.0, 14.0, (HEIGHT, WIDTH, 1)).repeat(3, axis=2), 0, 255)
LANE = ((90.0, 30.0), (150.0, 30.0), (150.0, 150.0), (90.0, 150.0))


def frame(y: float | None, paint: tuple[int, int, int] = (190, 60, 50)) -> np.ndarray:
    """Return the road with a car, 30 wide and 40 long, whose lower edge is at y."""
    picture = ROAD.copy()
    if y is not None and y > 0:
        top, bottom = max(0, int(y) - 40), min(HEIGHT, int(y))
        picture[top:bottom, 105:135] = paint
        picture[max(0, top + 10) : max(0, bottom - 20), 108:132] = (40, 40, 45)
    return np.clip(picture + RNG.normal(0, 2, picture.shape), 0, 255).astype(np.uint8)


def zone(kind: ZoneKind, heading: tuple[float, float] | None = None) -> Zone:
    return Zone("lane", LANE, kind, None, heading)


def run(
    camera: Camera, places: list[float | None], change: Callable[[np.ndarray], np.ndarray] = lambda f: f
) -> Iterator[Seen]:
    counter = VideoCounter(camera)
    for index in range(12):
        counter.warm(frame(None), index * DT_S)
    counter.restart()
    for index, place in enumerate(places):
        yield counter.step(change(frame(place)), index * DT_S)


STOP = [20.0 + 4.0 * index for index in range(22)] + [104.0] * 250


def test_presence_holds_while_a_vehicle_stands_for_half_a_minute() -> None:
    seen = list(run(Camera("c", zones=(zone(ZoneKind.PRESENCE),)), [None] * 5 + STOP + [None] * 10))
    occupied = [each.zones[0].occupied for each in seen]
    assert not any(occupied[:5]) and all(occupied[12 : len(STOP)]) and not occupied[-1]
    assert seen[-20].zones[0].vehicles == 1


def test_a_stopped_vehicle_is_told_once() -> None:
    seen = list(run(Camera("c", zones=(zone(ZoneKind.WATCH),), stopped_s=10.0), STOP))
    alarms = [alarm for each in seen for alarm in each.alarms]
    assert [(alarm.kind, alarm.place) for alarm in alarms] == [(AlarmKind.STOPPED, "lane")]
    assert 12.0 < alarms[0].time_s < 14.5


@pytest.mark.parametrize(("heading", "told"), [((0.0, -1.0), 1), ((0.0, 1.0), 0)])
def test_wrong_way(heading: tuple[float, float], told: int) -> None:
    seen = run(Camera("c", zones=(zone(ZoneKind.WATCH, heading),)), [20.0 + 4.0 * index for index in range(35)])
    alarms = [alarm.kind for each in seen for alarm in each.alarms]
    assert alarms == [AlarmKind.WRONG_WAY] * told


def test_queue_speed_and_class_need_the_ground() -> None:
    metres = tuple((x / 15.0, y / 9.0) for x, y in LANE)  # the car is 2 m wide and about 4.4 m long
    camera = Camera(
        "c", (named_line("l", (80.0, 100.0), (160.0, 100.0)),), (zone(ZoneKind.QUEUE),), Ground(LANE, metres)
    )
    seen = list(run(camera, [10.0 + 4.0 * index for index in range(30)]))
    crossing = next(each for every in seen for each in every.crossings)
    assert crossing.kind is Kind.CAR
    assert crossing.speed_mps == pytest.approx(4.0 / 9.0 / DT_S, rel=0.25)
    assert seen[22].zones[0].queue_m == pytest.approx(40.0 / 9.0, rel=0.25)
    bare = list(run(Camera("c", camera.lines, camera.zones), [10.0 + 4.0 * index for index in range(30)]))
    crossing = next(each for every in bare for each in every.crossings)
    assert (crossing.kind, crossing.speed_mps, bare[22].zones[0].queue_m) == (Kind.VEHICLE, None, None)


def alarms_of(change: Callable[[np.ndarray, int], np.ndarray], frames: int = 140) -> tuple[list[AlarmKind], bool]:
    """Return the alarms of an empty road whose picture changes after 2 s, and whether the last frame is valid."""
    counter = VideoCounter(Camera("c"))
    for index in range(12):
        counter.warm(frame(None), index * DT_S)
    counter.restart()
    seen = [
        counter.step(change(frame(None), index) if index > 20 else frame(None), index * DT_S) for index in range(frames)
    ]
    return [alarm.kind for each in seen for alarm in each.alarms], seen[-1].valid


def test_an_empty_road_is_valid_and_silent() -> None:
    assert alarms_of(lambda picture, _: picture) == ([], True)


def test_a_frozen_picture_is_told_and_not_valid() -> None:
    still = frame(None)
    assert alarms_of(lambda picture, _: still) == ([AlarmKind.FROZEN], False)


def test_a_dark_picture_is_told_and_not_valid() -> None:
    kinds, valid = alarms_of(lambda picture, _: (picture * 0.05).astype(np.uint8), 80)
    assert AlarmKind.DARK in kinds and not valid


def test_a_covered_lens_is_told_and_not_valid() -> None:
    kinds, valid = alarms_of(lambda picture, _: np.clip(picture * 0.02 + 120, 0, 255).astype(np.uint8), 80)
    assert AlarmKind.BLIND in kinds and not valid


def test_a_camera_that_was_pushed_is_told_and_not_valid() -> None:
    kinds, valid = alarms_of(lambda picture, _: np.roll(picture, 30, axis=1), 80)
    assert AlarmKind.MOVED in kinds and not valid


def test_time_that_stands_is_refused() -> None:
    counter = VideoCounter(Camera("c"))
    counter.step(frame(None), 1.0)
    with pytest.raises(InvalidInputError, match="is not after"):
        counter.step(frame(None), 1.0)


def test_a_live_picture_is_not_valid_until_the_background_is_known() -> None:
    counter = VideoCounter(Camera("c"))
    valid = [counter.step(frame(None), index * DT_S).valid for index in range(40)]
    assert not any(valid[:19]) and all(valid[25:])


def test_what_is_left_where_a_parked_car_drove_off_becomes_road() -> None:
    counter = VideoCounter(Camera("c", (named_line("l", (80.0, 90.0), (160.0, 90.0)),)))
    for index in range(12):
        counter.warm(frame(104.0), index * 1.0)
    counter.restart()
    seen = [counter.step(frame(None), index * 1.0) for index in range(75)]
    assert not any(each.crossings for each in seen)
    assert len(counter._tracker.tracks) == 0


def parked(warm_is_empty: bool, after: Callable[[np.ndarray, int], np.ndarray]) -> list[bool]:
    """Return whether the zone of a car that stands there from the first frame on is told as occupied."""
    counter = VideoCounter(Camera("c", zones=(zone(ZoneKind.PRESENCE),)), warm_is_empty)
    if warm_is_empty:
        for index in range(12):
            counter.warm(frame(None), index * DT_S)
        counter.restart()
    seen = [counter.step(after(frame(104.0), index), index * DT_S) for index in range(140)]
    return [each.zones[0].occupied for each in seen if each.valid and each.zones]


def test_a_car_that_stands_there_from_the_begin_is_seen_where_the_empty_place_is_known() -> None:
    assert not any(parked(False, lambda picture, _: picture))  # it became the road: without the empty place it is free
    assert all(parked(True, lambda picture, _: picture))


def test_the_empty_place_is_not_forgotten_while_the_whole_picture_differs() -> None:
    noise = np.random.default_rng(3)

    def flooded(picture: np.ndarray, index: int) -> np.ndarray:
        return noise.integers(0, 255, picture.shape).astype(np.uint8) if 20 < index < 80 else picture

    told = parked(True, flooded)
    assert len(told) > 50 and all(told)
