"""Plates, which are never kept: what is kept is a code of one, for less than 30 days, under a key that is thrown away.

A key serves for five days and can be asked for 28 more; then it is gone from the store, and no code made with it can be
tied to a plate again, nor to a code of another key. Source of the rule: SAFETY part D, retention.
"""

import hmac
import re
import unicodedata
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Lock
from typing import Final

from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.secrecy import Box, RandomBytes
from signal_ctrl.domain.shelves import ShelfSpec
from signal_ctrl.parking.ports import Store, Transaction

KEY_MS: Final = 5 * 86_400_000
KEPT_MS: Final = 28 * 86_400_000
"""A code is asked for so long at most. With the hour until it is tidied away and the day that it lies in a backup, no
code is kept for more than 30 days. [ms]"""
_KEY_BYTES: Final = 32
_PLATE: Final = re.compile(r"\w{2,12}")
_MOST_KEYS: Final = 50


@dataclass(frozen=True, slots=True)
class PlateKey:
    """A key and from when it serves. [ms]"""

    key_id: str
    from_utc_ms: int
    sealed: str = field(repr=False)


PLATE_KEYS: Final = ShelfSpec(
    "parking_plate_keys", PlateKey, key=lambda k: k.key_id, at_utc_ms=lambda k: k.from_utc_ms, columns={}
)


def plain_plate(text: str) -> str:
    """Return a plate without spaces, dots and dashes, in capitals and one width.

    Raises: InvalidInputError if it is none.

    >>> plain_plate("浙a·12 345")
    '浙A12345'
    """
    plate = re.sub(r"[\s.·•-]", "", unicodedata.normalize("NFKC", text)).upper()
    if not _PLATE.fullmatch(plate):
        raise InvalidInputError("a plate has 2 to 12 letters and digits")  # and is not repeated here
    return plate


class PlateCodes:
    """Makes codes of plates, and all codes that a plate may have been kept under."""

    def __init__(self, store: Store, clock: Clock, random: RandomBytes, box: Box) -> None:
        self._store = store
        self._clock = clock
        self._random = random
        self._box = box
        self._lock = Lock()
        self._keys: list[tuple[PlateKey, bytes]] = []

    def load(self) -> None:
        """Read the keys."""
        kept = self._store.read(lambda r: r.shelf(PLATE_KEYS).find(limit=_MOST_KEYS))
        self._keys = [(key, bytes.fromhex(self._box.unseal(key.sealed))) for key in kept]

    def code(self, plate: str) -> str:
        """Return the code of a plate under the key of these days. Raises: InvalidInputError; StorageError."""
        plain = plain_plate(plate)
        return _code(self._serving(), plain)

    def codes(self, plate: str) -> tuple[str, ...]:
        """Return every code that a plate may be kept under now. Raises: InvalidInputError."""
        plain, oldest_ms = plain_plate(plate), self._clock.utc_ms() - KEY_MS - KEPT_MS
        return tuple(_code(key, plain) for kept, key in self._keys if kept.from_utc_ms >= oldest_ms)

    def tidy(self) -> None:
        """Throw away the keys of codes that nobody may know any more."""
        before_ms = self._clock.utc_ms() - KEY_MS - KEPT_MS

        def work(t: Transaction) -> None:
            t.shelf(PLATE_KEYS).forget(before_ms)

        if any(kept.from_utc_ms < before_ms for kept, _ in self._keys):
            self._store.write(work)
            self.load()

    def _serving(self) -> bytes:
        begin_ms = self._clock.utc_ms() // KEY_MS * KEY_MS
        with self._lock:
            found = next((key for kept, key in self._keys if kept.from_utc_ms == begin_ms), None)
            return self._new(begin_ms) if found is None else found

    def _new(self, begin_utc_ms: int) -> bytes:
        key = self._random(_KEY_BYTES)
        new = PlateKey(f"plates-{begin_utc_ms}", begin_utc_ms, self._box.seal(key.hex()))

        def work(t: Transaction) -> None:
            t.shelf(PLATE_KEYS).add(new)

        self._store.write(work)
        self._keys = [(new, key), *self._keys]
        return key


def _code(key: bytes, plate: str) -> str:
    return hmac.new(key, b"signal-ctrl plate " + plate.encode(), sha256).hexdigest()
