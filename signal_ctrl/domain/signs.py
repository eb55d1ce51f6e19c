"""Signs over roads, the texts that services want on them, and which of several texts a sign shows.

The order of precedence is fixed in code and shared by all who write to signs: what keeps people safe goes before what
saves them time, and that before what is good to know. A sign shows one text at a time, or nothing.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError, InvalidTimingError

LONGEST_TEXT: Final = 120
"""Characters of a text in one language."""


def fitting(lines: Iterable[str], longest: int = LONGEST_TEXT) -> str:
    """Return as many whole lines as fit into so many characters, as one text: half a number is another number.

    >>> fitting(["P West 120", "P East 45"], 18)
    'P West 120'
    """
    found = ""
    for line in lines:
        longer = "  ".join((found, line)) if found else line
        if len(longer) > longest:
            break
        found = longer
    return found


class MessageKind(IntEnum):
    """What a text is for; the smaller number goes first, always."""

    SAFETY = 1
    """Danger and closure."""
    DIVERSION = 2
    """Another way."""
    PARKING = 3
    """Guidance to car parks."""
    INFORMATION = 4
    """Travel times and notices."""


@dataclass(frozen=True, slots=True)
class Destination:
    """What a sign can speak of: its name in Chinese and English, and the roads by which it is reached."""

    zh: str
    en: str
    roads: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.zh or not self.en or not self.roads:
            raise InvalidInputError("a destination needs a name in Chinese and in English, and a road")


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign over a road. [m] from the road's begin.

    `reach_m`, from how far before it drivers read it. `destinations`, what it can speak of; none: of anything.
    `longest_zh` and `longest_en`, how many characters it shows.
    """

    sign_id: str
    road: str
    position_m: float
    reach_m: float = 150.0
    destinations: tuple[Destination, ...] = ()
    longest_zh: int = 24
    longest_en: int = 60

    def __post_init__(self) -> None:
        if not self.sign_id or not self.road:
            raise InvalidInputError("a sign needs a name and a road")
        if not (math.isfinite(self.position_m) and self.position_m >= 0 and 0 < self.reach_m <= 1000):
            raise InvalidInputError(
                f"sign {self.sign_id}: its place is 0 m or more, its reach above 0 and up to 1000 m"
            )
        if not (4 <= self.longest_zh <= LONGEST_TEXT and 8 <= self.longest_en <= LONGEST_TEXT):
            raise InvalidInputError(
                f"sign {self.sign_id}: it shows 4 to {LONGEST_TEXT} Chinese and 8 to {LONGEST_TEXT} English characters"
            )


@dataclass(frozen=True, slots=True)
class SignText:
    """A text that a service wants on a sign from a time until another. `source` names who wants it. [ms]"""

    sign_id: str
    kind: MessageKind
    zh: str
    en: str
    from_utc_ms: int
    until_utc_ms: int
    source: str

    def __post_init__(self) -> None:
        if not self.sign_id or not self.source:
            raise InvalidInputError("a text is for a sign, and somebody wants it there")
        for text in (self.zh, self.en):
            if not 0 < len(text) <= LONGEST_TEXT or not text.isprintable():
                raise InvalidInputError(f"a text has 1 to {LONGEST_TEXT} printable characters, got {text[:40]!r}")
        if not 0 <= self.from_utc_ms < self.until_utc_ms:
            raise InvalidTimingError("a text is shown from a time until a later one")

    def is_live(self, now_utc_ms: int) -> bool:
        """Tell whether it is wanted at a time. [ms]"""
        return self.from_utc_ms <= now_utc_ms < self.until_utc_ms


def shown(texts: Iterable[SignText], now_utc_ms: int) -> SignText | None:
    """Return the one of a sign's texts that it shows at a time, None for nothing. [ms]

    The kind decides; of one kind the text that began last; of one moment the source that comes first in the alphabet,
    then the text itself, so that the order in which texts are given never matters.
    """
    live = [text for text in texts if text.is_live(now_utc_ms)]
    return min(live, key=lambda t: (t.kind, -t.from_utc_ms, t.source, t.zh, t.en, t.until_utc_ms), default=None)
