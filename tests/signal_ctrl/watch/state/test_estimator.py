from dataclasses import fields

import numpy as np
import pytest

from bench.city_speed.city import SPEED_MPS, Traffic, make_city
from signal_ctrl.domain.roads import RoadNetwork, RoadReader
from signal_ctrl.watch.city_minute import MINUTE_MS, CityMinute, Level, Source
from signal_ctrl.watch.observations import LoopCount, Observation, Position, TagRead
from signal_ctrl.watch.state.estimator import StateEstimator

BEGIN_MS = 1_767_600_000_000
CITY = make_city(3)


def _run(minutes: int, vehicles: int, network: RoadNetwork = CITY) -> tuple[StateEstimator, CityMinute]:
    estimator = StateEstimator(network)
    for at_ms, observations in Traffic(network, vehicles, 3).minutes(minutes, BEGIN_MS):
        for each in observations:
            estimator.take(each, at_ms + MINUTE_MS)
        found = estimator.minute(at_ms)
    return estimator, found


@pytest.fixture(scope="module")
def after() -> CityMinute:
    return _run(20, 150)[1]


def test_vehicles_at_half_the_free_speed_make_every_road_take_twice_as_long(after: CityMinute) -> None:
    assert np.median(after.speed_mps) == pytest.approx(SPEED_MPS / 2, rel=0.12)


def test_every_road_has_a_state_with_an_error(after: CityMinute) -> None:
    for each in fields(CityMinute)[1:]:
        if each.name != "age_s":
            assert not np.isnan(getattr(after, each.name).astype(float)).any(), each.name
    assert (after.travel_time_sd_s > 0).all()
    assert (after.level > Level.UNKNOWN).all()


def test_what_belongs_together_agrees(after: CityMinute) -> None:
    length_m = np.array([road.length_m for road in CITY.roads])
    assert after.speed_mps * after.travel_time_s == pytest.approx(length_m, rel=1e-3)
    assert after.density_veh_km * after.speed_mps * 3.6 == pytest.approx(after.flow_veh_h, rel=1e-3)
    assert (after.queue_m <= length_m + 0.01).all()


def test_sources_and_ages_say_what_was_there(after: CityMinute) -> None:
    with_loops = np.array([road.road in {loop.road for loop in CITY.loops} for road in CITY.roads])
    assert ((after.sources & Source.LOOPS) > 0).tolist() == with_loops.tolist()
    assert (after.age_s[with_loops] == 0).all()
    assert (np.isnan(after.age_s) == (after.sources == 0)).all()


def test_a_road_without_any_source_is_marked_and_still_estimated() -> None:
    found = _run(3, 0)[1]
    bare = found.sources == Source.NONE
    assert 0 < bare.sum() < len(bare)
    assert np.isnan(found.age_s[bare]).all()
    assert (found.travel_time_s[bare] > 0).all()


def test_reads_are_a_source_of_the_roads_between_readers() -> None:
    readers = (RoadReader("one", "0-0>1-0", 100.0), RoadReader("two", "3-0>3-1", 100.0))
    estimator = StateEstimator(RoadNetwork(CITY.roads, CITY.turns, (), readers))
    for number in range(8):
        for reader, at_s in (("one", 2), ("two", 50)):
            estimator.take(TagRead(reader, f"t{number}", BEGIN_MS + 1000 * (at_s + number)), BEGIN_MS + MINUTE_MS)
    found = estimator.minute(BEGIN_MS)
    between = [CITY.index[road] for road in ("1-0>2-0", "2-0>3-0")]
    assert {at for at, flags in enumerate(found.sources) if flags == Source.READS} == set(between)
    assert (found.age_s[between] < 60).all()


def test_the_same_observations_give_the_same_minutes() -> None:
    one, other = _run(4, 40)[1], _run(4, 40)[1]
    assert all(
        np.array_equal(getattr(one, each.name), getattr(other, each.name), equal_nan=True)
        for each in fields(CityMinute)[1:]
        if each.name not in ("sources", "level")
    )


