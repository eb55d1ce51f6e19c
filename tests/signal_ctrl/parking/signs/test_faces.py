import xml.etree.ElementTree as ET

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.signs import MessageKind, SignText
from signal_ctrl.parking.facilities import Facilities, SpaceKind
from signal_ctrl.parking.signs.faces import VALID_MS, face_of
from signal_ctrl.parking.signs.picture import svg_of
from signal_ctrl.parking.signs.rules import (
    Arrow,
    LineRule,
    Sharing,
    SignRule,
    WhenStale,
    check_against,
    signs_from_json,
    signs_to_json,
)
from signal_ctrl.parking.signs.showing import LineShown, LineState
from tests.signal_ctrl.parking.made import BEGIN_MS, facility

CENTRE = LineRule("中心", "Centre", ("P1",), arrow=Arrow.LEFT)
NORTH = LineRule("北站", "North", ("P2",), arrow=Arrow.AHEAD, when_stale=WhenStale.BLANK)
RULE = SignRule("V1", "E1", 10.0, (CENTRE, NORTH))
SLOT = SignRule("V1", "E1", 10.0, (CENTRE, NORTH), sharing=Sharing.SLOT)


def line(state: LineState, count: int = 0) -> LineShown:
    return LineShown(state, count, BEGIN_MS)


TWO = (line(LineState.COUNT, 120), line(LineState.FULL))


def text(kind: MessageKind, words: str = "x", until_s: int = 600) -> SignText:
    return SignText("V1", kind, words, words, BEGIN_MS, BEGIN_MS + until_s * 1000, "centre")


def test_lines_are_read_in_two_languages() -> None:
    face = face_of(RULE, TWO, (), BEGIN_MS)
    assert [each.text_zh for each in face.lines] == ["P 中心 ← 120", "P 北站 ↑ 满"]
    assert [each.text_en for each in face.lines] == ["P Centre ← 120", "P North ↑ FULL"]
    assert face.valid_until_utc_ms == BEGIN_MS + VALID_MS


def test_what_is_unknown_is_dashes_or_blank_and_never_a_number() -> None:
    face = face_of(RULE, (line(LineState.UNKNOWN), line(LineState.UNKNOWN)), (), BEGIN_MS)
    assert [(each.value_zh, each.value_en) for each in face.lines] == [("- - -", "- - -"), ("", "")]
    closed = face_of(RULE, (line(LineState.CLOSED),) * 2, (), BEGIN_MS)
    assert [each.value_en for each in closed.lines] == ["CLOSED", "CLOSED"]


@pytest.mark.parametrize("kind", list(MessageKind))
def test_the_precedence_of_the_centre_decides_on_a_shared_sign(kind: MessageKind) -> None:
    wanted = text(kind) if kind is not MessageKind.PARKING else text(MessageKind.DIVERSION)
    face = face_of(RULE, TWO, (wanted,), BEGIN_MS)
    if kind is MessageKind.INFORMATION:
        assert face.text is None and len(face.lines) == 2 and face.waiting == (wanted,)
    else:
        assert face.text is wanted and not face.lines


def test_a_slot_shows_both_but_safety_takes_all() -> None:
    both = face_of(SLOT, TWO, (text(MessageKind.DIVERSION), text(MessageKind.INFORMATION)), BEGIN_MS)
    assert both.text is not None and both.text.kind is MessageKind.DIVERSION and len(both.lines) == 2
    safety = face_of(SLOT, TWO, (text(MessageKind.DIVERSION), text(MessageKind.SAFETY)), BEGIN_MS)
    assert safety.text is not None and safety.text.kind is MessageKind.SAFETY and not safety.lines


def test_a_text_that_is_over_is_off_and_ends_what_is_valid() -> None:
    short = text(MessageKind.DIVERSION, until_s=20)
    assert face_of(RULE, TWO, (short,), BEGIN_MS).valid_until_utc_ms == BEGIN_MS + 20_000
    assert face_of(RULE, TWO, (short,), BEGIN_MS + 20_000).text is None
    other = SignText("V2", MessageKind.SAFETY, "x", "x", BEGIN_MS, BEGIN_MS + 1000, "centre")
    assert face_of(RULE, TWO, (other,), BEGIN_MS).text is None


def test_a_picture_is_plain_xml_with_what_is_shown() -> None:
    rule = SignRule("V1", "E1", 0.0, (LineRule("<b>&", "x", ("P1",)),), sharing=Sharing.SLOT)
    svg = svg_of(face_of(rule, (line(LineState.COUNT, 7),), (text(MessageKind.DIVERSION, "<script>"),), BEGIN_MS))
    words = [each.text for each in ET.fromstring(svg).iter() if each.tag.endswith("text")]
    assert words == ["P", "<b>&", "7", "<script>"]
    assert "<script>" not in svg


def test_a_document_is_read_as_it_was_written() -> None:
    signs = (
        RULE,
        SignRule("V2", "E2", 0.0, (LineRule("a", "b", ("P1", "P2"), SpaceKind.CHARGING, stock=0, step=9),), 60),
    )
    assert signs_from_json(signs_to_json(signs)) == signs


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"most_age_s":300', '"most_age_s":301', "30 to 300 s old"),
        ('"change_s":30', '"change_s":29', "once in 30 to 600 s"),
        ('"arrow":"left"', '"arrow":"up"', "choose of ahead, left"),
        ('"lines"', '"rows"', "lines"),
        ('"facilities":["P1"]', '"facilities":[]', "1 to 50 facilities"),
    ],
)
def test_a_document_says_where_it_is_wrong(old: str, new: str, words: str) -> None:
    document = signs_to_json((RULE,))
    assert old in document
    with pytest.raises(InvalidInputError, match=words):
        signs_from_json(document.replace(old, new))


def test_a_line_stands_for_facilities_that_are_there() -> None:
    check_against((RULE,), Facilities((facility("P1"), facility("P2"))))
    with pytest.raises(InvalidInputError, match="no facility P2 with general spaces"):
        check_against((RULE,), Facilities((facility("P1"),)))
