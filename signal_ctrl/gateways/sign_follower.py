"""The street's side of signs: asks the centre what each shows, and takes a text off when nobody confirms it in time."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from signal_ctrl.cabinet.ports import Answer
from signal_ctrl.cabinet.signer import Signer
from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.documents import canonical
from signal_ctrl.domain.errors import BackendError, BackendLostError, InvalidInputError
from signal_ctrl.domain.link.mac import CABINET
from signal_ctrl.gateways.feed_sender import FEED, Wire

FORMAT: Final = "signal-ctrl signs 1"
MOST_VALID_MS: Final = 300_000
"""No text stands longer than this after its last confirmation, whatever the centre says. [ms] [P]"""


@dataclass(frozen=True, slots=True)
class SignFace:
    """What a sign shows; without texts it is blank."""

    sign_id: str
    kind: str = ""
    zh: str = ""
    en: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether nothing stands on it."""
        return not (self.zh or self.en)


class SignFollower:
    """Follows the signs that one credential may set. Times run on the monotonic clock: the wall clock may be wrong."""

    def __init__(self, wire: Wire, signer: Signer, clock: Clock, put: Callable[[str], None]) -> None:
        """Args: put, takes the document of all signs, whenever it changes."""
        self._wire = wire
        self._signer = signer
        self._clock = clock
        self._put = put
        self._faces: dict[str, tuple[SignFace, int]] = {}
        self._shown: tuple[SignFace, ...] | None = None
        self._confirmed = False

    def poll(self) -> bool:
        """Ask once; return whether the centre answered. Raises: InvalidInputError if it refuses; BackendError if the
        answer is not the centre's.
        """
        ask = self._signer.ask("GET", f"/v1/feeds/{self._signer.cabinet}/signs")
        headers = {FEED if name == CABINET else name: value for name, value in ask.headers.items()}
        try:
            answer = self._wire.carry(replace(ask, headers=headers))
        except BackendLostError:
            return False
        if answer.status == 429 or answer.status >= 500:
            return False
        if answer.status != 200:
            raise InvalidInputError(f"the centre refused ({answer.status}); look at the credential and its kind")
        at_ms = self._signer.time_of(ask, answer)
        if at_ms is None:
            raise BackendError("the answer is not the centre's: its code is wrong; look at the address and credential")
        now_ms = self._clock.mono_ms()
        self._faces = {
            face.sign_id: (face, now_ms + min(max(until_ms - at_ms, 0), MOST_VALID_MS))
            for face, until_ms in _faces(answer)
        }
        self._confirmed = True
        return True

    def blank(self) -> None:
        """Take every text off: nobody follows these signs any more, so nobody would take it off in time."""
        self._faces = {name: (SignFace(name), 0) for name in self._faces}
        self.look()

    def look(self) -> Sequence[SignFace]:
        """Return what signs show now, and put it out where that changed: a text past its time is taken off.

        Texts that stand are put out anew whenever they are confirmed, for each carries how long it may stand.
        """
        now_ms = self._clock.mono_ms()
        shown = tuple(face if now_ms < until_ms else SignFace(face.sign_id) for face, until_ms in self._faces.values())
        confirmed, self._confirmed = self._confirmed and not all(face.is_blank for face in shown), False
        if shown != self._shown or confirmed:
            signs = [{**asdict(face), "valid_ms": self._valid_ms(face, now_ms)} for face in shown]
            self._put(canonical({"format": FORMAT, "at_utc_ms": self._clock.utc_ms(), "signs": signs}))
            self._shown = shown
        return shown

    def _valid_ms(self, face: SignFace, now_ms: int) -> int:
        """Return for how much longer a text may stand; 0 for a blank sign. [ms]"""
        return 0 if face.is_blank else self._faces[face.sign_id][1] - now_ms


def _faces(answer: Answer) -> list[tuple[SignFace, int]]:
    try:
        rows: list[dict[str, Any]] = json.loads(answer.body)
        return [
            (
                SignFace(str(row["sign_id"]), str(row["kind"]), str(row["zh"]), str(row["en"])),
                int(row["valid_until_utc_ms"]),
            )
            for row in rows
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise BackendError(f"the centre's list of signs cannot be read: {error}") from error
