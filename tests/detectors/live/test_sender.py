"""A log becomes messages: everything once, numbered from 1, also where nothing happened."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.live.message import MAX_ROWS, Row
from detectors.live.sender import messages_of
from signal_ctrl.domain.errors import InvalidInputError


@given(
    st.lists(st.tuples(st.integers(0, 30_000), st.sampled_from("ABC")), max_size=60), st.sampled_from([200, 1000, 5000])
)
def test_every_row_is_sent_once_in_order_and_in_time(given_rows: list[tuple[int, str]], every_ms: int) -> None:
    rows = sorted((Row(t, device, 82, 1) for t, device in given_rows), key=lambda row: row.time_ms)
    messages = list(messages_of(rows, "b", every_ms))
    for source in "ABC":
        own = [batch for name, batch in messages if name == source]
        assert [row for batch in own for row in batch.rows] == [row for row in rows if row.device == source]
        assert [batch.sequence for batch in own] == list(range(1, len(own) + 1))
        times = [batch.sent_ms for batch in own]
        assert all(b - a == every_ms for a, b in pairwise(times))
        for batch in own:
            assert all(0 < batch.sent_ms - row.time_ms <= every_ms for row in batch.rows)


def test_one_source_may_send_for_all_and_many_rows_take_several_messages() -> None:
    rows = [Row(5, device, 82, 1) for device in "AB" for _ in range(MAX_ROWS)]
    assert [(s, b.sequence, len(b.rows)) for s, b in messages_of(rows, "b", source="c")] == [
        ("c", 1, MAX_ROWS), ("c", 2, MAX_ROWS),
    ]  # fmt: skip


def test_a_log_out_of_order_or_with_a_day_of_nothing_is_refused() -> None:
    for rows in ([Row(9000, "A", 82, 1), Row(5, "A", 81, 1)], [Row(0, "A", 82, 1), Row(86_500_000, "A", 81, 1)]):
        with pytest.raises(InvalidInputError):
            list(messages_of(rows, "b"))
