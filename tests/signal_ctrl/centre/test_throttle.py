"""How often somebody may ask."""

import sys
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.centre.throttle import FAILURES_FREE, LONGEST_DELAY_MS, Buckets, Rate, delay_ms, household


@given(st.lists(st.integers(0, 2_000), max_size=200), st.floats(0.05, 20), st.integers(1, 30))
def test_no_window_holds_more_than_rate_and_burst(steps: list[int], per_s: float, burst: int) -> None:
    """An oracle of its own: in every stretch of time, at most the burst and what the rate gives go through."""
    buckets, now_ms, taken = Buckets(Rate(per_s, burst)), 0, []
    for step_ms in steps:
        now_ms += step_ms
        if buckets.take("ann", now_ms) == 0:
            taken.append(now_ms)
    for first in range(len(taken)):
        for last in range(first, len(taken)):
            assert last - first + 1 <= burst + (taken[last] - taken[first]) / 1000 * per_s + 1e-6


@given(st.floats(0.05, 20), st.integers(1, 30), st.integers(0, 10**9))
def test_who_waits_as_told_gets_through(per_s: float, burst: int, now_ms: int) -> None:
    buckets = Buckets(Rate(per_s, burst))
    for _ in range(burst):
        assert buckets.take("ann", now_ms) == 0
    wait_ms = buckets.take("ann", now_ms)
    assert wait_ms > 0 and buckets.take("ann", now_ms + wait_ms) == 0


def test_keys_do_not_share_and_memory_is_bounded() -> None:
    buckets = Buckets(Rate(1, 1), most_keys=100)
    assert all(buckets.take(str(key), 0) == 0 for key in range(1_000))
    assert len(buckets) == 100 and buckets.take("999", 0) > 0


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    buckets = Buckets(Rate(1, 1))
    assert buckets.take("ann", 10_000) == 0
    assert buckets.take("ann", 0) > 0


def test_delays_grow_and_end() -> None:
    delays = [delay_ms(failures) for failures in range(40)]
    assert delays == sorted(delays) and delays[-1] == LONGEST_DELAY_MS
    assert not any(delays[:FAILURES_FREE]) and delays[FAILURES_FREE] == 30_000


def test_many_threads_take_no_more_than_there_is() -> None:
    buckets, interval = Buckets(Rate(0.001, 500)), sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            waits = list(pool.map(lambda _: buckets.take("ann", 0), range(4_000)))
    finally:
        sys.setswitchinterval(interval)
    assert waits.count(0) == 500


def test_a_household_has_one_bucket() -> None:
    assert len({household(f"2001:db8:0:1::{k:x}") for k in range(100)}) == 1
    assert len({household(f"2001:db8:0:{k:x}::1") for k in range(100)}) == 100
    assert household("fe80::1%eth0") == "fe80::" and household("10.0.0.1") != household("10.0.0.2")
