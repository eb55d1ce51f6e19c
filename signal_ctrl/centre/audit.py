"""The audit chain: each record carries the hash of the one before it (SAFETY part C, audit).

The bytes that are hashed are those of the canonical JSON of the record, so that any program can check them.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.documents import canonical
from signal_ctrl.domain.errors import InvalidInputError

FIRST_HASH: Final = "0" * 64
"""What the first record names as the hash before it."""
MAX_TEXT: Final = 4000
"""Longest actor, action, object or result. [characters]"""


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ends: the number and the hash of its last record; 0 and zeros where it has none."""

    n: int = 0
    hash: str = FIRST_HASH


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """Who did what to what, when and with what result. [ms] `late`: it happened before it could be recorded."""

    n: int
    at_utc_ms: int
    actor: str
    action: str
    object: str
    result: str
    late: bool
    prev_hash: str

    def __post_init__(self) -> None:
        if self.n < 1:
            raise InvalidInputError(f"audit records count from 1, got {self.n}")
        for name in ("actor", "action", "object", "result"):
            if len(getattr(self, name)) > MAX_TEXT:
                raise InvalidInputError(f"the {name} of an audit record is longer than {MAX_TEXT} characters")

    def canonical(self) -> bytes:
        """Return the bytes that are hashed."""
        return canonical(
            {
                "n": self.n,
                "time_utc_ms": self.at_utc_ms,
                "actor": self.actor,
                "action": self.action,
                "object": self.object,
                "result": self.result,
                "late": self.late,
                "prev_hash": self.prev_hash,
            }
        ).encode()

    def hash(self) -> str:
        """Return SHA-256 over the hash before it and the record, in hexadecimal."""
        return hashlib.sha256(self.prev_hash.encode() + self.canonical()).hexdigest()


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record as it is kept: with the hash that was written beside it."""

    record: AuditRecord
    hash: str
