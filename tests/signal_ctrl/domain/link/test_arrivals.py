"""Arrivals as text: what is written is read again, and nothing else is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.arrivals import MOST_CHARACTERS, Arrival, arrivals_of, arrivals_texts

AT_MS = 1_790_000_000_000
ARRIVAL = st.builds(Arrival, st.integers(0, 63), st.integers(-300, 300).map(lambda ds: AT_MS + 100 * ds))


@given(st.lists(ARRIVAL, max_size=300))
def test_what_is_written_is_read_again(arrivals: list[Arrival]) -> None:
    texts = arrivals_texts(arrivals, AT_MS)
    assert all(0 < len(text) <= MOST_CHARACTERS for text in texts)
    found = [each for text in texts for each in arrivals_of(text, AT_MS)]
    assert sorted(found) == sorted(arrivals)


@pytest.mark.parametrize("text", ["", "3", "3:", ":4", "3:4;", "64:1", "3:1 ", "3:1e3", "-1:3", "3:123456", "a:1"])
def test_what_is_no_arrival_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        arrivals_of(text, AT_MS)
