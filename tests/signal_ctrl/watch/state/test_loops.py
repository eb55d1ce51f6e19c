import numpy as np
import pytest

from bench.city_speed.city import make_city
from signal_ctrl.watch.city_minute import MINUTE_MS
from signal_ctrl.watch.observations import LoopCount
from signal_ctrl.watch.state.loops import FRESH_MIN, VEHICLE_M, LoopMinute, LoopStates

CITY = make_city(1)
ROAD = CITY.loops[0].road
AT = CITY.index[ROAD]
LANES = CITY.of(ROAD).lanes
BEGIN_MS = 1_767_600_000_000


def _counts(minute: int, entered: int, left: int, occupied: float = 0.1, lanes: int = LANES) -> list[LoopCount]:
    begin_ms = BEGIN_MS + minute * MINUTE_MS
    return [
        LoopCount(f"{ROAD}/{lane}/{end}", begin_ms, begin_ms + MINUTE_MS, many, occupied)
        for lane in range(lanes)
        for end, many in (("entry", entered), ("stop", left))
    ]


def _last(rows: list[list[LoopCount]]) -> LoopMinute:
    states = LoopStates(CITY)
    return [states.minute(row) for row in rows][-1]


def test_flow_is_what_leaves_all_lanes() -> None:
    assert _last([_counts(0, 7, 5)]).flow_veh_h[AT] == 5 * LANES * 60


def test_a_lane_whose_loop_is_silent_is_taken_to_carry_as_much_as_the_others() -> None:
    assert _last([_counts(0, 5, 5, lanes=1)]).flow_veh_h[AT] == pytest.approx(5 * LANES * 60)


def test_speed_is_flow_over_occupancy() -> None:
    found = _last([_counts(0, 6, 6, 0.08)])
    assert found.speed_mps[AT] == pytest.approx(6 / 60 * (VEHICLE_M + 2.0) / 0.08)


def test_nothing_is_known_of_a_road_without_loops() -> None:
    found = _last([_counts(0, 6, 6)])
    other = next(at for at, road in enumerate(CITY.roads) if road.road not in {loop.road for loop in CITY.loops})
    assert np.isnan(found.flow_veh_h[other])
    assert np.isnan(found.stored_s[other])
    assert not np.isfinite(found.age_min[other])


def test_who_is_on_the_road_over_who_leaves_it_is_the_travel_time() -> None:
    """Twenty vehicles a lane pile up after ten free minutes; then ten a minute come and go: each stands for 2 min.

    The vehicles at free speed that are added take some of it off.
    """
    rows = [_counts(k, 10, 10) for k in range(10)] + [_counts(10, 30, 10)]
    rows += [_counts(k, 10, 10) for k in range(11, 25)]
    found = _last(rows)
    free_s = CITY.of(ROAD).free_time_s
    assert found.stored_s[AT] == pytest.approx(120 + free_s, rel=0.25)


def test_a_free_road_takes_its_free_time() -> None:
    found = _last([_counts(k, 10, 10) for k in range(20)])
    assert found.stored_s[AT] == pytest.approx(CITY.of(ROAD).free_time_s, rel=0.05)


def test_a_loop_that_counts_a_tenth_too_few_does_not_fill_the_road_for_ever() -> None:
    found = _last([_counts(k, 20, 18) for k in range(1440)])
    assert found.stored_s[AT] < 2 * CITY.of(ROAD).free_time_s


def _parts(counts: list[LoopCount], parts: int) -> list[LoopCount]:
    """Return the same vehicles told in so many counts, the last of them with all vehicles."""
    found = []
    for count in counts:
        lasts_ms = (count.to_utc_ms - count.from_utc_ms) // parts
        for part in range(parts):
            begin_ms, last = count.from_utc_ms + part * lasts_ms, part == parts - 1
            vehicles, occupied = (count.vehicles, count.occupied * parts) if last else (0, 0.0)
            found.append(LoopCount(count.detector, begin_ms, begin_ms + lasts_ms, vehicles, occupied))
    return found


def test_three_counts_of_twenty_seconds_are_one_of_a_minute() -> None:
    rows = [_counts(k, 10 + k % 3, 9, 0.2) for k in range(8)]
    whole, parts = _last(rows), _last([_parts(row, 3) for row in rows])
    for name in ("flow_veh_h", "occupied", "occupied_entry", "speed_mps", "stored_s"):
        assert getattr(parts, name)[AT] == pytest.approx(getattr(whole, name)[AT]), name


def test_a_count_over_five_minutes_says_as_much_of_who_is_on_the_road_as_five_of_a_minute() -> None:
    """Two a minute and lane stay on the road for twenty minutes."""

    def long(number: int) -> list[LoopCount]:
        last = _counts(5 * number + 4, 0, 0)
        shift_ms = 4 * MINUTE_MS
        many = [60 if "entry" in each.detector else 50 for each in last]
        return [
            LoopCount(each.detector, each.from_utc_ms - shift_ms, each.to_utc_ms, vehicles, 0.1)
            for each, vehicles in zip(last, many, strict=True)
        ]

    free = [row for number in range(6) for row in ([], [], [], [], _counts(5 * number + 4, 10, 10))]
    by_five = [row for number in range(6, 10) for row in ([], [], [], [], long(number))]
    by_minute = [_counts(k, 10, 10) for k in range(30)] + [_counts(k, 12, 10) for k in range(30, 50)]
    assert _last([*free, *by_five]).stored_s[AT] == pytest.approx(_last(by_minute).stored_s[AT], rel=0.25)


def test_one_end_alone_does_not_say_how_many_are_on_the_road() -> None:
    """Vehicles pile up; then the loops at the begin fall silent for good."""
    rows = [_counts(k, 10, 10) for k in range(10)] + [_counts(10, 30, 10)]
    ends = [[each for each in _counts(k, 0, 10) if "stop" in each.detector] for k in range(11, 30)]
    assert _last([*rows, *ends[:2]]).stored_s[AT] > 2 * CITY.of(ROAD).free_time_s
    found = _last([*rows, *ends])
    assert np.isnan(found.stored_s[AT])
    assert found.flow_veh_h[AT] == 10 * LANES * 60


def test_a_minute_that_one_end_has_lost_does_not_thin_out_the_flow() -> None:
    whole = [_counts(k, 10, 10) for k in range(10)] + [_counts(10, 30, 10)]
    whole += [_counts(k, 10, 10) for k in range(11, 16)]
    holes = [row if k not in (12, 14) else [c for c in row if "stop" in c.detector] for k, row in enumerate(whole)]
    assert _last(holes).stored_s[AT] == pytest.approx(_last(whole).stored_s[AT], rel=0.02)


def test_counts_grow_old() -> None:
    rows = [_counts(0, 5, 5), *([[]] * (FRESH_MIN - 1))]
    assert _last(rows).age_min[AT] == FRESH_MIN - 1
    assert not np.isnan(_last(rows).flow_veh_h[AT])
    assert np.isnan(_last([*rows, []]).flow_veh_h[AT])
