"""Which text a sign shows: every pair of kinds, every order of giving, every moment around begin and end."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.domain.errors import InvalidInputError, InvalidTimingError
from signal_ctrl.domain.signs import Destination, MessageKind, Sign, SignText, shown

ORDER = ("SAFETY", "DIVERSION", "PARKING", "INFORMATION")


def text(kind: MessageKind, begin_ms: int = 100, end_ms: int = 200, source: str = "a", zh: str = "慢行") -> SignText:
    return SignText("s", kind, zh, "Slow", begin_ms, end_ms, source)


def test_the_list_of_precedence_is_the_documented_one() -> None:
    assert tuple(kind.name for kind in sorted(MessageKind)) == ORDER


def test_of_every_set_of_kinds_in_every_order_the_first_of_the_list_is_shown() -> None:
    for n in range(1, 5):
        for kinds in itertools.permutations(MessageKind, n):
            found = shown([text(kind) for kind in kinds], 150)
            assert found is not None
            assert found.kind.name == next(name for name in ORDER if name in {k.name for k in kinds})


def test_a_text_begins_on_its_millisecond_and_is_gone_on_the_one_where_it_ends() -> None:
    one = text(MessageKind.SAFETY)
    assert [shown([one], at) is one for at in (99, 100, 199, 200)] == [False, True, True, False]


def test_what_goes_first_gives_way_as_soon_as_it_is_over() -> None:
    safety, parking = text(MessageKind.SAFETY, 100, 150), text(MessageKind.PARKING, 0, 300)
    assert [shown([parking, safety], at) for at in (50, 100, 149, 150, 300)] == [parking, safety, safety, parking, None]


def test_of_one_kind_the_younger_goes_first_and_of_one_moment_the_alphabet_decides() -> None:
    old, young = text(MessageKind.PARKING, 50), text(MessageKind.PARKING, 100)
    assert shown([old, young], 150) is young
    first, second = text(MessageKind.PARKING, source="a"), text(MessageKind.PARKING, source="b")
    assert shown([second, first], 150) is first


texts = st.builds(
    lambda kind, begin, lasts, source, zh: text(kind, begin, begin + lasts, source, zh),
    st.sampled_from(MessageKind),
    st.integers(0, 9),
    st.integers(1, 9),
    st.sampled_from("ab"),
    st.sampled_from(("停", "行")),
)


@given(st.lists(texts, max_size=5), st.integers(0, 20), st.randoms(use_true_random=False))
def test_the_order_in_which_texts_are_given_never_matters(some: list[SignText], at: int, dice: object) -> None:
    other = list(some)
    dice.shuffle(other)  # type: ignore[attr-defined]
    found = shown(some, at)
    assert found == shown(other, at)
    live = [one for one in some if one.from_utc_ms <= at < one.until_utc_ms]
    assert (found is None) == (not live)
    assert found is None or all(found.kind <= one.kind for one in live)


@pytest.mark.parametrize(
    "changes",
    [{"zh": ""}, {"en": "x" * 121}, {"en": "a\nb"}, {"sign_id": ""}, {"source": ""}],
)
def test_a_text_that_cannot_be_shown_does_not_exist(changes: dict[str, str]) -> None:
    values = {"sign_id": "s", "zh": "慢行", "en": "Slow", "source": "a"} | changes
    with pytest.raises(InvalidInputError):
        SignText(values["sign_id"], MessageKind.SAFETY, values["zh"], values["en"], 1, 2, values["source"])


def test_a_text_ends_after_it_begins_and_a_sign_has_its_place() -> None:
    with pytest.raises(InvalidTimingError):
        text(MessageKind.SAFETY, 5, 5)
    for wrong in ({"position_m": -1.0}, {"position_m": float("nan")}, {"reach_m": 0.0}, {"longest_zh": 2}):
        with pytest.raises(InvalidInputError):
            Sign("s", "r", **({"position_m": 1.0} | wrong))  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError):
        Destination("", "Station", ("r",))
