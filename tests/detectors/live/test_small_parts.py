"""Missing ranges and the mailbox against models that keep everything."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.live.mailbox import Mailbox, WhenFull
from detectors.live.ranges import MissingRanges
from signal_ctrl.domain.errors import InvalidInputError


@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(0, 4)), max_size=20), st.lists(st.integers(0, 120), max_size=60)
)
def test_ranges_are_the_set_of_what_is_missing(steps: list[tuple[int, int]], come: list[int]) -> None:
    ranges, missing, at = MissingRanges(), set[int](), 0
    for skip, length in steps:
        first = at + skip
        at = first + length
        ranges.append(first, at - 1)
        missing |= set(range(first, at))
    for number in come:
        assert (number in ranges) == (number in missing)
        ranges.discard(number)
        missing.discard(number)
    assert {n for a, b in ranges for n in range(a, b + 1)} == missing
    assert ranges.total() == len(missing)
    pairs = list(ranges)
    assert all(b < c for (_, b), (c, _) in pairwise(pairs))


def test_ranges_are_bounded_and_say_what_they_gave_up() -> None:
    ranges = MissingRanges(most=3)
    for k in range(5):
        ranges.append(10 * k, 10 * k + k)
    assert list(ranges) == [(20, 22), (30, 33), (40, 44)]
    assert ranges.given_up == 1 + 2
    ranges.discard(31)
    assert (list(ranges), ranges.given_up) == ([(30, 30), (32, 33), (40, 44)], 6)


def filled(when_full: WhenFull, sizes: list[int]) -> tuple[Mailbox[int], list[bool]]:
    box: Mailbox[int] = Mailbox(3, 100, when_full)
    return box, [box.put(k, size) for k, size in enumerate(sizes)]


def test_the_oldest_makes_room() -> None:
    box, put = filled(WhenFull.DROP_OLDEST, [10, 10, 10, 10, 90])
    assert put == [True] * 5
    assert ([box.take() for _ in range(2)], box.dropped, box.fullest, box.bytes) == ([3, 4], 3, 3, 0)


def test_or_the_newcomer_waits() -> None:
    box, put = filled(WhenFull.BLOCK, [10, 60, 40, 20])
    assert put == [True, True, False, True]
    assert ([box.take() for _ in range(3)], box.dropped) == ([0, 1, 3], 0)


def test_what_is_larger_than_the_queue_goes_through_an_empty_one() -> None:
    _, put = filled(WhenFull.BLOCK, [500, 1])
    assert put == [True, False]


@given(st.lists(st.integers(-1, 60), max_size=80), st.sampled_from(WhenFull))
def test_a_mailbox_never_holds_more(steps: list[int], when_full: WhenFull) -> None:
    box: Mailbox[int] = Mailbox(4, 100, when_full)
    for size in steps:
        if size >= 0:
            box.put(size, size)
        elif len(box):
            box.take()
        assert len(box) <= 4 and (box.bytes <= 100 or len(box) == 1)


def test_a_mailbox_needs_room() -> None:
    with pytest.raises(InvalidInputError):
        Mailbox[int](0, 1, WhenFull.BLOCK)
