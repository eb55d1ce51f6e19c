"""Turning shares: junctions drawn at random, of which every vehicle's turn is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.estimation.turn_model import Slot, TurnModel
from detectors.estimation.turn_shares import TurnShares, shares_now, turn_counts
from signal_ctrl.domain.errors import InvalidInputError

Floats = np.ndarray
LANES = (0, 0, 1, 1, 1, 2)
EXITS = (0, 1, 1, 2, -1, 0)
PRIOR = (0.5, 0.5, 1 / 3, 1 / 3, 1 / 3, 1.0)
TRUE = np.array([0.7, 0.3, 0.2, 0.7, 0.1, 1.0])


def model(prior: tuple[float, ...] = PRIOR) -> TurnModel:
    return TurnModel(LANES, EXITS, prior)


def drawn(
    rng: np.random.Generator, number: int, shares: Floats = TRUE, missed: float = 0.0
) -> tuple[list[Slot], Floats]:
    """Return slots in which lanes send by turns, and how many really took each movement."""
    slots, taken = [], np.zeros(len(LANES))
    for k in range(number):
        sent = np.array([rng.poisson(8), rng.poisson(6), rng.poisson(5)]) * (np.arange(3) != k % 3)
        own = np.concatenate([rng.multinomial(sent[i], shares[np.asarray(LANES) == i]) for i in range(3)])
        taken += own
        came = np.array([sum(own[m] for m in range(len(LANES)) if EXITS[m] == e) for e in range(3)])
        slots.append(Slot(30.0 * k, 30.0 * (k + 1), sent.astype(float), rng.binomial(came, 1.0 - missed).astype(float)))
    return slots, taken


def test_one_lane_and_one_counted_exit_tell_everything() -> None:
    lane = TurnModel((0, 0), (0, -1), (0.5, 0.5))
    found = turn_counts(lane, [Slot(0.0, 900.0, np.array([100.0]), np.array([30.0]))])
    assert found[0].vehicles.value == pytest.approx(30.0, abs=1.0)
    assert found[1].vehicles.value == pytest.approx(70.0, abs=1.0)
    assert all(each.is_told for each in found)


def test_shares_come_near_the_truth_and_add_up() -> None:
    slots, _ = drawn(np.random.default_rng(1), 240)
    shares = TurnShares(model())
    for slot in slots:
        shares.take(slot)
    assert shares.shares() == pytest.approx(TRUE, abs=0.05)
    assert model().sums(shares.shares()) == pytest.approx(1.0)
    assert (shares.told() > 0.9).all()


def test_counts_that_no_exit_tells_keep_the_first_share_and_say_so() -> None:
    blind = TurnModel((0, 0, 1), (-1, -1, 0), (0.7, 0.3, 1.0))
    slots = [Slot(0.0, 60.0, np.array([50.0, 20.0]), np.array([20.0]))]
    found = turn_counts(blind, slots)
    assert found[0].share.value == pytest.approx(0.7)
    assert found[0].told == pytest.approx(0.0, abs=1e-9)
    assert not found[0].is_told
    assert found[0].vehicles.high - found[0].vehicles.low > 25.0
    assert found[2].vehicles.value == pytest.approx(20.0)


def test_lanes_that_always_send_alike_are_not_identifiable_but_by_the_first_guess() -> None:
    """Two lanes with two exits each: with the same counts in every slot, only the sum of the shares is told."""
    twins = TurnModel((0, 0, 1, 1), (0, 1, 0, 1), (0.5, 0.5, 0.5, 0.5))
    same = [Slot(60.0 * k, 60.0 * (k + 1), np.array([10.0, 10.0]), np.array([12.0, 8.0])) for k in range(50)]
    apart = [
        Slot(60.0 * k, 60.0 * (k + 1), np.array([20.0, 0.0]), np.array([14.0, 6.0]))
        if k % 2
        else Slot(60.0 * k, 60.0 * (k + 1), np.array([0.0, 20.0]), np.array([10.0, 10.0]))
        for k in range(50)
    ]
    assert max(each.told for each in turn_counts(twins, same)) < 0.6
    found = turn_counts(twins, apart)
    assert min(each.told for each in found) > 0.9
    assert [each.share.value for each in found] == pytest.approx([0.7, 0.3, 0.5, 0.5], abs=0.02)


def test_the_interval_holds_what_really_happened_as_often_as_it_says() -> None:
    held = []
    for seed in range(40):
        slots, taken = drawn(np.random.default_rng(seed), 60, missed=0.01)
        found = turn_counts(model(), slots)
        held += [each.vehicles.holds(float(taken[each.movement])) for each in found[:5]]
    assert np.mean(held) >= 0.92


def test_what_happened_is_nearer_than_what_was_to_be_expected() -> None:
    """Counts of single slots say more than the shares alone: chance within the slot is seen."""
    off, expected = [], []
    for seed in range(20):
        slots, taken = drawn(np.random.default_rng(seed), 20)
        found = turn_counts(model(), slots)
        lanes = np.asarray(LANES)
        sent = np.sum([slot.lane_veh for slot in slots], axis=0)[lanes]
        off += [abs(each.vehicles.value - taken[each.movement]) for each in found]
        expected += np.abs(sent * TRUE - taken).tolist()
    assert np.mean(off) < np.mean(expected)


def test_a_filter_forgets_and_follows() -> None:
    rng = np.random.default_rng(4)
    changed = np.array([0.2, 0.8, 0.2, 0.7, 0.1, 1.0])
    forgets, remembers = TurnShares(model(), memory_s=1800.0), TurnShares(model())
    before, _ = drawn(rng, 200)
    after, _ = drawn(rng, 120, changed)
    for k, slot in enumerate([*before, *after]):
        moved = Slot(30.0 * k, 30.0 * (k + 1), slot.lane_veh, slot.exit_veh)
        forgets.take(moved)
        remembers.take(moved)
    assert forgets.shares()[0] == pytest.approx(0.2, abs=0.1)
    assert remembers.shares()[0] > 0.35


def test_shares_now_are_those_of_the_last_hour() -> None:
    rng = np.random.default_rng(6)
    after, _ = drawn(rng, 240, np.array([0.2, 0.8, 0.2, 0.7, 0.1, 1.0]))
    slots = [
        Slot(30.0 * k, 30.0 * (k + 1), slot.lane_veh, slot.exit_veh)
        for k, slot in enumerate([*drawn(rng, 240)[0], *after])
    ]
    now = shares_now(model(), slots)
    assert now[0].value == pytest.approx(0.27, abs=0.1)  # two hours of 0.2 after two of 0.7, at a memory of one
    assert now[0].low < now[0].value < now[0].high
    assert now[5].value == pytest.approx(1.0)
    assert [each.value for each in shares_now(model(), [])] == pytest.approx(PRIOR)


def test_without_counts_a_filter_returns_to_its_first_guess() -> None:
    shares = TurnShares(model(), memory_s=600.0)
    for slot in drawn(np.random.default_rng(1), 60)[0]:
        shares.take(slot)
    shares.take(Slot(90_000.0, 90_030.0, np.zeros(3), np.zeros(3)))
    assert shares.shares() == pytest.approx(np.array(PRIOR), abs=0.01)


@given(st.lists(st.tuples(*[st.integers(0, 30)] * 3, *[st.integers(0, 40)] * 3), min_size=1, max_size=8))
def test_whatever_is_counted_shares_are_shares(rows: list[tuple[int, ...]]) -> None:
    """Exits may count what no lane sent: no share leaves 0 to 1, every lane adds up, no count is below zero."""
    slots = [
        Slot(60.0 * k, 60.0 * (k + 1), np.array(row[:3], dtype=float), np.array(row[3:], dtype=float))
        for k, row in enumerate(rows)
    ]
    shares = TurnShares(model())
    for slot in slots:
        shares.take(slot)
    assert (shares.shares() >= -1e-9).all()
    assert model().sums(shares.shares()) == pytest.approx(1.0)
    found = turn_counts(model(), slots)
    totals = np.sum([slot.lane_veh for slot in slots], axis=0)
    for lane in range(3):
        own = [each.vehicles.value for each in found if LANES[each.movement] == lane]
        assert sum(own) == pytest.approx(totals[lane], abs=1e-6)
        assert min(own) >= 0.0
    assert all(-1e-9 <= each.told <= 1 + 1e-9 for each in found)


def test_the_constrained_answer_is_the_least_of_a_grid() -> None:
    """Where the free answer would be negative: no other shares have a smaller form than the one that is taken."""
    lane = TurnModel((0, 0, 0), (0, 1, -1), (0.2, 0.2, 0.6))
    shares = TurnShares(lane)
    slot = Slot(0.0, 60.0, np.array([50.0]), np.array([48.0, 20.0]))
    shares.take(slot)
    taken = shares.shares()
    assert (taken >= -1e-9).all()
    metric = shares.covariance() + 1e-9 * np.eye(3)
    basis = lane.basis()
    inverse = np.linalg.inv(basis.T @ metric @ basis)
    free = np.array(lane.prior) + basis @ np.linalg.solve(shares._prior + shares._told, shares._toward)

    def form(point: Floats) -> float:
        off = basis.T @ (point - free)
        return float(off @ inverse @ off)

    grid = [np.array([a, b, 1 - a - b]) for a in np.linspace(0, 1, 101) for b in np.linspace(0, 1 - a, 60)]
    assert form(taken) <= min(form(point) for point in grid) + 1e-3


def test_shares_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(InvalidInputError):
        model((0.5, 0.6, 1 / 3, 1 / 3, 1 / 3, 1.0))
    with pytest.raises(InvalidInputError):
        TurnShares(model(), memory_s=0.0)
    with pytest.raises(InvalidInputError):
        Slot(0.0, 1.0, np.array([-1.0]), np.array([0.0]))
