"""Delay before a signal by hand: travel time less the free one, weighted by flow; what is not known is not 0."""

from dataclasses import replace

import numpy as np
import pytest

from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.city_minute import CityMinute
from signal_ctrl.watch.junction_delay import DelayMinute, delays_before
from tests.signal_ctrl.watch.streets import BEGIN_MS, network

PLAIN = network()
FREE_S = PLAIN.roads[0].free_time_s
TO_A = {0: "a", 2: "a"}
NET = RoadNetwork(tuple(replace(road, signal=TO_A.get(k, "")) for k, road in enumerate(PLAIN.roads)))


def minute(flows: list[float], times_s: list[float], roads: int = 6) -> CityMinute:
    unknown = np.full(roads, np.nan, np.float32)
    flow, time_s = unknown.copy(), unknown.copy()
    for at, (veh_h, travel_s) in zip(TO_A, zip(flows, times_s, strict=True), strict=True):
        flow[at], time_s[at] = veh_h, travel_s
    small = np.zeros(roads, np.uint8)
    return CityMinute(BEGIN_MS, flow, unknown, unknown, time_s, unknown, unknown, unknown, small, small)


def test_delays_are_weighted_by_flow() -> None:
    found = delays_before(NET, [minute([300, 100], [FREE_S + 20, FREE_S + 60])], "a")
    assert found == (DelayMinute(BEGIN_MS, pytest.approx(30.0, abs=0.1), 400, 2, 2),)


def test_what_is_not_known_is_left_out() -> None:
    nan = float("nan")
    one, none = delays_before(NET, [minute([300, 100], [FREE_S - 5, nan]), minute([nan, 0], [nan, nan])], "a")
    assert (one.delay_s, one.known) == (0.0, 1)
    assert (none.delay_s, none.known, none.roads) == (None, 0, 2)


def test_where_no_road_leads_there_is_nothing() -> None:
    assert delays_before(NET, [minute([1, 1], [1, 1])], "b") == ()
