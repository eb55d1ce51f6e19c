"""All signs: their rules, what each shows, and the texts that the traffic centre wants on them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.errors import InvalidInputError, NotFoundError
from signal_ctrl.domain.signs import MessageKind, SignText
from signal_ctrl.parking.book import OccupancyBook
from signal_ctrl.parking.facilities import SpaceKind
from signal_ctrl.parking.occupancy import FreeCount
from signal_ctrl.parking.signs.faces import Face, face_of
from signal_ctrl.parking.signs.rules import LineRule, SignRule
from signal_ctrl.parking.signs.showing import Belief, LineShown, paced, shown_line

LONGEST_MS: Final = 24 * 3_600_000
"""A text of the traffic centre is wanted for so long at most. [ms]"""
MOST_TEXTS: Final = 20
Ahead = Callable[[str, SpaceKind, float], FreeCount | None]
"""Says how many spaces of a kind will be free in a facility some seconds ahead; None: nobody foresees it."""


class SignDesk:
    """What every sign shows. Texts of others are kept in memory: who wants them says so again and again."""

    def __init__(self, clock: Clock, book: OccupancyBook, ahead: Ahead = lambda _f, _k, _s: None) -> None:
        self._clock = clock
        self._book = book
        self._ahead = ahead
        self.rules: Mapping[str, SignRule] = {}
        self._shown: dict[tuple[str, int], LineShown] = {}
        self._texts: dict[str, tuple[SignText, ...]] = {}

    def begin(self, rules: Sequence[SignRule]) -> None:
        """Go by these rules from now on; a sign whose rule has changed begins anew."""
        changed = [each.sign for each in rules if self.rules.get(each.sign) != each]
        self.rules = {each.sign: each for each in rules}
        self._shown = {key: line for key, line in self._shown.items() if key[0] in self.rules and key[0] not in changed}

    def rule(self, sign: str) -> SignRule:
        """Return the rule of a sign. Raises: NotFoundError."""
        if sign not in self.rules:
            raise NotFoundError(f"there is no sign {sign}; 'signal-ctrl parking signs import' brings signs in")
        return self.rules[sign]

    def face(self, sign: str) -> Face:
        """Return what a sign shows now. Raises: NotFoundError."""
        rule, now_ms = self.rule(sign), self._clock.utc_ms()
        lines = [self._line(rule, at, line, now_ms) for at, line in enumerate(rule.lines)]
        return face_of(rule, lines, self._texts.get(sign, ()), now_ms)

    def all(self) -> Sequence[Face]:
        """Return what every sign shows now."""
        return tuple(self.face(sign) for sign in self.rules)

    def want(self, sign: str, texts: Sequence[SignText]) -> None:
        """Put the texts of the traffic centre on a sign, in place of those that it wanted before.

        Raises: NotFoundError; InvalidInputError for a text of parking's own kind, or one that never ends.
        """
        self.rule(sign)
        now_ms = self._clock.utc_ms()
        for text in texts:
            if text.sign_id != sign or text.kind is MessageKind.PARKING:
                raise InvalidInputError("a text of another service is for this sign, and not about parking")
            if text.until_utc_ms > now_ms + LONGEST_MS:
                raise InvalidInputError("a text on a sign ends within 24 h")
        if len(texts) > MOST_TEXTS:
            raise InvalidInputError(f"at most {MOST_TEXTS} texts on a sign")
        self._texts[sign] = tuple(texts)

    def tick(self) -> None:
        """Look at every line, so that what is to be taken back is not left standing until somebody asks."""
        for sign in tuple(self.rules):
            self.face(sign)

    def _line(self, rule: SignRule, at: int, line: LineRule, now_utc_ms: int) -> LineShown:
        before = self._shown.get((rule.sign, at))
        beliefs = [
            self._belief(name, line, now_utc_ms) for name in line.facilities if name in self._book.facilities.index
        ]
        found = paced(before, shown_line(line, beliefs, before, now_utc_ms), rule.change_s, now_utc_ms)
        self._shown[rule.sign, at] = found
        return found

    def _belief(self, facility: str, line: LineRule, now_utc_ms: int) -> Belief:
        is_open = self._book.facilities.is_open(facility, now_utc_ms)
        ahead = self._ahead(facility, line.kind, float(line.ahead_s)) if line.ahead_s else None
        return Belief(self._book.of(facility, now_utc_ms), is_open, ahead)
