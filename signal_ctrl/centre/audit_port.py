"""What is asked of the audit records that are kept; they are added by `Transaction.record` alone."""

from collections.abc import Iterator
from typing import Protocol

from signal_ctrl.centre.audit import Head, StoredRecord


class AuditReading(Protocol):
    """The records, in the order of their numbers."""

    def head(self) -> Head:
        """Return where the chain ends."""
        ...

    def records(self, first_n: int = 1, limit: int = 1000) -> tuple[StoredRecord, ...]:
        """Return at most `limit` records from number `first_n` on."""
        ...

    def last(self, limit: int = 100, actor: str = "", action: str = "", obj: str = "") -> tuple[StoredRecord, ...]:
        """Return at most `limit` records, the youngest first; only those of an actor, an action, an object if given."""
        ...

    def walk(self) -> Iterator[StoredRecord]:
        """Yield every record in the order of its number, whatever that is, while the reading lasts."""
        ...
