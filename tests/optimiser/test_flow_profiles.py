"""The compiled core against slow twins, and what has to hold of any queue."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser.flow_profiles import HALT, PERMISSIVE, PROTECTED, gap_share, one_lane, pass_line, settle

CYCLE = 60
NOBODY = np.zeros(0, dtype=np.int64)
NO_LINKS = (NOBODY, NOBODY, np.zeros(0), NOBODY, np.zeros(0))


def slow_queue(rate: np.ndarray, coming: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean queue and what leaves after many cycles."""
    waiting, queues, left = 0.0, np.zeros(len(rate)), np.zeros(len(rate))
    for t in range(20 * len(rate)):
        k = t % len(rate)
        goes = min(waiting + coming[k], rate[k])
        queues[k], left[k] = waiting + 0.5 * (coming[k] - goes), goes
        waiting += coming[k] - goes
    return float(queues.mean()), left


@settings(deadline=None, max_examples=25)
@given(st.integers(5, 50), st.floats(0.02, 0.95), st.integers(0, 2**32 - 1))
def test_queues_are_those_of_a_slow_twin(green: int, saturation: float, seed: int) -> None:
    """Periodic after a few cycles as after twenty, for any profile below capacity."""
    rate = np.where(np.arange(CYCLE) < green, 0.5, 0.0)
    coming = np.random.default_rng(seed).random(CYCLE)
    coming *= saturation * rate.sum() / coming.sum()
    leaving = np.zeros(CYCLE)
    queue, stops, reach = pass_line(rate, np.ones(CYCLE, dtype=np.int8), coming, leaving, 0.65)
    wanted, left = slow_queue(rate, coming)
    assert queue == pytest.approx(wanted, abs=1e-9)
    assert np.allclose(leaving, left, atol=1e-9)
    assert leaving.sum() == pytest.approx(coming.sum())
    assert 0 <= stops <= coming.mean() + 1e-12
    assert 0 <= reach <= coming.sum() + 1e-9


def test_the_reach_counts_those_who_join_while_the_front_sets_off() -> None:
    """0.2 veh/s, red 30 s: 6 wait at the green; the wave of 0.65 veh/s catches up after 6 / 0.45 s, with 8.67 behind."""
    rate = np.where(np.arange(CYCLE) >= 30, 0.5, 0.0)
    _, _, reach = pass_line(rate, np.ones(CYCLE, dtype=np.int8), np.full(CYCLE, 0.2), np.zeros(CYCLE), 0.65)
    assert reach == pytest.approx(6 + 0.2 * 6 / 0.45, abs=0.5)


def test_who_only_slows_down_is_no_whole_stop() -> None:
    """Everybody who comes on red stops; of those in the last seconds of red only a part counts."""
    rate = np.where(np.arange(CYCLE) >= 30, 10.0, 0.0)
    coming = np.zeros(CYCLE)
    coming[28] = 1.0
    _, stops, _ = pass_line(rate, np.ones(CYCLE, dtype=np.int8), coming, np.zeros(CYCLE), 0.65)
    assert stops * CYCLE == pytest.approx(0.5)


def test_after_a_halt_everybody_has_stopped() -> None:
    coming = np.full(CYCLE, 0.05)
    kind = np.full(CYCLE, HALT, dtype=np.int8)
    _, stops, _ = pass_line(np.full(CYCLE, 0.2), kind, coming, np.zeros(CYCLE), 0.65)
    assert stops == pytest.approx(0.05)


def test_gaps_are_fewer_the_denser_the_others() -> None:
    shares = [gap_share(q, 0.5) for q in (0.0, 0.05, 0.1, 0.2, 0.4, 0.8)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == pytest.approx(2 / 3)
    assert shares[-1] < 0.05


def one(kind: np.ndarray, flow: list[float], rivals: tuple[list[int], list[int]]) -> tuple[np.ndarray, ...]:
    n = len(flow)
    return settle(
        (kind, (kind > 0) * 1.0),
        (np.full(n, 0.5), np.array(flow), np.array(flow)),
        (np.array(rivals[0], dtype=np.int64), np.array(rivals[1], dtype=np.int64)),
        (np.arange(n), np.ones(n)),
        NO_LINKS,
        0.65,
    )


@pytest.mark.parametrize(("opposing_veh_h", "measured_veh_h"), [(200, 442), (400, 289), (600, 186), (800, 121)])
def test_left_turns_go_through_the_gaps_as_in_simulation(opposing_veh_h: float, measured_veh_h: float) -> None:
    """Measured in SUMO: green 30 of 66 s, one opposing lane, queued left turns, one of whom clears in each amber."""
    kind = np.zeros((2, 66), dtype=np.int8)
    kind[0, 1:31], kind[1, 1:31] = PERMISSIVE, PROTECTED
    found = one(kind, [0.9, opposing_veh_h / 3600], ([1], [0, 1, 1]))
    capacity_veh_h = found[4][0].mean() * 3600
    assert capacity_veh_h + 3600 / 66 == pytest.approx(measured_veh_h, rel=0.15)


def test_streams_of_a_lane_are_served_in_order() -> None:
    """Half of a lane may go at 0.5, half at 0.25 of what it could: each of them goes as the lane does."""
    rate = np.array([[0.5, 0.5], [0.125, 0.125]])
    full, share = np.array([0.25, 0.25]), np.array([0.5, 0.5])
    rate[0] = 0.25
    one_lane(rate, full, share)
    assert np.allclose(rate[0], rate[1])
    assert rate[:, 0].sum() == pytest.approx(0.5 / (0.5 * 1 + 0.5 * 2))


def test_one_who_may_not_go_stops_those_behind_before_long() -> None:
    rate = np.vstack([np.full(40, 0.25), np.zeros(40)])
    one_lane(rate, np.array([0.25, 0.25]), np.array([0.5, 0.5]))
    assert rate[0, 0] > rate[0, 5] > rate[0, 39] > 0
    assert rate[0].sum() < 5.0
    assert not rate[1].any()
