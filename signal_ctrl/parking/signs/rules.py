"""Rules of signs: which facilities each line stands for, and when it says what. Document: `parking-signs.json`.

The limits are the house rules of `interfaces.md`, section 10: data older than five minutes show nothing; FULL ends only
well above where it began; a sign changes once in 30 s at most; numbers above 20 are rounded down to fives.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, TypeVar

from signal_ctrl.domain.documents import canonical, read_document
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.fields import Fields
from signal_ctrl.domain.schedule import is_name
from signal_ctrl.domain.signs import LONGEST_TEXT
from signal_ctrl.parking.facilities import Facilities, SpaceKind, only_once

FORMAT: Final = "signal-ctrl parking signs 1"
MAX_DOCUMENT_BYTES: Final = 1 << 22
MOST_LINES: Final = 4
MOST_AGE_S: Final = 300
LEAST_AGE_S: Final = 30
CHANGE_S: Final = (30, 600)
LEAST_STOCK: Final = 2
LEAST_STEP: Final = 5
SHARE: Final = 0.02


class Arrow(Enum):
    """Where to go from the sign."""

    AHEAD = "ahead"
    LEFT = "left"
    RIGHT = "right"
    HALF_LEFT = "half_left"
    HALF_RIGHT = "half_right"
    BACK = "back"
    NONE = "none"


class WhenStale(Enum):
    """What a line shows while nothing true is known: three dashes, or nothing."""

    DASHES = "dashes"
    BLANK = "blank"


class Sharing(Enum):
    """How texts of the traffic centre and parking share a sign."""

    WHOLE = "whole"
    """One of them at a time, by the fixed precedence of `domain/signs.py`."""
    SLOT = "slot"
    """A line of its own for the centre's text, below those of parking; what is for safety takes the whole sign."""


@dataclass(frozen=True, slots=True)
class LineRule:
    """One line. `stock`, free spaces at which it says FULL; `step`, how many more there have to be to count again.

    None: 2 or 2 % of the capacity, and 5 or 2 %. `ahead_s`, how long one drives from the sign: FULL goes by what will
    be free then. [s]
    """

    label: str
    label_en: str
    facilities: tuple[str, ...]
    kind: SpaceKind = SpaceKind.GENERAL
    arrow: Arrow = Arrow.NONE
    stock: int | None = None
    step: int | None = None
    most_age_s: int = MOST_AGE_S
    when_stale: WhenStale = WhenStale.DASHES
    ahead_s: int = 0

    def __post_init__(self) -> None:
        for text in (self.label, self.label_en):
            if not 0 < len(text) <= 20 or not text.isprintable():
                raise InvalidInputError(f"a line is called by 1 to 20 printable characters, got {text[:30]!r}")
        only_once(f"line {self.label_en}: facility", self.facilities)
        if not 1 <= len(self.facilities) <= 50:
            raise InvalidInputError(f"line {self.label_en} stands for 1 to 50 facilities")
        if not LEAST_AGE_S <= self.most_age_s <= MOST_AGE_S:
            raise InvalidInputError(f"line {self.label_en}: data may be {LEAST_AGE_S} to {MOST_AGE_S} s old")
        if not 0 <= self.ahead_s <= 3600:
            raise InvalidInputError(f"line {self.label_en}: it is 0 to 3600 s from the sign")
        if not all(each is None or 0 <= each <= 1000 for each in (self.stock, self.step)):
            raise InvalidInputError(f"line {self.label_en}: stock and step are 0 to 1000 spaces")

    def stock_of(self, capacity: int) -> int:
        """Return at how many free spaces it says FULL. [spaces]"""
        return self.stock if self.stock is not None else max(LEAST_STOCK, int(SHARE * capacity))

    def step_of(self, capacity: int) -> int:
        """Return how many more there have to be until it counts again. [spaces]"""
        return self.step if self.step is not None else max(LEAST_STEP, int(SHARE * capacity))


@dataclass(frozen=True, slots=True)
class SignRule:
    """One sign: its lines, how often it may change [s], how it is shared, how many characters it shows."""

    sign: str
    road: str
    position_m: float
    lines: tuple[LineRule, ...]
    change_s: int = CHANGE_S[0]
    sharing: Sharing = Sharing.WHOLE
    longest_zh: int = 60
    longest_en: int = 120

    def __post_init__(self) -> None:
        if not is_name(self.sign) or not self.road or not self.position_m >= 0:
            raise InvalidInputError(f"sign '{self.sign}' needs a name, a road and a position of 0 m or more on it")
        if not 1 <= len(self.lines) <= MOST_LINES:
            raise InvalidInputError(f"sign {self.sign} has 1 to {MOST_LINES} lines")
        if not CHANGE_S[0] <= self.change_s <= CHANGE_S[1]:
            raise InvalidInputError(f"sign {self.sign} changes once in {CHANGE_S[0]} to {CHANGE_S[1]} s")
        if not (4 <= self.longest_zh <= LONGEST_TEXT and 8 <= self.longest_en <= LONGEST_TEXT):
            raise InvalidInputError(
                f"sign {self.sign}: it shows 4 to {LONGEST_TEXT} Chinese and 8 to {LONGEST_TEXT} English characters"
            )