def test_what_one_day_taught_serves_the_next() -> None:
    estimator, _ = _run(20, 150)
    fresh = StateEstimator(CITY).minute(BEGIN_MS)
    taught = StateEstimator(CITY, estimator.learnt).minute(BEGIN_MS)
    off = [abs(np.median(each.speed_mps) - SPEED_MPS / 2) for each in (taught, fresh)]
    assert off[0] < 0.6 * off[1]


def test_counts_of_twenty_seconds_tell_as_much_as_those_of_a_minute() -> None:
    def told(parts: int) -> tuple[StateEstimator, CityMinute]:
        estimator = StateEstimator(CITY)
        for at_ms, observations in Traffic(CITY, 40, 3).minutes(6, BEGIN_MS):
            for each in observations:
                for part in _split(each, parts):
                    estimator.take(part, at_ms + MINUTE_MS)
            found = estimator.minute(at_ms)
        return estimator, found

    (whole, by_minute), (thirds, by_third) = told(1), told(3)
    assert not thirds.inbox.refused and not whole.inbox.refused
    assert by_third.flow_veh_h == pytest.approx(by_minute.flow_veh_h, rel=1e-4)
    assert by_third.travel_time_s == pytest.approx(by_minute.travel_time_s, rel=1e-3)


def _split(observation: Observation, parts: int) -> list[Observation]:
    """Return a count as several, its vehicles dealt out unevenly, and all else as it is."""
    if not isinstance(observation, LoopCount):
        return [observation]
    lasts_ms = (observation.to_utc_ms - observation.from_utc_ms) // parts
    starts = [observation.from_utc_ms + part * lasts_ms for part in range(parts)]
    vehicles = [observation.vehicles // parts + (part < observation.vehicles % parts) for part in range(parts)]
    return [
        LoopCount(observation.detector, start, start + lasts_ms, many, observation.occupied)
        for start, many in zip(starts, vehicles, strict=True)
    ]


def test_a_silent_minute_keeps_the_state() -> None:
    estimator, before = _run(10, 150)
    found = estimator.minute(before.minute_utc_ms + MINUTE_MS)
    assert np.median(found.travel_time_s / before.travel_time_s) == pytest.approx(1, abs=0.1)
    assert not estimator.inbox.refused


def test_a_vehicle_that_waits_shows_a_jam_before_it_has_left() -> None:
    """Two vehicles drive onto a road and stand there; nobody leaves it."""
    estimator, road = StateEstimator(CITY), CITY.of("0-0>1-0")
    line = [CITY.plane.metres(place) for place in road.shape]
    for second in range(0, 300, 10):
        share = min(0.1 + 0.05 * second / 10, 0.85)
        place = tuple(a + share * (b - a) for a, b in zip(*line, strict=True))
        speed = 10.0 if share < 0.85 else 0.0
        for name in ("v", "w"):
            at_ms = BEGIN_MS + 1000 * second
            estimator.take(Position(name, at_ms, *CITY.plane.degrees((place[0], place[1])), speed), at_ms)
    minutes = [estimator.minute(BEGIN_MS + k * MINUTE_MS) for k in range(5)]
    times_s = [float(each.travel_time_s[CITY.index[road.road]]) for each in minutes]
    assert times_s[4] > 2 * times_s[0]


def test_covered_loops_make_a_jam_though_nobody_reports() -> None:
    estimator = StateEstimator(CITY)
    covered = CITY.roads[CITY.index[CITY.loops[0].road]].road
    for minute in range(4):
        at_ms = BEGIN_MS + minute * MINUTE_MS
        for loop in CITY.loops:
            occupied, vehicles = (0.95, 1) if loop.road == covered else (0.05, 6)
            told = LoopCount(loop.detector, at_ms, at_ms + MINUTE_MS, vehicles, occupied)
            estimator.take(told, at_ms + MINUTE_MS)
        found = estimator.minute(at_ms)
    jammed = found.level >= Level.MODERATE
    assert [CITY.roads[at].road for at in np.flatnonzero(jammed)] == [covered]
