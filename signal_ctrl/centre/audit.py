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
MAX_NAME: Final = 600
"""Longest actor and object of a record: they are found by an index, and one of PostgreSQL takes 2,704 bytes."""
"""Longest actor, action, object or result. [characters]"""


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ends: the number and the hash of its last record; 0 and zeros where it has none."""

    n: int = 0
    hash: str = FIRST_HASH


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """Who did what to what, when and with what result. [ms] `late`: it happened before it could be recorded.

    A record that was read may be anything: whoever changed it kept to no rule. `check_chain` is who judges it.
    """

    n: int
    at_utc_ms: int
    actor: str
    action: str
    object: str
    result: str
    late: bool
    prev_hash: str

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


def new_record(actor: str, action: str, obj: str, result: str, at_utc_ms: int, late: bool) -> AuditRecord:
    """Return a record that has no place in the chain yet. [ms]

    Raises: InvalidInputError if a text is longer than MAX_TEXT, a name than MAX_NAME, or is none in Unicode.
    """
    names, texts = (("actor", actor), ("object", obj)), (("action", action), ("result", result))
    for most, parts in ((MAX_NAME, names), (MAX_TEXT, texts)):
        for name, text in parts:
            if len(text) > most or "\0" in text or not _is_unicode(text):
                raise InvalidInputError(f"the {name} of an audit record is no text of at most {most} characters")
    return AuditRecord(0, at_utc_ms, actor, action, obj, result, late, FIRST_HASH)


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record as it is kept: with the hash that was written beside it."""

    record: AuditRecord
    hash: str
