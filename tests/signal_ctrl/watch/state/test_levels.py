from dataclasses import replace

import numpy as np
import pytest

from signal_ctrl.domain.roads import Road, RoadClass, RoadNetwork
from signal_ctrl.watch.city_minute import Level
from signal_ctrl.watch.state.levels import Grading, empty_time_s

SHAPE = ((11.5, 48.7), (11.501, 48.701))
ROAD = Road("a", "n1", "n2", 280.0, 1, 14.0, 1800.0, RoadClass.ARTERIAL, SHAPE)


@pytest.mark.parametrize(
    ("times", "level"),
    [
        (1.0, Level.SMOOTH),
        (1.4, Level.SMOOTH),
        (1.5, Level.BASICALLY_SMOOTH),
        (2.2, Level.LIGHT),
        (3.0, Level.MODERATE),
        (3.5, Level.SEVERE),
        (float("nan"), Level.UNKNOWN),
    ],
)
def test_levels_of_an_arterial_by_times_of_the_empty_time(times: float, level: Level) -> None:
    assert Grading(RoadNetwork((ROAD,))).levels(np.array([20.0 * times]))[0] == level


def test_waiting_at_a_signal_is_no_congestion() -> None:
    """Green for a third of 90 s: 60 s of red, for two of three who come, 30 s on the mean of those: 20 s."""
    signal = replace(ROAD, signal="s", capacity_veh_h=600.0)
    assert empty_time_s(signal) == pytest.approx(40.0)
    assert Grading(RoadNetwork((signal,))).levels(np.array([40.0]))[0] == Level.SMOOTH


def test_a_branch_may_be_slower_than_an_arterial_before_it_is_jammed() -> None:
    network = RoadNetwork((ROAD, replace(ROAD, road="b", road_class=RoadClass.BRANCH)))
    assert Grading(network).levels(np.full(2, 20.0 * 3.6)).tolist() == [Level.SEVERE, Level.MODERATE]
