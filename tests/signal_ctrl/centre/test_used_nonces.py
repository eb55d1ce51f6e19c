"""A nonce counts once within the time that it is kept for, and is forgotten soon after, whatever comes when."""

from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.centre.used_nonces import SLOTS, UsedNonces

KEPT_MS = 1000


@given(st.lists(st.tuples(st.integers(0, 700), st.sampled_from("abcde")), max_size=60))
def test_each_is_let_in_once_while_it_is_kept(steps: list[tuple[int, str]]) -> None:
    used, let_in, now_ms = UsedNonces(KEPT_MS), {}, 0
    for passed_ms, nonce in steps:
        now_ms += passed_ms
        last_ms = let_in.get(nonce)
        fresh = used.use(nonce, now_ms)
        if last_ms is None or now_ms - last_ms > KEPT_MS + KEPT_MS // SLOTS:
            assert fresh
        elif now_ms - last_ms <= KEPT_MS:
            assert not fresh
        if fresh:
            let_in[nonce] = now_ms


def test_no_more_are_held_than_come_in_the_time_that_they_are_kept_for_and_a_quarter() -> None:
    used = UsedNonces(KEPT_MS)
    most = 0
    for ms in range(20 * KEPT_MS):
        assert used.use(str(ms), ms)
        most = max(most, len(used))
    assert KEPT_MS < most <= KEPT_MS + KEPT_MS // SLOTS
