"""Which lanes those come to whom an advance loop sees."""

from dataclasses import replace

import pytest

from detectors.loops.lane_shares import (
    LEAST_SERVED,
    MEMORY_VEH,
    NO_LANE,
    PRIOR_CHANGED_VEH,
    PRIOR_KEPT_VEH,
    PRIOR_VEH,
    RARE,
    LaneShares,
    Share,
)
from signal_ctrl.domain.network import Loop, LoopRole
from tests.detectors.layouts import ADVANCE_M, FAR, LINE, NEAR, junction, loops_of

KEPT = PRIOR_KEPT_VEH / PRIOR_VEH


def test_at_first_nearly_everybody_keeps_his_lane() -> None:
    shares = LaneShares(junction(2))
    assert PRIOR_CHANGED_VEH / PRIOR_VEH < RARE, "a neighbouring lane is unlikely until somebody has come to it"
    assert shares.lanes(FAR) == {0: pytest.approx(KEPT)}
    assert shares.lanes(3 + FAR) == {1: pytest.approx(KEPT)}


def test_a_loop_that_serves_two_lanes_gives_each_half() -> None:
    shared = Loop("common", "up", 10.0, 2.0, LoopRole.ADVANCE, (0, 1), ADVANCE_M, 9)
    shares = LaneShares(junction(2, loops=[shared, *(x for k in (0, 1) for x in loops_of(k, 1 + 3 * k)[1:])]))
    assert shares.lanes(0) == {0: pytest.approx(KEPT / 2), 1: pytest.approx(KEPT / 2)}
    for _ in range(300):
        shares.note(0, 1)
    assert shares.lanes(0) == {0: LEAST_SERVED, 1: pytest.approx(1.0, abs=0.01)}


def test_who_comes_to_a_neighbouring_lane_raises_its_share_for_this_loop_alone() -> None:
    shares = LaneShares(junction(2))
    shares.note(FAR, 1)
    seen = PRIOR_VEH + 1.0
    assert shares.lanes(FAR) == pytest.approx({0: PRIOR_KEPT_VEH / seen, 1: (PRIOR_CHANGED_VEH + 1.0) / seen})
    assert shares.lanes(3 + FAR) == {1: pytest.approx(KEPT)}


def test_a_share_that_becomes_rare_is_left_out_again() -> None:
    shares = LaneShares(junction(2))
    shares.note(FAR, 1)
    for _ in range(200):
        shares.note(FAR, 0)
    assert set(shares.lanes(FAR)) == {0}


def test_who_came_to_no_lane_lowers_all() -> None:
    shares = LaneShares(junction())
    shares.note(FAR, NO_LANE)
    assert shares.lanes(FAR) == {0: pytest.approx(PRIOR_KEPT_VEH / (PRIOR_VEH + 1.0))}


def test_lanes_of_another_edge_are_not_beside() -> None:
    layout = junction(2)
    apart = replace(layout, lanes=(layout.lanes[0], replace(layout.lanes[1], edge_id="other")))
    shares = LaneShares(apart)
    for _ in range(50):
        shares.note(FAR, 1)
    assert set(shares.lanes(FAR)) == {0}


def test_a_loop_goes_on_being_listened_to_though_nobody_came() -> None:
    shares = LaneShares(junction(2))
    for _ in range(300):
        shares.note(FAR, NO_LANE)
    assert shares.lanes(FAR) == {0: LEAST_SERVED}


@pytest.mark.parametrize("loop", [NEAR, LINE])
def test_only_advance_loops_have_shares(loop: int) -> None:
    shares = LaneShares(junction())
    shares.note(loop, 0)
    with pytest.raises(KeyError):
        shares.lanes(loop)


def test_a_share_forgets_and_stays_within_bounds() -> None:
    share = Share(PRIOR_KEPT_VEH)
    for _ in range(500):
        share.note(False)
    assert 0.0 <= share.value < 0.01
    for _ in range(500):
        share.note(True)
    assert 0.99 < share.value <= 1.0
    assert share.seen <= MEMORY_VEH + 1.0
