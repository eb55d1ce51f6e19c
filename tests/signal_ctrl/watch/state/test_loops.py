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
    """Thirty vehicles a lane pile up after ten free minutes; then ten a minute come and go: each stands for 3 min.

    The vehicles at free speed that are added take some of it off.
    """
    rows = [_counts(k, 10, 10) for k in range(10)] + [_counts(10, 40, 10)]
    rows += [_counts(k, 10, 10) for k in range(11, 25)]
    found = _last(rows)
    free_s = CITY.of(ROAD).free_time_s
    assert found.stored_s[AT] == pytest.approx(180 + free_s, rel=0.25)


def test_a_free_road_takes_its_free_time() -> None:
    found = _last([_counts(k, 10, 10) for k in range(20)])
    assert found.stored_s[AT] == pytest.approx(CITY.of(ROAD).free_time_s, rel=0.05)


def test_a_loop_that_counts_a_tenth_too_few_does_not_fill_the_road_for_ever() -> None:
    found = _last([_counts(k, 20, 18) for k in range(1440)])
    assert found.stored_s[AT] < 2 * CITY.of(ROAD).free_time_s


def test_counts_grow_old() -> None:
    rows = [_counts(0, 5, 5), *([[]] * (FRESH_MIN - 1))]
    assert _last(rows).age_min[AT] == FRESH_MIN - 1
    assert not np.isnan(_last(rows).flow_veh_h[AT])
    assert np.isnan(_last([*rows, []]).flow_veh_h[AT])
