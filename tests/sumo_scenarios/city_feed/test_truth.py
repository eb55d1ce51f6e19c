"""Truth and passages of a handful of vehicles whose drives are known."""

import numpy as np
import pytest

from signal_ctrl.domain.roads import Road, RoadClass, RoadNetwork, RoadTurn
from sumo_scenarios.city_feed.passages import Passages, Tracks, passages_of
from sumo_scenarios.city_feed.truth import truth_of

SHAPE = ((0.0, 0.0), (0.001, 0.0))
NETWORK = RoadNetwork(
    tuple(
        Road(name, begin, end, length_m, 1, 10.0, 1800.0, RoadClass.BRANCH, SHAPE)
        for name, begin, end, length_m in (("a", "1", "2", 100.0), ("x", "2", "3", 5.0), ("b", "3", "4", 100.0))
    ),
    (RoadTurn("a", "x"), RoadTurn("x", "b")),
)
ENDS_M = (0.0, 100.0, 105.0, 205.0)


def _tracks(*drives: list[tuple[float, float]]) -> Tracks:
    """Tracks of vehicles by (time [s], metres from the begin of a), one sample a second."""
    rows = []
    for vehicle, drive in enumerate(drives):
        for (time_s, way_m), (_, next_m) in zip(drive, [*drive[1:], drive[-1]], strict=True):
            road = min(int(np.searchsorted(ENDS_M, way_m, side="right")) - 1, 2)
            rows.append((vehicle, road, road, time_s, way_m - ENDS_M[road], next_m - way_m))
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    names = tuple(f"v{k}" for k in range(len(drives)))
    return Tracks(names, ("a_0", "x_0", "b_0"), *(c.astype(np.int32) for c in columns[:3]), *columns[3:])


def _even(begin_s: float, speed_mps: float = 10.0, until_m: float = 205.0) -> list[tuple[float, float]]:
    return [(begin_s + k, k * speed_mps) for k in range(int(until_m / speed_mps) + 1)]


def _passages(tracks: Tracks, until_s: float = 600.0) -> Passages:
    return passages_of(tracks, NETWORK, until_s)


def test_times_on_each_road_and_on_the_one_too_short_for_a_sample() -> None:
    found = _passages(_tracks(_even(2.5, 8.0)))
    assert found.road.tolist() == [0, 1, 2]
    assert (found.to_s - found.from_s)[[0, 2]] == pytest.approx([12.5, 12.5], abs=0.5)
    assert found.from_s[1] >= found.to_s[0] - 0.5
    assert found.whole.all()


def test_who_arrives_at_the_end_has_left_and_who_stops_midway_has_not() -> None:
    found = _passages(_tracks(_even(0), _even(0, until_m=150.0)))
    assert found.ended.tolist() == [True, True, True, True, True, False]


def test_who_begins_midway_has_not_driven_the_whole_road() -> None:
    drive = [(float(k), 60 + 10.0 * k) for k in range(14)]
    assert _passages(_tracks(drive)).whole.tolist()[0] is False


def test_the_minute_counts_who_left_in_it() -> None:
    tracks = _tracks(_even(0), _even(30), _even(55))
    truth = truth_of(tracks, _passages(tracks), NETWORK, (0.0, 180.0))
    assert truth.left[:, 0].tolist() == [2, 1, 0]
    assert truth.entered[:, 0].tolist() == [3, 0, 0]
    assert truth.timed[:, 0].tolist() == [2, 1, 0]
    assert truth.travel_time_s[0, 0] == pytest.approx(10, abs=0.2)
    assert np.isnan(truth.travel_time_s[2, 0])
    assert truth.speed_mps[0, 0] == pytest.approx(10, abs=0.1)
    assert truth.vehicles[0, 0] == pytest.approx(25 / 60, abs=0.05)


def test_a_queue_is_measured_from_the_end_over_vehicles_that_halt_close_behind_each_other() -> None:
    standing = [[(float(k), 99.0 - 8 * place) for k in range(60)] for place in range(3)]
    far = [(float(k), 20.0) for k in range(60)]
    tracks = _tracks(*standing, far)
    truth = truth_of(tracks, _passages(tracks), NETWORK, (0.0, 60.0))
    assert truth.queue_m[0, 0] == pytest.approx(100 - 83 + 5)
    assert truth.left[0, 0] == 0


def test_one_who_halts_far_from_the_end_is_no_queue() -> None:
    tracks = _tracks([(float(k), 20.0) for k in range(60)])
    assert truth_of(tracks, _passages(tracks), NETWORK, (0.0, 60.0)).queue_m[0, 0] == 0
