"""Queues that give way, and queues that reach out of sight."""

from dataclasses import replace

import pytest

from detectors.loops.headways import DEFAULT_YIELDING_S
from detectors.loops.jams import CROWDED_S
from detectors.loops.occupancy import STANDS_S
from signal_ctrl.domain.network import JunctionLayout
from tests.detectors.layouts import FAR, LINE, NEAR, Street, junction


def turning() -> JunctionLayout:
    """Return one lane whose only movement lets somebody go first who has a lane of his own."""
    layout = junction(2)
    return replace(layout, movements=(replace(layout.movements[0], yields_to=(1,)), layout.movements[1]))


def permissive_s(street: Street, lamps: str, every_s: int, vehicles: int) -> float:
    """Return what is thought of the lane after so many have left it, each after standing at the line for a time."""
    now = 0
    for _ in range(vehicles):
        street.on(LINE, now + 0.1)
        view = street.watch(now + 1, now + every_s - 1, lamps)
        street.off(LINE, now + every_s - 0.5)
        now += every_s
    return float(view.permissive_s[0])


def test_a_queue_that_has_to_yield_tells_how_long_each_takes() -> None:
    assert permissive_s(Street(turning()), "gG", 10, 40) == pytest.approx(10.0, abs=0.5)


@pytest.mark.parametrize("lamps", ["GG", "rG", "yG"])
def test_without_a_green_that_yields_nothing_is_learned(lamps: str) -> None:
    assert permissive_s(Street(turning()), lamps, 10, 40) == pytest.approx(DEFAULT_YIELDING_S)


def test_a_lane_is_crowded_where_somebody_stands_on_its_last_loop() -> None:
    street = Street(junction())
    assert street.watch(0, 10).crowded.tolist() == [0.0]
    street.on(FAR, 10.0)
    assert street.watch(11, 13).crowded[0] == 0.0, "he may be passing"
    half_s = int(10 + STANDS_S + 0.7 * CROWDED_S)
    assert street.watch(14, half_s).crowded[0] == pytest.approx(0.5, abs=0.05)
    street.off(FAR, half_s + 0.5)
    assert street.watch(half_s + 1, half_s + 200).crowded[0] < 0.05


def test_a_queue_that_can_be_seen_to_its_end_is_not_crowded() -> None:
    street = Street(junction())
    street.on(NEAR, 0.0)
    street.on(LINE, 0.0)
    assert street.watch(1, 100).crowded[0] == 0.0
