"""What signs say, and that they can show it."""

from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.domain.signs import Destination, MessageKind, Sign
from signal_ctrl.watch.diversion.texts import diversion_text, via_of
from tests.signal_ctrl.watch.diversion.small_town import town

WAY = ("a", "up", "over", "down", "c")
STATION = Destination("站", "Station", ("c",))


@given(st.integers(4, 60), st.integers(8, 80), st.booleans(), st.booleans())
def test_a_text_always_fits_its_sign(longest_zh: int, longest_en: int, shut: bool, named: bool) -> None:
    sign = Sign("s", "a", 0.0, longest_zh=longest_zh, longest_en=longest_en)
    text = diversion_text(town(), sign, [(STATION if named else None, WAY)], "b", shut, (1, 2), "dv")
    assert 0 < len(text.zh) <= longest_zh
    assert 0 < len(text.en) <= longest_en
    assert (text.kind, text.source, text.from_utc_ms, text.until_utc_ms) == (MessageKind.DIVERSION, "dv", 1, 2)


def test_a_long_sign_says_what_why_where_to_and_by_which_road() -> None:
    sign = Sign("s", "a", 0.0, longest_zh=60, longest_en=80)
    text = diversion_text(town(), sign, [(STATION, WAY)], "b", False, (1, 2), "dv")
    assert text.zh == "Long Street拥堵 往站请绕行Hill"
    assert text.en == "Long Street jammed: Station use Hill"


def test_a_way_is_called_by_its_longest_road_that_is_not_the_usual_one() -> None:
    assert via_of(town(), WAY, "b") in ("Hill", "Ridge Road")
    assert via_of(town(), ("a", "b"), "a") == "Long Street"
