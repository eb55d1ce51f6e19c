"""Saturation flow from a stop-line loop: queues made by hand, of which every figure is known."""

import itertools
import math
import random
from statistics import median

import pytest

from detectors.loops.saturation import Discharge, discharges, saturation_flow
from signal_ctrl.domain.errors import InvalidInputError

ON_S = 0.8


def queue(green_s: float, middles_s: list[float], on_s: float = ON_S) -> list[tuple[float, float]]:
    """Return passages whose middles lie so far behind the green; the first vehicle stands on the loop before."""
    spans = [(green_s + m - on_s / 2, green_s + m + on_s / 2) for m in middles_s]
    return [(green_s - 20.0, spans[0][1]), *spans[1:]]


def regular(number: int, headway_s: float, loss_s: float) -> list[float]:
    """Return times of vehicles of which the fourth is late by the start-up loss, the rest at the headway."""
    first = [(k + 1) * (4 * headway_s + loss_s) / 4 for k in range(4)]
    return first + [first[-1] + k * headway_s for k in range(1, number - 3)]


def test_a_known_queue_gives_its_headway_and_loss() -> None:
    found = list(discharges([(100.0, 160.0)], queue(100.0, regular(12, 2.0, 1.6))))
    assert len(found) == 1
    assert found[0].headway_s == pytest.approx(2.0)
    assert found[0].start_up_loss_s == pytest.approx(1.6)
    flow = saturation_flow(found)
    assert flow is not None
    assert flow.saturation_veh_h == pytest.approx(1800.0)
    assert (flow.queues, flow.vehicles, flow.interval_veh_h, flow.is_enough) == (1, 12, None, False)


def test_slow_first_vehicles_do_not_lower_the_saturation_flow() -> None:
    slow = [4.0, 7.0, 9.8, 12.4]
    passages = queue(0.0, slow + [12.4 + 1.8 * k for k in range(1, 9)])
    (found,) = discharges([(0.0, 60.0)], passages)
    assert found.headway_s == pytest.approx(1.8)
    assert found.start_up_loss_s == pytest.approx(12.4 - 4 * 1.8)


def test_a_gap_ends_the_queue_and_who_comes_behind_it_does_not_count() -> None:
    times = regular(10, 2.0, 1.0)
    late = [times[-1] + 4.0 + 3.0 * k for k in range(4)]
    (found,) = discharges([(0.0, 90.0)], queue(0.0, times + late))
    assert len(found.times_s) == 10
    assert found.headway_s == pytest.approx(2.0)


def test_who_passes_after_the_end_of_green_does_not_count() -> None:
    (found,) = discharges([(0.0, 19.0)], queue(0.0, regular(20, 2.0, 1.0)))
    assert all(time_s <= 19.0 for time_s in found.times_s)


def test_a_vehicle_held_up_from_ahead_ends_the_queue() -> None:
    passages = queue(0.0, regular(14, 2.0, 1.0))
    passages[10] = (passages[10][0], passages[10][0] + 3.5)
    (found,) = discharges([(0.0, 90.0)], passages)
    assert len(found.times_s) == 10


@pytest.mark.parametrize("number", [1, 4, 7])
def test_seven_vehicles_are_too_few(number: int) -> None:
    assert not list(discharges([(0.0, 60.0)], queue(0.0, regular(8, 2.0, 1.0))[:number]))


def test_arrivals_on_green_are_no_queue() -> None:
    passages = [(5.0 + 2.0 * k, 5.8 + 2.0 * k) for k in range(12)]
    assert not list(discharges([(0.0, 60.0)], passages))


def test_each_green_has_its_own_queue() -> None:
    greens = [(90.0 * k, 90.0 * k + 40.0) for k in range(20)]
    headways = [1.8 + 0.02 * k for k in range(20)]
    passages = [
        span for (begin, _), h in zip(greens, headways, strict=True) for span in queue(begin, regular(12, h, 1.0))
    ]
    found = list(discharges(greens, passages))
    assert [round(each.headway_s, 6) for each in found] == [round(h, 6) for h in headways]
    flow = saturation_flow(found)
    assert flow is not None
    assert flow.saturation_veh_h == pytest.approx(3600.0 / median(headways))
    assert flow.interval_veh_h == pytest.approx((3600.0 / headways[14], 3600.0 / headways[5]))
    assert flow.is_enough


def test_the_interval_holds_the_true_median_often_enough() -> None:
    """95 % and no more than a little above it, over 400 samples of ten queues."""
    rng, inside = random.Random(3), 0
    for _ in range(400):
        headways = (rng.lognormvariate(0.7, 0.2) for _ in range(10))
        queues = [Discharge(0.0, tuple(itertools.accumulate([2.0] * 4 + [h] * 6))) for h in headways]
        flow = saturation_flow(queues)
        assert flow is not None and flow.interval_veh_h is not None
        low, high = flow.interval_veh_h
        inside += low <= 3600.0 / math.exp(0.7) <= high
    assert 0.94 <= inside / 400 <= 0.995


def test_nothing_measured_is_nothing() -> None:
    assert saturation_flow([]) is None
    with pytest.raises(InvalidInputError, match="8 vehicles or more"):
        Discharge(0.0, (1.0, 2.0))
