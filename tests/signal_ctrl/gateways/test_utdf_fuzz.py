"""Damaged UTDF files: whatever is torn out, doubled or overwritten, the answer is a value or one line."""

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.gateways.exchange import timeline
from signal_ctrl.gateways.utdf_reader import exchange_from_utdf
from signal_ctrl.gateways.utdf_writer import exchange_to_utdf
from tests.signal_ctrl.gateways.utdf_samples import sample

TEXT = sample()
BITS = (
    "",
    ",",
    "\n",
    '"',
    "-",
    "[",
    "]",
    "1e308",
    "nan",
    "inf",
    "-1",
    "999999999999",
    "\ufeff",
    "é",
    "0",
    "\x00",
    ",,,,",
    "D99",
    "*5",
)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(TEXT)), st.integers(0, 12), st.sampled_from(BITS)), min_size=1, max_size=4)
)
def test_torn_files(cuts: list[tuple[int, int, str]]) -> None:
    text = TEXT
    for place, length, bit in cuts:
        text = text[:place] + bit + text[place + length :]
    try:
        found = exchange_from_utdf(text, "town.csv")
    except InvalidInputError as error:
        assert "\n" not in str(error)
        return
    for timing in found.timings:
        with contextlib.suppress(InvalidInputError):
            timeline(found, timing.node)
    exchange_to_utdf(found)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(TEXT.splitlines(keepends=True)), max_size=60))
def test_shuffled_lines(lines: list[str]) -> None:
    with contextlib.suppress(InvalidInputError):
        exchange_from_utdf("".join(lines), "town.csv")
