"""Edges become slots: pairs are repaired as the rule says, and what is no edge of now is told apart."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.health.feed import Feed
from detectors.health.slots import Slot
from signal_ctrl.domain.errors import InvalidInputError

LENGTH_S = 60.0


def closed(edges: Sequence[tuple[float, bool]]) -> Slot:
    feed = Feed(["J"], LENGTH_S)
    feed.begin(0.0)
    for time_s, on in edges:
        feed.take(0, time_s, on)
    return feed.close()


def test_pulses_are_counted_and_their_time_is_summed() -> None:
    slot = closed([(1.0, True), (1.5, False), (10.0, True), (12.0, False)])
    assert (slot.count[0], slot.on_s[0], slot.held_s[0], slot.short[0]) == (2, pytest.approx(2.5), 0, 0)


@pytest.mark.parametrize(
    ("edges", "count", "on_s"),
    [
        ([(1.0, True), (2.5, True), (3.0, False)], 2, 2.0),  # 1.5 s apart: off at the second on
        ([(1.0, True), (11.0, True), (12.0, False)], 2, 6.0),  # 10 s apart: off half-way
        ([(1.0, True), (2.0, False), (6.0, False)], 2, 3.0),  # two off: on half-way, at 4 s
    ],
)
def test_pairs_are_repaired(edges: list[tuple[float, bool]], count: int, on_s: float) -> None:
    slot = closed(edges)
    assert (slot.count[0], slot.on_s[0]) == (count, pytest.approx(on_s))


def test_a_vehicle_that_stands_is_held_from_slot_to_slot() -> None:
    feed = Feed(["J"], LENGTH_S)
    feed.take(0, 50.0, True)
    first, second = feed.close(), feed.close()
    assert (first.on_s[0], first.held_s[0], first.count[0]) == (10.0, 10.0, 1)
    assert (second.on_s[0], second.held_s[0], second.count[0]) == (60.0, 70.0, 0)
    feed.take(0, 130.0, False)
    assert feed.close().on_s[0] == pytest.approx(10.0)


def test_short_pulses_are_told_apart() -> None:
    assert closed([(1.0, True), (1.1, False), (5.0, True), (5.4, False)]).short[0] == 1


def test_what_comes_twice_counts_once() -> None:
    slot = closed([(1.0, True), (1.0, True), (1.5, False), (1.5, False)])
    assert (slot.count[0], slot.twice[0], slot.heard[0]) == (1, 2, 4)


def test_late_and_early_events_are_not_used() -> None:
    feed = Feed(["J"], LENGTH_S)
    feed.begin(600.0)
    feed.take(0, 500.0, True, arrived_s=600.0)
    feed.take(0, 730.0, True, arrived_s=610.0)
    feed.take(0, 611.0, True, arrived_s=611.2)
    slot = feed.close()
    assert (slot.late[0], slot.early[0], slot.count[0], slot.heard[0]) == (1, 1, 1, 3)


def test_an_event_older_than_what_its_controller_said_is_a_step_back() -> None:
    feed = Feed(["J", "J", "K"], LENGTH_S)
    feed.take(0, 50.0, True)
    feed.take(1, 30.0, True)  # the same clock, 20 s back
    feed.take(2, 30.0, True)  # another clock
    slot = feed.close()
    assert slot.back.tolist() == [0, 1, 0] and slot.count.tolist() == [1, 0, 1]


def test_a_code_stands_until_it_is_taken_back() -> None:
    feed = Feed(["J"], LENGTH_S)
    feed.begin(0.0)
    feed.fault(0, 86)
    assert [feed.close().code[0], feed.close().code[0]] == [86, 86]
    feed.fault(0, 83)
    assert feed.close().code[0] == 0


def test_nothing_can_be_closed_before_anything_began() -> None:
    with pytest.raises(InvalidInputError):
        Feed(["J"], LENGTH_S).close()


@given(st.lists(st.tuples(st.integers(0, 599), st.booleans()), max_size=60))
def test_occupied_time_never_exceeds_the_slot(edges: list[tuple[int, bool]]) -> None:
    slot = closed([(time_ds / 10, on) for time_ds, on in sorted(edges)])
    assert 0 <= slot.on_s[0] <= LENGTH_S and 0 <= slot.held_s[0] <= LENGTH_S
    assert slot.count[0] + slot.twice[0] <= slot.heard[0] + 1


@given(st.lists(st.integers(2, 40), min_size=1, max_size=12))
def test_of_whole_pulses_the_time_is_their_sum(lengths_ds: list[int]) -> None:
    edges, at_ds = [], 1
    for length_ds in lengths_ds:
        edges += [(at_ds / 10, True), ((at_ds + length_ds) / 10, False)]
        at_ds += length_ds + 3
    slot = closed(edges)
    assert slot.count[0] == len(lengths_ds)
    assert math.isclose(float(slot.on_s[0]), sum(lengths_ds) / 10, abs_tol=1e-6)
    assert np.all(slot.back == 0)
