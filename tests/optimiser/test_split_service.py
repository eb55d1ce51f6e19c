"""What splits do for streams: shared lanes, and the delay of the HCM where there are none."""

import numpy as np
import pytest

from optimiser.cycle_split import StageCycle, Streams
from optimiser.hcm import random_arrivals
from optimiser.split_service import highest_saturation, service_of, with_lane_means

FLOWS = np.array([600.0, 200.0, 300.0]) / 3600
LANES = np.array([0, 0, 2])
"""The first two streams share a lane: three quarters go ahead at 1800 veh/h, a quarter turns at 1500 veh/h."""
STREAMS = Streams(FLOWS, np.array([1800 * 0.75, 1500 * 0.25, 1800.0]) / 3600, np.arange(3), np.ones((3, 1)))
CYCLE = StageCycle((0,), np.ones((3, 1)), np.full(3, -50.0), np.array([10.0]))


def test_streams_of_a_lane_are_equally_saturated_by_the_time_they_take() -> None:
    """800 veh/h take 600 / 1800 + 200 / 1500 = 0.4667 of the time; green for 40 of 90 s: 1.05."""
    streams = with_lane_means(STREAMS, LANES)
    assert streams.flow_ratio[:2] == pytest.approx([0.46667, 0.46667], abs=1e-5)
    assert streams.flow_ratio[2] == STREAMS.flow_ratio[2]
    assert highest_saturation(streams, CYCLE, np.array([90.0])) == pytest.approx(1.05)


def test_a_lane_has_one_queue_that_its_streams_share_by_flow() -> None:
    streams = with_lane_means(STREAMS, LANES)
    found = service_of(streams, CYCLE, np.array([90.0]), np.zeros(3), LANES, random_arrivals(3), 0.25)
    queue = found.delay.queue_veh
    assert queue[:2].sum() == pytest.approx(0.25 * (800 - 800 / 1.05))
    assert queue[0] == pytest.approx(3 * queue[1])
    assert queue[2] == 0.0
    assert found.delay.overflow_s[0] == pytest.approx(found.delay.overflow_s[1])


def test_a_stream_that_waits_for_gaps_takes_more_time_of_its_lane() -> None:
    """With greens of 40 and 20 s the lane is saturated by the mean over its vehicles."""
    weight = np.array([[1.0], [0.75], [1.0]])
    cycle = StageCycle((0,), weight, np.array([-50.0, -47.5, -50.0]), np.array([10.0]))
    streams = with_lane_means(STREAMS, LANES)
    found = service_of(streams, cycle, np.array([90.0]), np.zeros(3), LANES, random_arrivals(3), 0.25)
    saturation = 0.75 * found.saturation[0] + 0.25 * found.saturation[1]
    assert found.saturation[1] == pytest.approx(2 * found.saturation[0])
    assert found.delay.queue_veh[:2].sum() == pytest.approx(0.25 * (800 - 800 / saturation))


def test_alone_in_its_lane_a_stream_has_the_delay_of_the_reference() -> None:
    """Reference on optimisation, section 3: C 90, g 40, s 1800, q 600 gives 27.221 s."""
    one = Streams(np.array([600.0]) / 3600, np.array([0.5]), np.array([0]), np.ones((1, 1)))
    cycle = StageCycle((0,), np.ones((1, 1)), np.array([-50.0]), np.array([10.0]))
    found = service_of(one, cycle, np.array([90.0]), np.zeros(1), np.array([0]), random_arrivals(1), 0.25)
    assert float(found.delay.total_s[0]) == pytest.approx(27.221, abs=1e-3)


def test_lanes_without_traffic_stay_as_they_are() -> None:
    empty = Streams(np.zeros(3), STREAMS.saturation_veh_s, STREAMS.group, STREAMS.weight)
    assert with_lane_means(empty, LANES).saturation_veh_s.tolist() == STREAMS.saturation_veh_s.tolist()
    found = service_of(empty, CYCLE, np.array([90.0]), np.array([2.0, 0.0, 0.0]), LANES, random_arrivals(3), 0.25)
    assert np.all(np.isfinite(found.delay.total_s))
    assert found.delay.queue_veh.tolist() == [0.0, 0.0, 0.0]
