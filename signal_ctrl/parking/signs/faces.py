"""What a whole sign shows: lines of parking and texts of the traffic centre, as text; `picture` draws it.

Which of several texts goes first is `domain/signs.py`'s to say, for the centre's signs as for these.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.signs import LONGEST_TEXT, MessageKind, SignText, fitting, shown
from signal_ctrl.parking.signs.rules import Arrow, LineRule, Sharing, SignRule, WhenStale
from signal_ctrl.parking.signs.showing import LineShown, LineState

VALID_MS: Final = 90_000
"""A sign shows what it was told for so long; then it goes blank by itself. [ms] [P]"""
SOURCE: Final = "parking"
ARROWS: Final = {
    Arrow.AHEAD: "↑",
    Arrow.LEFT: "←",
    Arrow.RIGHT: "→",
    Arrow.HALF_LEFT: "↖",
    Arrow.HALF_RIGHT: "↗",
    Arrow.BACK: "↓",
    Arrow.NONE: "",
}
DASHES: Final = "- - -"
_WORDS: Final = {LineState.FULL: ("满", "FULL"), LineState.CLOSED: ("关闭", "CLOSED")}


@dataclass(frozen=True, slots=True)
class FaceLine:
    """One line as it is read: label, arrow, and the number or word behind it."""

    zh: str
    en: str
    arrow: str
    value_zh: str
    value_en: str
    state: str

    @property
    def text_zh(self) -> str:
        """The line in Chinese."""
        return " ".join(part for part in ("P", self.zh, self.arrow, self.value_zh) if part)

    @property
    def text_en(self) -> str:
        """The line in English."""
        return " ".join(part for part in ("P", self.en, self.arrow, self.value_en) if part)


@dataclass(frozen=True, slots=True)
class Face:
    """What a sign shows: lines of parking, a text of another, or both. Nothing: it is blank. [ms]

    `waiting`, who wants a text on it and does not get it.
    """

    sign: str
    lines: tuple[FaceLine, ...]
    text: SignText | None
    valid_until_utc_ms: int
    waiting: tuple[SignText, ...] = ()


def face_of(rule: SignRule, lines: Sequence[LineShown], texts: Sequence[SignText], now_utc_ms: int) -> Face:
    """Return what a sign shows. Args: texts, of others, for this sign. [ms]"""
    read = tuple(face_line(one, line) for one, line in zip(rule.lines, lines, strict=True))
    live = [text for text in texts if text.is_live(now_utc_ms) and text.sign_id == rule.sign]
    until_ms = now_utc_ms + VALID_MS
    if rule.sharing is Sharing.SLOT:
        first = shown(live, now_utc_ms)
        whole = first is not None and first.kind is MessageKind.SAFETY
        return _face(rule.sign, () if whole else read, first, live, until_ms)
    own = parking_text(rule, read, now_utc_ms)
    first = shown([*live, *([own] if own is not None else [])], now_utc_ms)
    mine = first is own
    return _face(rule.sign, read if mine else (), None if mine else first, live, until_ms)


def parking_text(rule: SignRule, lines: Sequence[FaceLine], now_utc_ms: int) -> SignText | None:
    """Return the lines of parking as a text for a sign that others write to as well; None for nothing. [ms]"""
    told = [line for line in lines if line.value_en]
    if not told:
        return None
    zh = fitting([line.text_zh for line in told], min(rule.longest_zh, LONGEST_TEXT))
    en = fitting([line.text_en for line in told], min(rule.longest_en, LONGEST_TEXT))
    if not zh or not en:
        return None
    return SignText(rule.sign, MessageKind.PARKING, zh, en, now_utc_ms, now_utc_ms + VALID_MS, SOURCE)


def face_line(rule: LineRule, line: LineShown) -> FaceLine:
    """Return a line as it is read."""
    blank = "" if rule.when_stale is WhenStale.BLANK else DASHES
    zh, en = _WORDS.get(line.state, (blank, blank))
    if line.state is LineState.COUNT:
        zh = en = str(line.count)
    return FaceLine(rule.label, rule.label_en, ARROWS[rule.arrow], zh, en, line.state.value)


def _face(
    sign: str, lines: tuple[FaceLine, ...], text: SignText | None, live: Sequence[SignText], until_utc_ms: int
) -> Face:
    if text is not None:
        until_utc_ms = min(until_utc_ms, text.until_utc_ms)
    return Face(sign, lines, text, until_utc_ms, tuple(each for each in live if each is not text))
