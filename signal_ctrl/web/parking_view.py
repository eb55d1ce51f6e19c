"""What the centre knows of the parking service: asked in the background, with limits, and shown from memory.

No request to the centre ever waits for parking. A thread asks every ten seconds; after three failures in a row
nobody asks for half a minute (a breaker). What was heard last stays, with its age, and is told for what it is. The
centre tells the service in turn what it wants on signs that both write to, and how long roads take. See ADR 0045.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.errors import BackendError, InvalidInputError, SignalCtrlError
from signal_ctrl.domain.signs import MessageKind, SignText, fitting
from signal_ctrl.web.breaker import Breaker

EVERY_MS: Final = 10_000
VALID_MS: Final = 90_000
"""What parking wants on a sign stands for so long after it was heard, whatever that service says. [ms] [P]"""
MOST_ROADS: Final = 2_000
OVERVIEW: Final = "/v1/parking/overview"
SIGNS: Final = "/v1/parking/signs"
TIMES: Final = "/v1/parking/travel-times"
Ask = Callable[[str, str, Any], Any]
"""Asks the service: method, path, document; raises SignalCtrlError. It has a time limit of its own."""
Texts = Callable[[int], Sequence[SignText]]
Times = Callable[[], Mapping[str, float]]


class ParkingView:
    """The centre's side. `poll` is called every second, in a thread of its own; the rest answers from memory."""

    def __init__(self, ask: Ask, clock: Clock, texts: Texts, times: Times) -> None:
        """Args: texts, what the centre wants on signs at a time; times, how long slow roads take [s]."""
        self._ask = ask
        self._clock = clock
        self._texts = texts
        self._times = times
        self._overview: dict[str, Any] | None = None
        self._signs: Sequence[dict[str, Any]] = ()
        self._silent: set[str] = set()
        """Signs on which this centre surely wants nothing: another one, or this one before its restart, may have."""
        self._heard_ms: int | None = None
        self._breaker = Breaker(clock, EVERY_MS)
        self._why = "it was not asked yet"
        self.inflow: Callable[[], dict[str, Any] | None] = lambda: None
        """Says what becomes of the inflow of guided drivers; None: the signals are not told of it."""

    @property
    def is_broken(self) -> bool:
        """Whether the breaker is open: nobody asks for a while."""
        return self._breaker.is_open

    def poll(self) -> None:
        """Ask if it is due. Raises: BackendError when the breaker opens, once; for the log."""
        if not self._breaker.is_due():
            return
        try:
            overview, signs = self._ask("GET", OVERVIEW, None), self._ask("GET", SIGNS, None)["signs"]
            if not isinstance(overview, dict) or not all(isinstance(each["sign"], str) for each in signs):
                raise ValueError("of another kind")
            self._overview, self._signs = overview, signs
            self._heard_ms = self._clock.mono_ms()
            self._tell()
            self._breaker.closed()
            self._why = ""
        except (SignalCtrlError, KeyError, TypeError, ValueError) as error:
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        self._why = str(error) if isinstance(error, SignalCtrlError) else "its answer is not what is known here"
        if self._breaker.failed():
            raise BackendError(f"the parking service does not answer: {self._why}")

    def _tell(self) -> None:
        """Tell the service what the centre wants on its signs, and how long roads take."""
        now_ms = self._clock.utc_ms()
        wanted = [text for text in self._texts(now_ms) if text.kind is not MessageKind.PARKING]
        for sign in self._signs:
            own = [_text_document(text) for text in wanted if text.sign_id == sign["sign"]]
            if own or sign["sign"] not in self._silent:
                self._ask("PUT", f"{SIGNS}/{sign['sign']}/texts", {"texts": own})
            self._silent = self._silent - {sign["sign"]} | (set() if own else {sign["sign"]})
        times = self._times()
        if times:
            slowest = sorted(times, key=lambda road: -times[road])[:MOST_ROADS]
            seconds = {road: round(times[road], 1) for road in slowest}
            self._ask("PUT", TIMES, {"source": "centre", "seconds": seconds})

    def shown(self) -> dict[str, Any]:
        """Return what was heard last, how old it is, and whether the service answers."""
        age_ms = None if self._heard_ms is None else self._clock.mono_ms() - self._heard_ms
        return {
            "reachable": self._breaker.failures == 0 and self._heard_ms is not None,
            "why": self._why,
            "age_s": None if age_ms is None else round(age_ms / 1000),
            "overview": self._overview,
            "inflow": self.inflow(),
        }

    def texts(self, now_utc_ms: int) -> tuple[SignText, ...]:
        """Return what parking wants on signs, for the centre's board, as long as the service says it stands. [ms]

        Counted from when it was heard, too: the clock of that service may be another one's.
        """
        if self._heard_ms is None:
            return ()
        most_ms = now_utc_ms + self._heard_ms + VALID_MS - self._clock.mono_ms()
        return tuple(text for sign in self._signs if (text := _own_text(sign, now_utc_ms, most_ms)) is not None)


def _own_text(sign: dict[str, Any], now_utc_ms: int, most_utc_ms: int) -> SignText | None:
    """Return the lines of a sign as one text, None where there are none, or they are over, or cannot be read. [ms]"""
    try:
        until_ms = min(int(sign["valid_until_utc_ms"]), most_utc_ms)
        zh, en = (fitting(line[key] for line in sign["lines"]) for key in ("zh", "en"))
        if not zh or not en or until_ms <= now_utc_ms:
            return None
        return SignText(sign["sign"], MessageKind.PARKING, zh, en, now_utc_ms, until_ms, "parking")
    except (InvalidInputError, KeyError, TypeError, ValueError):
        return None


def _text_document(text: SignText) -> dict[str, Any]:
    return {
        "kind": MessageKind(text.kind).name.lower(),
        "zh": text.zh,
        "en": text.en,
        "from_utc_ms": text.from_utc_ms,
        "until_utc_ms": text.until_utc_ms,
        "source": text.source[:64],
    }
