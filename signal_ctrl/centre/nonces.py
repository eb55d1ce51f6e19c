"""Nonces: 128 random bits that let one login confirm one document once, within 60 s (SAFETY part C, binding).

They live in memory: whoever has one when the centre stops prepares again, and no backup brings one back.
"""

import hashlib
from dataclasses import dataclass
from threading import Lock
from typing import Final

from signal_ctrl.centre.override_values import NONCE_MS
from signal_ctrl.centre.prices import Price
from signal_ctrl.domain.errors import RefusedError
from signal_ctrl.domain.secrecy import RandomBytes

NONCE_BYTES: Final = 16
MOST_PER_LOGIN: Final = 20


@dataclass(frozen=True, slots=True)
class Bound:
    """What a nonce is good for: a login, in one session, and the hash of a document, until a monotonic time. [ms]"""

    login: str
    session: str
    sha256: str
    until_mono_ms: int
    estimate: Price


class Nonces:
    """The nonces that are out. Each is taken once, whatever comes of it."""

    def __init__(self, random: RandomBytes) -> None:
        self._random = random
        self._bound: dict[str, Bound] = {}
        self._lock = Lock()

    def give(self, login: str, session: str, sha256: str, estimate: Price, now_mono_ms: int) -> str:
        """Return a new nonce for a document; of more than 20 of one login the oldest is void. [ms, monotonic]"""
        nonce = self._random(NONCE_BYTES).hex()
        with self._lock:
            self._bound = {key: bound for key, bound in self._bound.items() if bound.until_mono_ms >= now_mono_ms}
            own = [key for key, bound in self._bound.items() if bound.login == login]
            for key in own[: max(0, len(own) + 1 - MOST_PER_LOGIN)]:
                del self._bound[key]
            self._bound[nonce] = Bound(login, session, sha256, now_mono_ms + NONCE_MS, estimate)
        return nonce

    def take(self, nonce: str, login: str, session: str, sha256: str, now_mono_ms: int) -> Bound:
        """Use a nonce up and return what it is good for. [ms, monotonic]

        Raises: RefusedError `C/nonce` if it is unknown, used, too old or somebody else's, `C/hash` if the document is
        another one.
        """
        with self._lock:
            bound = self._bound.pop(nonce, None)
        if bound is None or now_mono_ms > bound.until_mono_ms:
            raise RefusedError("C/nonce", "the confirmation is unknown, used or older than 60 s; prepare it again")
        if (bound.login, bound.session) != (login, session):
            raise RefusedError("C/nonce", "the confirmation was prepared by another login; prepare it yourself")
        if bound.sha256 != sha256:
            raise RefusedError("C/hash", "the document is not the one that was prepared; prepare it again")
        return bound


def fingerprint(nonce: str) -> str:
    """Return the SHA-256 of a nonce, as it is kept with what it confirmed."""
    return hashlib.sha256(nonce.encode()).hexdigest()