def check_against(signs: tuple[SignRule, ...], facilities: Facilities) -> None:
    """Raises: InvalidInputError if a line stands for a facility that is not there, or has no space of its kind."""
    only_once("sign", [each.sign for each in signs])
    for sign in signs:
        for line in sign.lines:
            for name in line.facilities:
                facility = facilities.index.get(name)
                if facility is None or not facility.capacity_of(line.kind):
                    raise InvalidInputError(
                        f"sign {sign.sign}, line {line.label_en}: no facility {name} with {line.kind.value} spaces"
                    )


def signs_to_json(signs: tuple[SignRule, ...]) -> str:
    """Return the canonical document of some signs."""
    return canonical({"format": FORMAT, "signs": [_sign_document(each) for each in signs]})


def signs_from_json(text: str) -> tuple[SignRule, ...]:
    """Return the signs of a document. Raises: InvalidInputError that names the place if it is none."""
    if len(text) > MAX_DOCUMENT_BYTES:
        raise InvalidInputError(f"not a document of parking signs: longer than {MAX_DOCUMENT_BYTES} characters")
    table = Fields(read_document(text, "parking signs", FORMAT), "the parking signs document")
    table.get("format")
    signs = tuple(_sign(Fields(each, f"sign {at}")) for at, each in enumerate(table.tables("signs")))
    table.done()
    only_once("sign", [each.sign for each in signs])
    return signs


def _sign_document(sign: SignRule) -> dict[str, Any]:
    return {
        "sign": sign.sign,
        "road": sign.road,
        "position_m": sign.position_m,
        "change_s": sign.change_s,
        "sharing": sign.sharing.value,
        "longest_zh": sign.longest_zh,
        "longest_en": sign.longest_en,
        "lines": [_line_document(each) for each in sign.lines],
    }


def _line_document(line: LineRule) -> dict[str, Any]:
    found: dict[str, Any] = {
        "label": line.label,
        "label_en": line.label_en,
        "facilities": list(line.facilities),
        "kind": line.kind.value,
        "arrow": line.arrow.value,
        "most_age_s": line.most_age_s,
        "when_stale": line.when_stale.value,
        "ahead_s": line.ahead_s,
    }
    given = {"stock": line.stock, "step": line.step}
    return {**found, **{key: value for key, value in given.items() if value is not None}}


def _sign(table: Fields) -> SignRule:
    sign = SignRule(
        sign=table.text("sign"),
        road=table.text("road"),
        position_m=table.number("position_m", 0.0, 0.0),
        lines=tuple(_line(Fields(each, f"{table.where}, line {at}")) for at, each in enumerate(table.tables("lines"))),
        change_s=table.whole("change_s", CHANGE_S[0]),
        sharing=_choice(table, "sharing", Sharing.WHOLE),
        longest_zh=table.whole("longest_zh", 60),
        longest_en=table.whole("longest_en", 120),
    )
    table.done()
    return sign


def _line(table: Fields) -> LineRule:
    label = table.text("label")
    line = LineRule(
        label=label,
        label_en=table.text("label_en", label),
        facilities=table.names("facilities"),
        kind=_choice(table, "kind", SpaceKind.GENERAL),
        arrow=_choice(table, "arrow", Arrow.NONE),
        stock=table.whole("stock", 0) if table.has("stock") else None,
        step=table.whole("step", 0) if table.has("step") else None,
        most_age_s=table.whole("most_age_s", MOST_AGE_S),
        when_stale=_choice(table, "when_stale", WhenStale.DASHES),
        ahead_s=table.whole("ahead_s", 0),
    )
    table.done()
    return line


C = TypeVar("C", SpaceKind, Arrow, WhenStale, Sharing)


def _choice(table: Fields, key: str, otherwise: C) -> C:
    text = table.text(key, otherwise.value)
    try:
        return type(otherwise)(text)
    except ValueError:
        names = ", ".join(each.value for each in type(otherwise))
        raise InvalidInputError(f"{table.where}: '{key}' cannot be '{text}'; choose of {names}") from None
