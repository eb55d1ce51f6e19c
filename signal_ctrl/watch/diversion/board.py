"""What each sign shows now, for those who set signs to ask: the one text that goes first, and until when it may stand.

Who sets a sign asks again and again; a text that was not confirmed within `VALID_MS` is taken off the sign, so that a
sign that has lost the centre goes blank and tells nobody what was true yesterday.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.errors import NotFoundError
from signal_ctrl.domain.signs import Sign, SignText, shown
from signal_ctrl.watch.diversion.values import SignTexts

VALID_MS: Final = 90_000
"""A sign shows what it was told for so long. [ms] [P]"""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a sign shows; no text: it is blank. [ms]"""

    sign_id: str
    text: SignText | None
    valid_until_utc_ms: int
    waiting: tuple[SignText, ...] = ()
    """What others want on it, and do not get."""


class SignBoard:
    """All signs, and all who want texts on them."""

    def __init__(self, signs: Callable[[], Sequence[Sign]], wanted: Sequence[SignTexts]) -> None:
        self._signs = signs
        self._wanted = list(wanted)

    def add(self, wanted: SignTexts) -> None:
        """Take in another service that wants texts on signs."""
        self._wanted.append(wanted)

    def all(self, now_utc_ms: int) -> tuple[Shown, ...]:
        """Return what every sign shows. [ms]"""
        return tuple(self._shown(sign.sign_id, now_utc_ms) for sign in self._signs())

    def live(self, now_utc_ms: int) -> tuple[SignText, ...]:
        """Return every text that anybody wants on any sign now. [ms]"""
        return tuple(text for wanted in self._wanted for text in wanted(now_utc_ms) if text.is_live(now_utc_ms))

    def one(self, sign_id: str, now_utc_ms: int) -> Shown:
        """Return what a sign shows. [ms] Raises: NotFoundError."""
        if not any(sign.sign_id == sign_id for sign in self._signs()):
            raise NotFoundError(f"there is no sign {sign_id}; 'signal-ctrl signs import' brings signs in")
        return self._shown(sign_id, now_utc_ms)

    def _shown(self, sign_id: str, now_utc_ms: int) -> Shown:
        live = [text for text in self.live(now_utc_ms) if text.sign_id == sign_id]
        first = shown(live, now_utc_ms)
        until_ms = now_utc_ms + VALID_MS
        if first is not None:
            until_ms = min(until_ms, first.until_utc_ms)
        return Shown(sign_id, first, until_ms, tuple(text for text in live if text is not first))
