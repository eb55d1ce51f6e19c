"""Who crosses a line on the ground, when, and who does not."""

import numpy as np
import pytest

from detectors.video.bodies.crossing import GroundKeeper, Pass, ground_gate
from detectors.video.bodies.member import Member
from detectors.video.bodies.shape import CAR

DT_S = 0.1
GATE = ground_gate("l", np.array([0.0, 0.0]), np.array([6.0, 0.0]), np.array([3.0, 1.0]))


def car(number: int, x: float, y: float, way: float, at_s: float) -> Member:
    """Return a car whose front is at (x, y) and that drives along y."""
    heading = np.array([0.0, way])
    place = np.array([x, y]) - heading * CAR.length_m / 2.0
    return Member(number, CAR, place, heading, heading * 10.0, place, at_s, worth=1.0)


def driven(keeper: GroundKeeper, member: Member, seconds: float, begin_s: float = 0.0) -> list[Pass]:
    found = []
    for frame in range(round(seconds / DT_S)):
        found += keeper.look(member, begin_s + frame * DT_S)
        member.place = member.place + member.speed * DT_S
        member.looks += 1
        member.moved_m = float(np.hypot(*(member.place - member.start)))
    return found


@pytest.mark.parametrize("way", [1.0, -1.0])
def test_a_crossing_is_told_once_with_its_time_and_direction(way: float) -> None:
    found = driven(GroundKeeper(GATE), car(1, 3.0, -way * 7.3, way, 0.0), 2.0)
    assert [(each.forward, each.time_s) for each in found] == [(way > 0, pytest.approx(0.73, abs=1e-6))]


def test_who_passes_beside_the_line_does_not_count() -> None:
    assert not driven(GroundKeeper(GATE), car(1, 7.0, -7.3, 1.0, 0.0), 2.0)


def test_who_is_first_seen_on_the_line_counts_and_who_is_beyond_it_does_not() -> None:
    assert len(driven(GroundKeeper(GATE), car(1, 3.0, 2.0, 1.0, 0.0), 1.0)) == 1
    assert not driven(GroundKeeper(GATE), car(1, 3.0, 5.5, 1.0, 0.0), 1.0)


def test_two_abreast_count_twice_but_one_seen_anew_once() -> None:
    keeper = GroundKeeper(GATE)
    both = driven(keeper, car(1, 1.5, -5.0, 1.0, 0.0), 1.5) + driven(keeper, car(2, 4.7, -5.0, 1.0, 0.0), 1.5)
    assert len(both) == 2
    assert not driven(keeper, car(3, 4.5, -2.0, 1.0, 0.0), 1.0)


def test_who_rolls_back_over_the_line_has_not_crossed() -> None:
    keeper, member = GroundKeeper(GATE), car(1, 3.0, -0.5, 1.0, 0.0)
    member.speed = np.array([0.0, 2.0])
    first = driven(keeper, member, 0.4)
    member.speed = np.array([0.0, -2.0])
    assert not first and not driven(keeper, member, 1.0, 0.4)


def test_who_has_just_reached_the_line_when_the_picture_ends_counts_and_who_has_not_does_not() -> None:
    keeper, member = GroundKeeper(GATE), car(1, 3.0, -7.9, 1.0, 0.0)
    assert not driven(keeper, member, 0.8) and not keeper.end(member)
    assert not keeper.look(member, 0.8)  # its front is 0.1 m beyond
    assert [(each.forward, each.time_s) for each in keeper.end(member)] == [(True, pytest.approx(0.79, abs=1e-6))]
    assert not keeper.end(member)
