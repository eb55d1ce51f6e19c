"""Keeping step with the wall's clock, on a clock that is moved by hand."""

import pytest

from signal_ctrl.domain.errors import BackendError, InvalidInputError
from sumo_scenarios.city_demo.pace import Pace
from sumo_scenarios.city_demo.run import CityOrder, loopback_listener
from sumo_scenarios.settings import RunSettings

FIXED = RunSettings("cologne1", "fixed")


class Wall:
    """A clock that only sleep and work move. [s]"""

    def __init__(self) -> None:
        self.now_s = 1_000.0
        self.slept_s = 0.0

    def sleep(self, wait_s: float) -> None:
        self.now_s += wait_s
        self.slept_s += wait_s


def pace_of(wall: Wall, speed: float, paced_from_s: float = 100.0) -> Pace:
    pace = Pace(speed, paced_from_s, lambda: wall.now_s, wall.sleep)
    pace.anchor(paced_from_s, wall.now_s)
    return pace


@pytest.mark.parametrize("speed", [0.5, 1.0, 4.0])
def test_a_step_takes_its_time_of_the_wall(speed: float) -> None:
    wall = Wall()
    pace = pace_of(wall, speed)
    for second in range(1, 61):
        wall.now_s += 0.1  # the work of a step
        pace.wait(100.0 + second)
        assert wall.now_s == pytest.approx(1_000.0 + second / speed)


def test_nobody_waits_before_the_streets_are_full() -> None:
    wall = Wall()
    pace = pace_of(wall, 1.0)
    for second in range(101):
        pace.wait(float(second))
    assert wall.slept_s == 0


def test_who_is_late_says_so_and_catches_up() -> None:
    wall = Wall()
    pace = pace_of(wall, 1.0)
    wall.now_s += 30.0  # the streets took so long to fill
    pace.wait(101.0)
    assert pace.late_s == pytest.approx(29.0)
    for second in range(2, 41):
        wall.now_s += 0.1
        pace.wait(100.0 + second)
    assert pace.late_s == 0
    assert wall.now_s == pytest.approx(1_040.0)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "::", "::1", "centre.example", ""])
def test_no_address_that_others_reach(host: str) -> None:
    with pytest.raises(InvalidInputError, match=r"served on 127\.0\.0\.1 alone"):
        loopback_listener(host, 0)


def test_a_port_that_is_taken() -> None:
    with loopback_listener("localhost", 0) as first, pytest.raises(BackendError, match="cannot listen"):
        loopback_listener("127.0.0.1", first.getsockname()[1])


def test_orders_that_cannot_be_carried_out() -> None:
    for more in ({"speed": 0.1}, {"speed": float("nan")}, {"warm_up_s": -1.0}, {"lasts_s": 0.0}):
        with pytest.raises(InvalidInputError):
            CityOrder(FIXED, **more)
    with pytest.raises(InvalidInputError, match="fixed"):
        CityOrder(RunSettings("cologne1", "adaptive"))
