"""Who asks, and whether it is now: the code of a request, its time, its nonce (SAFETY part B, replay protection).

Nonces are kept in memory here, and durably by whoever writes. After a start of the centre no request counts that was
stamped before it, so nothing that was recorded can be played to a centre that has forgotten.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple, Protocol

from signal_ctrl.centre.used_nonces import UsedNonces
from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.mac import WINDOW_MS, Asked, Stamp, request_mac, same_code, stamp_of

KEPT_MS: Final = 2 * WINDOW_MS
"""A nonce is remembered for so long at least. [ms]"""


class Why(Enum):
    """Why a request is not let in."""

    UNKNOWN = "unknown"
    """No such cabinet, no such key, or the code is wrong: they look alike from outside."""
    CLOCK = "clock"
    """Its time is too far from the centre's."""
    REPLAYED = "replayed"
    """Its nonce was used, or it is older than this centre."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A request whose code is right, and the key that its answer is to be coded with."""

    stamp: Stamp
    key: bytes


class Turned(NamedTuple):
    """A request that is not let in; `verified` if its code is right all the same, so that the answer can be coded."""

    why: Why
    verified: Verified | None = None


class LinkHeaders(NamedTuple):
    """The five headers of a request as they came."""

    cabinet: str
    time: str
    nonce: str
    boot: str
    mac: str


class Keys(Protocol):
    """The keys that count."""

    def of(self, cabinet: str, utc_ms: int) -> tuple[bytes, ...]:
        """Return the keys of one who may sign at a time. [ms]"""
        ...


class LinkGate:
    """Lets requests of cabinets in, each once; and those of whoever else signs as they do."""

    def __init__(self, ring: Keys, clock: Clock) -> None:
        self._ring = ring
        self._clock = clock
        self._since_utc_ms = clock.utc_ms()
        self._used = UsedNonces(KEPT_MS)

    def genuine(self, headers: LinkHeaders, asked: Asked) -> Verified | None:
        """Return who asks by the code alone, whatever the time; None if the code is not right."""
        try:
            stamp = stamp_of(headers.cabinet, headers.time, headers.nonce, headers.boot)
        except InvalidInputError:
            return None
        for key in self._ring.of(stamp.cabinet, self._clock.utc_ms()):
            if same_code(request_mac(key, stamp, asked), headers.mac):
                return Verified(stamp, key)
        return None

    def enter(self, headers: LinkHeaders, asked: Asked) -> Verified | Turned:
        """Return who asks; a nonce that was let in is used up."""
        verified = self.genuine(headers, asked)
        if verified is None:
            return Turned(Why.UNKNOWN)
        stamp, now_ms = verified.stamp, self._clock.utc_ms()
        if abs(stamp.time_utc_ms - now_ms) > WINDOW_MS:
            return Turned(Why.CLOCK, verified)
        if stamp.time_utc_ms < self._since_utc_ms:
            return Turned(Why.REPLAYED, verified)
        if not self._used.use(f"{stamp.nonce} {stamp.cabinet}", self._clock.mono_ms()):
            return Turned(Why.REPLAYED, verified)
        return verified
