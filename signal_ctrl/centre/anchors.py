"""Anchors: the head of the audit chain, signed (Ed25519) and copied to where a thief of the database does not come.

An anchor says: at this time the chain ended with this record, and this was its hash. Whoever rewrites or cuts what was
anchored cannot make the anchor fit without the key, nor call back the copies.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from signal_ctrl.centre.audit import Head
from signal_ctrl.centre.ports import Store
from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.documents import canonical, exactly, text_of, whole
from signal_ctrl.domain.errors import BackendError, InvalidInputError

FORMAT: Final = "signal-ctrl/anchor-1"
EVERY_MS: Final = 60_000
EVERY_RECORDS: Final = 1000
"""An anchor is due after so much time or so many records, whichever comes first (SAFETY part C)."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A signed head. [ms] `key` is the beginning of the hash of the public key; `signature` is in hexadecimal."""

    head: Head
    at_utc_ms: int
    key: str
    signature: str

    def line(self) -> str:
        """Return the anchor as one line of a file."""
        return canonical({**_signed(self.head, self.at_utc_ms), "key": self.key, "signature": self.signature})

    def is_of(self, public: Ed25519PublicKey) -> bool:
        """Tell whether the key has signed it."""
        if self.key != key_name(public):
            return False
        try:
            public.verify(bytes.fromhex(self.signature), canonical(_signed(self.head, self.at_utc_ms)).encode())
        except (InvalidSignature, ValueError):
            return False
        return True


def anchor_of(line: str) -> Anchor:
    """Return the anchor of a line. Raises: InvalidInputError if it is none."""
    try:
        item = json.loads(line)
        exactly(item, ("format", "n", "hash", "time_utc_ms", "key", "signature"))
        if item["format"] != FORMAT:
            raise ValueError(f"'format' is not '{FORMAT}'")
        head = Head(whole(item["n"]), text_of(item["hash"]))
        anchor = Anchor(head, whole(item["time_utc_ms"]), text_of(item["key"]), text_of(item["signature"]))
        if anchor.line() != line or anchor.signature != bytes.fromhex(anchor.signature).hex():
            raise ValueError("it is not written as anchors are")
        return anchor
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidInputError(f"no anchor: {error}") from error


def sign(private: Ed25519PrivateKey, head: Head, at_utc_ms: int) -> Anchor:
    """Return the anchor of a head. [ms]"""
    signature = private.sign(canonical(_signed(head, at_utc_ms)).encode())
    return Anchor(head, at_utc_ms, key_name(private.public_key()), signature.hex())


def key_name(public: Ed25519PublicKey) -> str:
    """Return the name of a key: the first sixteen hexadecimal digits of its SHA-256."""
    return hashlib.sha256(public.public_bytes_raw()).hexdigest()[:16]


class AnchorPlace(Protocol):
    """Where anchors are kept."""

    @property
    def name(self) -> str:
        """What it is for people."""
        ...

    def add(self, anchor: Anchor) -> None:
        """Keep an anchor; it is safe there when this returns. Raises: BackendError if it is not."""
        ...


class Anchoring:
    """Signs the head when it is due and sees that every place gets it, also one that was away for a while."""

    def __init__(
        self,
        store: Store,
        private: Ed25519PrivateKey,
        clock: Clock,
        places: Sequence[AnchorPlace],
        last: Anchor | None = None,
    ) -> None:
        self._store = store
        self._private = private
        self._clock = clock
        self._last_n = 0 if last is None else last.head.n
        self._since_ms = clock.mono_ms()
        self._owed: dict[str, tuple[AnchorPlace, Anchor]] = {}
        self._places = tuple(places)

    def tick(self) -> tuple[str, ...]:
        """Do what is due; to be called every second. Returns why places did not take what they are owed.

        Raises: StorageError if the head cannot be read.
        """
        head = self._store.read(lambda reading: reading.audit.head())
        if self._is_due(head):
            anchor = sign(self._private, head, self._clock.utc_ms())
            self._owed |= {place.name: (place, anchor) for place in self._places}
            self._last_n, self._since_ms = head.n, self._clock.mono_ms()
        return self._deliver()

    def _is_due(self, head: Head) -> bool:
        waited_ms = self._clock.mono_ms() - self._since_ms
        return head.n > self._last_n and (waited_ms >= EVERY_MS or head.n - self._last_n >= EVERY_RECORDS)

    def _deliver(self) -> tuple[str, ...]:
        failures = []
        for name, (place, anchor) in tuple(self._owed.items()):
            try:
                place.add(anchor)
                del self._owed[name]
            except BackendError as error:
                failures.append(f"{name}: {error}")
        return tuple(failures)


def _signed(head: Head, at_utc_ms: int) -> dict[str, object]:
    return {"format": FORMAT, "n": head.n, "hash": head.hash, "time_utc_ms": at_utc_ms}
