"""The keys of cabinets in memory: unsealed, looked up by cabinet, read anew so that a revocation counts in a minute."""

import hashlib
from collections.abc import Iterable
from typing import Final

from signal_ctrl.centre.link_values import LinkKey
from signal_ctrl.domain.link.mac import KEY_BYTES
from signal_ctrl.domain.secrecy import Box

KEY_ID_DIGITS: Final = 16


def key_id_of(key: bytes) -> str:
    """Return the name of a key, which tells nothing of it."""
    return hashlib.sha256(b"signal-ctrl key id " + key).hexdigest()[:KEY_ID_DIGITS]


def sealed_key(box: Box, cabinet: str, key: bytes, now_utc_ms: int) -> LinkKey:
    """Return a new key as it is kept. [ms] Raises: ValueError if it has not 256 bit."""
    if len(key) != KEY_BYTES:
        raise ValueError(f"the key of a cabinet has {KEY_BYTES} bytes")
    return LinkKey(cabinet, key_id_of(key), box.seal(key.hex()), now_utc_ms)


class KeyRing:
    """The keys that count, by cabinet; a cabinet whose key is being changed has two."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._opened: dict[str, bytes] = {}
        self._keys: dict[str, tuple[tuple[bytes, int | None], ...]] = {}

    def load(self, keys: Iterable[LinkKey]) -> None:
        """Take these keys and no others."""
        found: dict[str, list[tuple[bytes, int | None]]] = {}
        opened: dict[str, bytes] = {}
        for key in keys:
            opened[key.sealed] = self._opened.get(key.sealed) or bytes.fromhex(self._box.unseal(key.sealed))
            found.setdefault(key.cabinet, []).append((opened[key.sealed], key.until_utc_ms))
        self._opened = opened
        self._keys = {cabinet: tuple(reversed(listed)) for cabinet, listed in found.items()}

    def of(self, cabinet: str, utc_ms: int) -> tuple[bytes, ...]:
        """Return the keys of a cabinet that count at a time, the youngest first. [ms]"""
        return tuple(k for k, until_ms in self._keys.get(cabinet, ()) if until_ms is None or utc_ms < until_ms)
