from dataclasses import replace

import numpy as np
import pytest

from signal_ctrl.domain.roads import Road, RoadClass, RoadNetwork
from signal_ctrl.watch.state.queues import Queues

SHAPE = ((11.5, 48.7), (11.501, 48.701))
ROAD = Road("a", "n1", "n2", 280.0, 1, 14.0, 900.0, RoadClass.ARTERIAL, SHAPE)
QUEUES = Queues(RoadNetwork((ROAD, replace(ROAD, road="b", signal="s"), replace(ROAD, road="c", lanes=2, signal="s"))))


def _queues(flow: float, time_s: float, occupied: float = 0.0) -> list[float]:
    return QUEUES.longest_m(np.full(3, flow), np.full(3, time_s), np.full(3, occupied)).tolist()


def test_no_delay_no_queue() -> None:
    assert _queues(600, 20) == [0, 0, 0]


def test_who_waits_in_red_only_stands_as_long_as_red_lets_them_come() -> None:
    """A cycle of 90 s with 45 s of red: d = 45² / (2 · 90) = 11.25 s; 600 veh/h are 7.5 in a red, 56 m."""
    road, signal, two_lanes = _queues(600, 20 + 11.25)
    assert signal == pytest.approx(600 / 3600 * 45 * 7.5)
    assert two_lanes == pytest.approx(signal / 2)
    assert road == pytest.approx(600 / 3600 * 11.25 * 7.5)


def test_a_queue_is_no_longer_than_its_road() -> None:
    assert _queues(900, 2000) == [280, 280, 280]


def test_loops_at_the_begin_that_stay_covered_have_the_queue_on_them() -> None:
    assert _queues(60, 25, 0.7) == [280, 280, 280]
