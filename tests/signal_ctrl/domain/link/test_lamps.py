"""Lamps as the query of a poll: what goes in comes out, and nothing else is taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.lamps import MOST_CHARACTERS, WORDS, Lamps, lamps_from_query, lamps_of, lamps_query
from signal_ctrl.kernel.aspects import Aspect

ASPECTS = st.lists(st.sampled_from(list(Aspect)), min_size=1, max_size=64)


def test_every_aspect_of_the_kernel_has_its_letter() -> None:
    assert sorted(WORDS.values()) == sorted(aspect.value for aspect in Aspect)


@given(st.one_of(st.none(), st.integers(0, 200)), st.integers(0, 10**8), ASPECTS)
def test_what_goes_in_comes_out(stage: int | None, since_ds: int, aspects: list[Aspect]) -> None:
    words = tuple(aspect.value for aspect in aspects)
    query = lamps_query(lamps_of(stage, since_ds, words))
    found = lamps_from_query(query)
    assert found is not None
    assert (found.stage, found.since_ds, found.words) == (stage, since_ds, words)
    assert query.isascii()
    assert not set(query) & set("&%#+ ")
    assert len(query) <= 6 + 3 + 10 + 1 + len(words) <= MOST_CHARACTERS


@pytest.mark.parametrize(
    "query",
    [
        *("", "lamps=", "lamps=1.2", "lamps=1.2.x", "lamps=-1.2.r", "lamps=1.2.r&a=b", "old=1"),
        *(f"lamps=1.2.{'r' * 65}", "lamps=1.2.r\n", "lamps=\u0661.2.r", "lamps=1.12345678901.r"),
    ],
)
def test_another_query_has_no_lamps(query: str) -> None:
    assert lamps_from_query(query) is None


def test_countdowns_go_along() -> None:
    told = lamps_of(2, 10, ("walk", "red", "pedestrian clearance"), ((0, 70), (2, 123)))
    assert lamps_from_query(lamps_query(told)) == told
    for counts in (((1, 5), (0, 5)), ((0, 5), (0, 6)), ((3, 5),), ((0, 10_000),), ((0, -1),)):
        with pytest.raises(InvalidInputError):
            lamps_of(2, 10, ("walk", "red", "walk"), counts)
    for text in (".3-5", ".1-5_0-5", ".", ".0-", ".0-5_"):
        assert lamps_from_query("lamps=1.2.Wrc" + text) is None


def test_what_no_query_can_say_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="aspect 'blue'"):
        lamps_of(0, 0, ("blue",))
    for wrong in ((-1, 0, "r"), (0, -1, "r"), (0, 0, ""), (0, 0, "x")):
        with pytest.raises(InvalidInputError, match="a letter a group"):
            Lamps(*wrong)
